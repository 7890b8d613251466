// What the tests of the whole upay face share: the face over faked stories, signed calls, and readers of its
// answers.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/upay/routes.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::upay {

using namespace std::chrono_literals;
using payments::Aggregate;
using payments::OperationKind;
using payments::OperationState;
using payments::PaymentState;
using payments::Refusal;
using payments::ReversalBy;

inline const std::string terminal_sn = "100042000000000001";
inline const std::string key(32, 'a');
inline const std::string old_key(32, 'b');
inline const std::string vendor_key(32, 'c');
inline constexpr core::Instant now = core::from_us(1'700'000'000'000'000);

class FixedClock final : public core::Clock {
  public:
    [[nodiscard]] core::Instant now() const override { return upay::now; }
};

template <class T>
task::Task<T> give(core::Result<T> result) {
    co_return result;
}

template <class T>
core::Result<T> failing(core::Code code, std::string_view reason) {
    return core::fail(code, reason);
}

class UpayFace : public testing::Test {
  protected:
    UpayFace() {
        terminal_.terminal.sn = terminal_sn;
        terminal_.terminal.merchant_sn = "1680000000001";
        terminal_.terminal.store_sn = "1580000000001";
        terminal_.terminal.current_key = core::Secret(key);
        terminal_.terminal.previous_key = core::Secret(old_key);
        order_.payment.sn = {7'842'000'000'000'001};
        order_.payment.client_sn = "A1";
        order_.payment.terminal_sn = terminal_sn;
        order_.payment.amount = core::fen(1);
        order_.payment.state = PaymentState::paid;
        order_.payment.deadline_at = now + 30s;
        order_.payment.trade.trade_no = "4200000001";
        order_.operations.emplace_back();
        answer_ = order_;
    }

    // The story's result, or the failure that was set.
    template <class T>
    task::Task<T> tell(const T& value) {
        return give(failure_ ? core::Result<T>(*failure_) : core::Result<T>(value));
    }

    Services services() {
        Services made;
        made.clock = &clock_;
        made.refund_wait = refund_wait_;
        made.is_draining = [this] { return is_draining_; };
        made.public_url = "https://pay.example.com";
        made.stories = {
            .find_vendor =
                [](std::string sn) {
                    ports::Vendor vendor{.sn = sn, .name = {}, .key = core::Secret(vendor_key)};
                    return give(sn == "91000001"
                                    ? core::Result<ports::Vendor>(vendor)
                                    : failing<ports::Vendor>(core::Code::not_found, "no_vendor"));
                },
            .find_terminal =
                [this](std::string sn) {
                    if (store_failure_) return give(core::Result<ports::TerminalView>(*store_failure_));
                    return give(sn == terminal_sn
                                    ? core::Result<ports::TerminalView>(terminal_)
                                    : failing<ports::TerminalView>(core::Code::not_found, "no_terminal"));
                },
            .activate =
                [this](flows::ActivateCommand command) {
                    activated_ = std::move(command);
                    return tell(terminal_);
                },
            .checkin =
                [this](flows::CheckinCommand command) {
                    checked_in_ = std::move(command);
                    return tell(terminal_);
                },
            .pay =
                [this](flows::PayCommand command) {
                    paid_ = std::move(command);
                    return tell(answer_);
                },
            .launch =
                [this](flows::LaunchCommand command) {
                    launched_ = std::move(command);
                    return tell(answer_);
                },
            .cancel =
                [this](flows::CancelCommand command) {
                    cancelled_ = std::move(command);
                    return tell(answer_);
                },
            .find =
                [this](std::string merchant, std::string sn, std::string client_sn) {
                    looked_up_.push_back(merchant + "|" + sn + "|" + client_sn);
                    const bool is_known = sn == order_.payment.sn.text() || client_sn == "A1";
                    return give(is_known ? core::Result<Aggregate>(order_)
                                         : failing<Aggregate>(core::Code::not_found, "no_payment"));
                },
            .refund = {},
            .find_for_refund = {},
            .find_refund = {},
        };
        add_the_rest(made);
        return made;
    }

    void add_the_rest(Services& made) {
        add_refund_stories(made.stories);
        made.public_key = public_key_;
        made.keep_log = [this](const std::string& sn, std::string_view bytes) -> core::Result<void> {
            logs_.emplace_back(sn, bytes);
            return {};
        };
    }

    void add_refund_stories(Stories& stories) {
        stories.refund = [this](flows::RefundCommand command) {
            refunded_ = std::move(command);
            return tell(refund_);
        };
        stories.find_for_refund = [this](std::string merchant, std::string sn, std::string client_sn) {
            looked_up_.push_back(merchant + "|" + sn + "|" + client_sn);
            const bool is_known =
                sn == order_.payment.sn.text() || sn == order_.payment.trade.trade_no || client_sn == "A1";
            return give(is_known ? core::Result<Aggregate>(order_)
                                 : failing<Aggregate>(core::Code::not_found, "no_payment"));
        };
        stories.find_refund = [this](std::string merchant, std::string sn, std::string client_sn,
                                     std::string request_no) {
            looked_up_.push_back(merchant + "|" + sn + "|" + client_sn + "|" + request_no);
            return tell(refund_);
        };
    }

    net::Response send(net::Request request) {
        boost::asio::io_context io;
        net::Response response;
        const net::Handler handler = make_handler(services());
        boost::asio::co_spawn(io, handler(std::move(request)),
                              [&](std::exception_ptr failure, net::Response got) {
                                  EXPECT_EQ(failure, nullptr);
                                  response = std::move(got);
                              });
        io.run();
        return response;
    }

    static net::Request signed_request(std::string path, std::string body, std::string sn,
                                       const std::string& with) {
        net::Request request;
        request.target = std::move(path);
        request.peer_ip = "10.0.0.9";
        request.headers.set("Authorization", sn + " " + crypto::md5_hex(body, with));
        request.body = std::move(body);
        return request;
    }

    // The body of an answer that came with HTTP 200.
    std::string call(std::string path, std::string body, const std::string& with = key) {
        const net::Response response =
            send(signed_request(std::move(path), std::move(body), terminal_sn, with));
        EXPECT_EQ(response.status, 200);
        return response.body;
    }
    std::string activate_call(std::string body, std::string sn = "91000001",
                              const std::string& with = vendor_key) {
        return send(signed_request("/terminal/activate", std::move(body), std::move(sn), with)).body;
    }
    static std::string body(const std::string& rest) {
        return R"({"terminal_sn":")" + terminal_sn + "\"" + rest + "}";
    }
    static std::string pay_body(const std::string& more = {}) {
        return body(
            R"(,"client_sn":"A1","total_amount":"1","dynamic_id":"130818341921441147","subject":"披萨")" +
            more);
    }

    void fail_with(core::Code code, std::string_view reason) { failure_ = core::fail(code, reason); }

    FixedClock clock_;
    bool is_draining_ = false;
    core::Duration refund_wait_ = Services{}.refund_wait;
    ports::TerminalView terminal_;
    Aggregate order_;
    Aggregate answer_;           // what pay and cancel tell
    flows::FoundRefund refund_;  // what refund and find_refund tell
    std::optional<std::unexpected<core::Error>> failure_;
    std::optional<std::unexpected<core::Error>> store_failure_;
    std::optional<flows::ActivateCommand> activated_;
    std::optional<flows::CheckinCommand> checked_in_;
    std::optional<flows::PayCommand> paid_;
    std::optional<flows::LaunchCommand> launched_;
    std::optional<flows::CancelCommand> cancelled_;
    std::optional<flows::RefundCommand> refunded_;
    std::vector<std::string> looked_up_;
    std::string public_key_;
    std::vector<std::pair<std::string, std::string>> logs_;  // terminal and bytes
};

inline std::string outer_code(const std::string& text) {
    const auto json = codec::parse_json(text);
    if (!json) return "no JSON: " + text;
    EXPECT_EQ(json->find("biz_response"), nullptr) << text;
    const codec::Json* code = json->find("error_code");
    return code == nullptr ? "" : *json->find("result_code")->as_string() + " " + *code->as_string();
}

inline bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// A member of biz_response, or of its data; "" when it is not there.
inline std::string biz_text(const codec::Json& answer, std::string_view name) {
    const codec::Json* const biz = answer.find("biz_response");
    const codec::Json* const member = biz == nullptr ? nullptr : biz->find(name);
    return member == nullptr || member->as_string() == nullptr ? "" : *member->as_string();
}
inline std::string data_text(const codec::Json& answer, std::string_view name) {
    const codec::Json* const biz = answer.find("biz_response");
    const codec::Json* const data = biz == nullptr ? nullptr : biz->find("data");
    const codec::Json* const member = data == nullptr ? nullptr : data->find(name);
    return member == nullptr || member->as_string() == nullptr ? "" : *member->as_string();
}

// The order with a refund of the merchant's, the newest.
inline Aggregate with_refund(Aggregate order, OperationState state, std::string request_no = "R1",
                             std::int64_t amount_fen = 1) {
    auto& refund = order.operations.emplace_back();
    refund.payment = order.payment.sn;
    refund.seq = static_cast<int>(order.operations.size());
    refund.kind = OperationKind::refund;
    refund.state = state;
    refund.request_no = std::move(request_no);
    refund.amount = core::fen(amount_fen);
    refund.operator_name = "boss";
    if (payments::is_final(state)) refund.finished_at = now + 20s * refund.seq;
    return order;
}

}  // namespace huitong::api::upay
