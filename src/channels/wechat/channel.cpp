// WechatChannel over the HTTP transport (spec/channels 1A.1).
#include "channels/wechat/channel.hpp"

#include <optional>

#include "channels/wechat/notice.hpp"
#include "core/mutation.hpp"

namespace huitong::channels::wechat {

namespace {

constexpr std::size_t nonce_length = 32;
constexpr std::size_t max_answer_bytes = 64 << 10;  // a real one is below 4 KiB

// What stands in the answer when no HTTP 200 came.
struct Failure {
    payments::Outcome outcome = payments::Outcome::unknown;
    payments::Refusal refusal = payments::Refusal::none;
    std::string code;
};

Failure from_transport(core::Error error) {
    const bool is_unsent =
        error.code == core::Code::unavailable || HUITONG_MUTATED("read_timeout_is_not_sent_wechat");
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

struct WechatChannel::Outgoing {
    Call call = Call::orderquery;
    std::string_view defect;  // not empty: cannot be sent
    CallText text;
    core::Duration timeout;
};

struct WechatChannel::Received {
    payments::Exchange exchange;
    std::optional<Failure> failure;  // none: `exchange.response` is the body of an HTTP 200
};

task::Awaitable<WechatChannel::Received> WechatChannel::exchange(const ports::ChannelAccount& account,
                                                                 Outgoing outgoing) {
    Received received;
    received.exchange.call = to_string(outgoing.call);
    received.exchange.request = std::move(outgoing.text.masked);
    received.exchange.started_at = clock_.now();
    received.exchange.ended_at = received.exchange.started_at;
    auto base = net::parse_base_url(account.base_url);
    if (outgoing.defect.empty() && !base) outgoing.defect = "bad_url";
    if (!outgoing.defect.empty()) {
        received.failure = Failure{payments::Outcome::not_sent, payments::Refusal::configuration,
                                   std::string(outgoing.defect)};
        co_return received;
    }
    net::Request request;
    request.target = base->path + std::string(path_of(outgoing.call));
    request.headers.set("Content-Type", "text/xml; charset=utf-8");
    request.body = std::move(outgoing.text.body);
    net::CallOptions options;
    options.read_timeout = outgoing.timeout;
    options.max_response_bytes = max_answer_bytes;
    options.must_not_repeat = outgoing.call != Call::orderquery && outgoing.call != Call::refundquery;
    const bool is_secapi = outgoing.call == Call::reverse || outgoing.call == Call::refund;
    if (is_secapi && !account.client_certificate_pem.empty()) {
        options.client_identity = account.id;
    }
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

task::Awaitable<payments::PayAnswer> WechatChannel::pay_by_code(const ports::ChannelAccount& account,
                                                                const ports::PayByCode& call) {
    Outgoing outgoing{Call::micropay, account_defect(account), {}, call.timeout};
    const bool has_ip = !call.terminal_ip.empty() || !account.server_ip.empty();
    if (outgoing.defect.empty() && !has_ip) outgoing.defect = "no_terminal_ip";
    if (outgoing.defect.empty()) outgoing.text = build_micropay(account, call, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::PayAnswer>(std::move(received), [&](const Received& got) {
        return parse_micropay_answer(got.exchange.response, account, call.number);
    });
}

task::Awaitable<payments::LaunchAnswer> WechatChannel::launch(const ports::ChannelAccount& account,
                                                              const ports::LaunchCall& call) {
    Outgoing outgoing{Call::unifiedorder, account_defect(account), {}, call.timeout};
    if (outgoing.defect.empty()) outgoing.defect = launch_defect(account, call);
    if (outgoing.defect.empty()) outgoing.text = build_unifiedorder(account, call, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::LaunchAnswer>(std::move(received), [&](const Received& got) {
        return parse_unifiedorder_answer(got.exchange.response, account, call, random_.hex(nonce_length));
    });
}

bool WechatChannel::needs_payer(payments::Product product) const {
    return wechat::needs_payer(product);
}

task::Awaitable<payments::QueryAnswer> WechatChannel::query(const ports::ChannelAccount& account,
                                                            const ports::TradeRef& trade) {
    Outgoing outgoing{Call::orderquery, account_defect(account), {}, trade.timeout};
    if (outgoing.defect.empty())
        outgoing.text = build_orderquery(account, trade.number, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::QueryAnswer>(std::move(received), [&](const Received& got) {
        return parse_orderquery_answer(got.exchange.response, account, trade.number);
    });
}

task::Awaitable<payments::ReverseAnswer> WechatChannel::reverse(const ports::ChannelAccount& account,
                                                                const ports::TradeRef& trade) {
    Outgoing outgoing{Call::reverse, account_defect(account), {}, trade.timeout};
    if (outgoing.defect.empty())
        outgoing.text = build_reverse(account, trade.number, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    const bool is_answered = !received.failure;
    auto answer = read<payments::ReverseAnswer>(std::move(received), [&](const Received& got) {
        return parse_reverse_answer(got.exchange.response, account, trade.number);
    });
    // Whatever kept the reversal from being answered, it is still owed.
    answer.must_repeat = answer.must_repeat || !is_answered;
    co_return answer;
}

task::Awaitable<payments::CloseAnswer> WechatChannel::close(const ports::ChannelAccount& account,
                                                            const ports::TradeRef& trade) {
    Outgoing outgoing{Call::closeorder, account_defect(account), {}, trade.timeout};
    if (outgoing.defect.empty())
        outgoing.text = build_closeorder(account, trade.number, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::CloseAnswer>(std::move(received), [&](const Received& got) {
        return parse_closeorder_answer(got.exchange.response, account, trade.number);
    });
}

task::Awaitable<payments::RefundAnswer> WechatChannel::refund(const ports::ChannelAccount& account,
                                                              const ports::RefundRef& refund) {
    Outgoing outgoing{Call::refund, account_defect(account), {}, refund.timeout};
    if (outgoing.defect.empty()) outgoing.text = build_refund(account, refund, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::RefundAnswer>(std::move(received), [&](const Received& got) {
        return parse_refund_answer(got.exchange.response, account, refund);
    });
}

task::Awaitable<payments::RefundAnswer> WechatChannel::query_refund(const ports::ChannelAccount& account,
                                                                    const ports::RefundRef& refund) {
    Outgoing outgoing{Call::refundquery, account_defect(account), {}, refund.timeout};
    if (outgoing.defect.empty())
        outgoing.text = build_refundquery(account, refund.refund_number, random_.hex(nonce_length));
    Received received = co_await exchange(account, std::move(outgoing));
    co_return read<payments::RefundAnswer>(std::move(received), [&](const Received& got) {
        return parse_refundquery_answer(got.exchange.response, account, refund);
    });
}

core::Result<payments::Notice> WechatChannel::read_notice(const ports::ChannelAccount& account,
                                                          const ports::RawNotice& notice,
                                                          core::Instant /*now*/) const {
    return wechat::read_notice(account, notice.body);
}

ports::NoticeReply WechatChannel::reply_to_notice(const ports::ChannelAccount& /*account*/,
                                                  bool is_heard) const {
    return wechat::reply_to_notice(is_heard);
}

}  // namespace huitong::channels::wechat
