// AlipayChannel over the HTTP transport (spec/channels 2.1).
#include "channels/alipay/channel.hpp"

#include <optional>

#include "channels/alipay/notice.hpp"
#include "core/mutation.hpp"

namespace huitong::channels::alipay {

namespace {

constexpr std::size_t max_answer_bytes = 64 << 10;  // a real one is below 4 KiB

// What stands in the answer when no HTTP 200 came.
struct Failure {
    payments::Outcome outcome = payments::Outcome::unknown;
    payments::Refusal refusal = payments::Refusal::none;
    std::string code;
};

Failure from_transport(core::Error error) {
    const bool is_unsent =
        error.code == core::Code::unavailable || HUITONG_MUTATED("read_timeout_is_not_sent_alipay");
    return {is_unsent ? payments::Outcome::not_sent : payments::Outcome::unknown, payments::Refusal::none,
            std::move(error.reason)};
}

void apply(payments::Answer& answer, Failure failure) {
    answer.outcome = failure.outcome;
    answer.refusal = failure.refusal;
    answer.code = std::move(failure.code);
}

// What a call came to: its failure on the way, or what the answer says.
template <class Answer, class Received, class Parse>
Answer read(Received received, Parse parse) {
    Answer answer;
    if (received.failure) {
        apply(answer, std::move(*received.failure));
    } else {
        answer = parse(received);
    }
    answer.exchange = std::move(received.exchange);
    return answer;
}

}  // namespace

struct AlipayChannel::Outgoing {
    Call call = Call::query;
    std::string defect;  // not empty: cannot be sent
    std::shared_ptr<const AccountKeys> keys;
    CallText text;
    core::Instant now;
    core::Duration timeout;

    void check_number(std::string_view number) {
        if (defect.empty() && !is_number(number)) defect = "bad_number";
    }
    [[nodiscard]] Sender sender(const ports::ChannelAccount& account) const { return {account, *keys, now}; }
};

struct AlipayChannel::Received {
    payments::Exchange exchange;
    std::shared_ptr<const AccountKeys> keys;
    std::optional<Failure> failure;  // none: `exchange.response` is the body of an HTTP 200
};

AlipayChannel::Outgoing AlipayChannel::prepare(const ports::ChannelAccount& account, Call call,
                                               core::Duration timeout) {
    Outgoing outgoing{call, std::string(account_defect(account)), nullptr, {}, clock_.now(), timeout};
    if (!outgoing.defect.empty()) return outgoing;
    auto keys = keys_.find(account);
    if (keys) {
        outgoing.keys = std::move(*keys);
    } else {
        outgoing.defect = std::move(keys.error().reason);
    }
    return outgoing;
}

task::Awaitable<AlipayChannel::Received> AlipayChannel::exchange(const ports::ChannelAccount& account,
                                                                 Outgoing outgoing) {
    Received received;
    received.exchange.call = method_of(outgoing.call);
    received.exchange.request = std::move(outgoing.text.masked);
    received.exchange.started_at = clock_.now();
    received.exchange.ended_at = received.exchange.started_at;
    auto base = net::parse_base_url(account.base_url);
    if (outgoing.defect.empty() && !base) outgoing.defect = "bad_url";
    if (!outgoing.defect.empty()) {
        received.failure = Failure{payments::Outcome::not_sent, payments::Refusal::configuration,
                                   std::move(outgoing.defect)};
        co_return received;
    }
    received.keys = std::move(outgoing.keys);
    net::Request request;
    request.target = (base->path.empty() ? "/" : base->path) + "?" + outgoing.text.query;
    request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = std::move(outgoing.text.body);
    net::CallOptions options;
    options.read_timeout = outgoing.timeout;
    options.max_response_bytes = max_answer_bytes;
    options.must_not_repeat = outgoing.call != Call::query && outgoing.call != Call::refund_query;
    auto response = co_await transport_.send(base->origin, std::move(request), options);
    received.exchange.ended_at = clock_.now();
    if (!response) {
        received.failure = from_transport(std::move(response.error()));
        co_return received;
    }
    received.exchange.response = std::move(response->body);
    if (response->status != 200) {
        received.failure = Failure{.code = "http_" + std::to_string(response->status)};
    }
    co_return received;
}

task::Awaitable<payments::PayAnswer> AlipayChannel::pay_by_code(const ports::ChannelAccount& account,
                                                                const ports::PayByCode& call) {
    Outgoing outgoing = prepare(account, Call::pay, call.timeout);
    outgoing.check_number(call.number);
    if (outgoing.defect.empty()) outgoing.text = build_pay(outgoing.sender(account), call);
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::PayAnswer>(std::move(received), [&](const Received& got) {
        return parse_pay_answer(got.exchange.response, *got.keys, call.number);
    });
}

task::Awaitable<payments::LaunchAnswer> AlipayChannel::launch(const ports::ChannelAccount& account,
                                                              const ports::LaunchCall& call) {
    const Call method = launch_call_of(call);
    Outgoing outgoing = prepare(account, method, call.timeout);
    outgoing.check_number(call.number);
    if (outgoing.defect.empty() && needs_payer(call.product) && call.payer_id.empty())
        outgoing.defect = "no_payer";
    if (method == Call::wap_pay || method == Call::app_pay) co_return sign_launch(account, outgoing, call);
    if (outgoing.defect.empty()) outgoing.text = build_launch(outgoing.sender(account), call);
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::LaunchAnswer>(std::move(received), [&](const Received& got) {
        return parse_launch_answer(got.exchange.response, *got.keys, call);
    });
}

payments::LaunchAnswer AlipayChannel::sign_launch(const ports::ChannelAccount& account,
                                                  const Outgoing& outgoing, const ports::LaunchCall& call) {
    payments::LaunchAnswer answer;
    answer.exchange.call = method_of(outgoing.call);
    answer.exchange.started_at = answer.exchange.ended_at = outgoing.now;
    std::string defect = outgoing.defect;
    if (defect.empty() && !net::parse_base_url(account.base_url)) defect = "bad_url";
    if (!defect.empty()) {
        apply(answer, {payments::Outcome::not_sent, payments::Refusal::configuration, std::move(defect)});
        return answer;
    }
    LaunchText text = build_launch_text(outgoing.sender(account), call);
    answer.outcome = payments::Outcome::done;
    answer.code = "signed";
    answer.exchange.request = std::move(text.masked);
    answer.launch = std::move(text.order_string);
    if (outgoing.call == Call::wap_pay) answer.launch = account.base_url + "?" + answer.launch;
    return answer;
}

bool AlipayChannel::needs_payer(payments::Product product) const {
    return product == payments::Product::mini_program;
}

task::Awaitable<payments::QueryAnswer> AlipayChannel::query(const ports::ChannelAccount& account,
                                                            const ports::TradeRef& trade) {
    Outgoing outgoing = prepare(account, Call::query, trade.timeout);
    outgoing.check_number(trade.number);
    if (outgoing.defect.empty()) outgoing.text = build_query(outgoing.sender(account), trade.number);
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::QueryAnswer>(std::move(received), [&](const Received& got) {
        return parse_query_answer(got.exchange.response, *got.keys, trade.number);
    });
}

task::Awaitable<payments::ReverseAnswer> AlipayChannel::reverse(const ports::ChannelAccount& account,
                                                                const ports::TradeRef& trade) {
    Outgoing outgoing = prepare(account, Call::cancel, trade.timeout);
    outgoing.check_number(trade.number);
    if (outgoing.defect.empty()) outgoing.text = build_cancel(outgoing.sender(account), trade.number);
    Received received = co_await exchange(account, std::move(outgoing));
    const bool is_answered = !received.failure;
    auto answer = read<payments::ReverseAnswer>(std::move(received), [&](const Received& got) {
        return parse_cancel_answer(got.exchange.response, *got.keys, trade.number);
    });
    // Whatever kept the reversal from being answered, it is still owed.
    answer.must_repeat = answer.must_repeat || !is_answered;
    co_return answer;
}

task::Awaitable<payments::CloseAnswer> AlipayChannel::close(const ports::ChannelAccount& account,
                                                            const ports::TradeRef& trade) {
    Outgoing outgoing = prepare(account, Call::close, trade.timeout);
    outgoing.check_number(trade.number);
    if (outgoing.defect.empty()) outgoing.text = build_close(outgoing.sender(account), trade.number);
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::CloseAnswer>(std::move(received), [&](const Received& got) {
        return parse_close_answer(got.exchange.response, *got.keys, trade.number);
    });
}

task::Awaitable<payments::RefundAnswer> AlipayChannel::refund(const ports::ChannelAccount& account,
                                                              const ports::RefundRef& refund) {
    Outgoing outgoing = prepare(account, Call::refund, refund.timeout);
    outgoing.check_number(refund.trade_number);
    outgoing.check_number(refund.refund_number);
    if (outgoing.defect.empty()) outgoing.text = build_refund(outgoing.sender(account), refund);
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::RefundAnswer>(std::move(received), [&](const Received& got) {
        return parse_refund_answer(got.exchange.response, *got.keys, refund);
    });
}

task::Awaitable<payments::RefundAnswer> AlipayChannel::query_refund(const ports::ChannelAccount& account,
                                                                    const ports::RefundRef& refund) {
    Outgoing outgoing = prepare(account, Call::refund_query, refund.timeout);
    outgoing.check_number(refund.trade_number);
    outgoing.check_number(refund.refund_number);
    if (outgoing.defect.empty()) outgoing.text = build_refund_query(outgoing.sender(account), refund);
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::RefundAnswer>(std::move(received), [&](const Received& got) {
        return parse_refund_query_answer(got.exchange.response, *got.keys, refund);
    });
}

core::Result<payments::Notice> AlipayChannel::read_notice(const ports::ChannelAccount& account,
                                                          const ports::RawNotice& notice,
                                                          core::Instant /*now*/) const {
    // Without keys no signature can be checked.
    const std::string_view defect = account_defect(account);
    if (!defect.empty()) return core::fail(core::Code::invalid, "bad_signature", std::string(defect));
    const auto keys = keys_.find(account);
    if (!keys) return core::fail(core::Code::invalid, "bad_signature", keys.error().reason);
    return alipay::read_notice(account, **keys, notice.body);
}

ports::NoticeReply AlipayChannel::reply_to_notice(const ports::ChannelAccount& /*account*/,
                                                  bool is_heard) const {
    return alipay::reply_to_notice(is_heard);
}

}  // namespace huitong::channels::alipay
