// WechatChannel over a transport that plays back one answer: what it sends, and what it makes of a failed
// road.
#include "channels/wechat/channel.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "channels/wechat/signature.hpp"
#include "net/playback_test_support.hpp"

namespace huitong::channels::wechat {
namespace {

using payments::Outcome;
using payments::Refusal;
using namespace std::chrono_literals;

codec::XmlFields make_fields(std::vector<codec::XmlField> fields) {
    return codec::XmlFields(std::move(fields));
}

class WechatChannelTest : public testing::Test {
  protected:
    WechatChannelTest() {
        account.id = "wx-main";
        account.base_url = "https://pay.example:8443/gateway";
        account.app_id = "wx8888888888888888";
        account.mch_id = "1900000109";
        account.sign_type = "MD5";
        account.api_key = core::Secret("0123456789abcdef0123456789abcdef");
        account.server_ip = "10.0.0.1";
        call.number = trade.number = "P1";
        call.amount = trade.amount = core::fen(1000);
        call.payment_code = "134567890123456789";
        call.subject = "test";
        call.timeout = 9s;
        trade.timeout = 3s;
    }

    template <class Answer>
    Answer run(task::Awaitable<Answer> work) {
        boost::asio::io_context io;
        std::optional<Answer> result;
        boost::asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& error, Answer answer) {
            if (error) std::rethrow_exception(error);
            result = std::move(answer);
        });
        io.run();
        return std::move(result.value());
    }

    void answer_with(codec::XmlFields fields, int status = 200) {
        fields.set("return_code", "SUCCESS");
        fields.set("appid", account.app_id);
        fields.set("mch_id", account.mch_id);
        fields.set("sign", sign(fields, SignType::md5, account.api_key));
        transport.answer = net::make_response(status, "text/plain", codec::write_flat_xml(fields));
    }
    void answer_paid(int status = 200) {
        answer_with(make_fields({{"result_code", "SUCCESS"},
                                 {"out_trade_no", "P1"},
                                 {"total_fee", "1000"},
                                 {"transaction_id", "42"},
                                 {"time_end", "20240305091501"}}),
                    status);
    }

    net::PlaybackClock clock;
    net::PlaybackTransport transport{clock};
    core::SeededRandom random{7};
    WechatChannel channel{transport, random, clock};
    ports::ChannelAccount account;
    ports::PayByCode call;
    ports::TradeRef trade;
};

TEST_F(WechatChannelTest, MicropayIsSentOnceAndKeptWithoutItsCode) {
    answer_paid();
    const core::Instant before = clock.now();
    const auto answer = run(channel.pay_by_code(account, call));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.trade.amount, core::fen(1000));
    EXPECT_EQ(transport.sends, 1);
    EXPECT_EQ(transport.origin_.text(), "https://pay.example:8443");
    EXPECT_EQ(transport.request_.method, "POST");
    EXPECT_EQ(transport.request_.target, "/gateway/pay/micropay");
    EXPECT_TRUE(transport.request_.headers.find("content-type")->starts_with("text/xml"));
    EXPECT_TRUE(transport.options_.must_not_repeat);
    EXPECT_EQ(transport.options_.read_timeout, 9s);
    EXPECT_EQ(transport.options_.client_identity, "");
    const auto sent = codec::parse_flat_xml(transport.request_.body).value();
    EXPECT_EQ(sent.get("auth_code"), "134567890123456789");
    EXPECT_EQ(sent.get("nonce_str").size(), 32U);
    EXPECT_EQ(answer.exchange.call, "micropay");
    EXPECT_EQ(answer.exchange.request.find("134567890123456789"), std::string::npos);
    EXPECT_NE(answer.exchange.request.find("13************6789"), std::string::npos);
    EXPECT_EQ(answer.exchange.request.find(account.api_key.reveal()), std::string::npos);
    EXPECT_EQ(answer.exchange.response, transport.answer->body);
    EXPECT_EQ(answer.exchange.started_at, before);
    EXPECT_EQ(answer.exchange.ended_at, before + 300ms);
}

TEST_F(WechatChannelTest, NoncesDiffer) {
    (void)run(channel.query(account, trade));
    const auto first = codec::parse_flat_xml(transport.request_.body).value();
    (void)run(channel.query(account, trade));
    const auto second = codec::parse_flat_xml(transport.request_.body).value();
    EXPECT_NE(first.get("nonce_str"), second.get("nonce_str"));
}

TEST_F(WechatChannelTest, LaunchesAreSentOnceAndSignedAnewForThePayer) {
    answer_with(make_fields({{"result_code", "SUCCESS"}, {"trade_type", "JSAPI"}, {"prepay_id", "wx2014"}}));
    ports::LaunchCall launch;
    launch.number = "P1";
    launch.amount = core::fen(1000);
    launch.product = payments::Product::mini_program;
    launch.payer_id = "oUpF8";
    launch.notify_url = "https://gateway.example/notice";
    launch.timeout = 4s;
    const auto first = run(channel.launch(account, launch));
    EXPECT_EQ(first.outcome, Outcome::done);
    EXPECT_EQ(first.exchange.call, "unifiedorder");
    EXPECT_EQ(transport.request_.target, "/gateway/pay/unifiedorder");
    EXPECT_TRUE(transport.options_.must_not_repeat);
    EXPECT_EQ(transport.options_.read_timeout, 4s);
    const auto asked = codec::parse_flat_xml(transport.request_.body).value();
    EXPECT_EQ(first.launch.find(asked.get("nonce_str")), std::string::npos) << "a nonce is used once";
    EXPECT_NE(run(channel.launch(account, launch)).launch, first.launch);
    EXPECT_EQ(transport.sends, 2);
    launch.notify_url.clear();
    const auto unsent = run(channel.launch(account, launch));
    EXPECT_EQ(unsent.outcome, Outcome::not_sent);
    EXPECT_EQ(unsent.code, "bad_notify_url");
    account.sign_type = "SHA1";
    EXPECT_EQ(run(channel.launch(account, launch)).code, "bad_sign_type");
    EXPECT_EQ(transport.sends, 2);
}

TEST_F(WechatChannelTest, QueryAsksByOurNumber) {
    answer_with(make_fields({{"result_code", "FAIL"}, {"err_code", "ORDERNOTEXIST"}}));
    const auto answer = run(channel.query(account, trade));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.state, payments::TradeState::not_found);
    EXPECT_EQ(answer.exchange.call, "orderquery");
    EXPECT_EQ(transport.request_.target, "/gateway/pay/orderquery");
    EXPECT_FALSE(transport.options_.must_not_repeat);
    EXPECT_EQ(transport.options_.read_timeout, 3s);
    EXPECT_EQ(codec::parse_flat_xml(transport.request_.body).value().get("out_trade_no"), "P1");
}

TEST_F(WechatChannelTest, ReversePresentsTheCertificateOfItsAccount) {
    answer_with(make_fields({{"result_code", "SUCCESS"}, {"recall", "N"}}));
    const auto answer = run(channel.reverse(account, trade));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_FALSE(answer.must_repeat);
    EXPECT_EQ(answer.exchange.call, "reverse");
    EXPECT_EQ(transport.request_.target, "/gateway/secapi/pay/reverse");
    EXPECT_TRUE(transport.options_.must_not_repeat);
    EXPECT_EQ(transport.options_.client_identity, "") << "no certificate, no identity";
    account.client_certificate_pem = "-----BEGIN CERTIFICATE-----";
    (void)run(channel.reverse(account, trade));
    EXPECT_EQ(transport.options_.client_identity, "wx-main");
    (void)run(channel.query(account, trade));
    EXPECT_EQ(transport.options_.client_identity, "") << "only /secapi asks for it";
}

TEST_F(WechatChannelTest, RefundsPresentItTooTheirQueriesAndClosesDoNot) {
    account.client_certificate_pem = "-----BEGIN CERTIFICATE-----";
    const ports::RefundRef refund{"P1", core::fen(1000), "R1", core::fen(300), "", "", 4s};
    const auto accepted = run(channel.refund(account, refund));
    EXPECT_EQ(accepted.exchange.call, "refund");
    EXPECT_EQ(transport.request_.target, "/gateway/secapi/pay/refund");
    EXPECT_EQ(transport.options_.client_identity, "wx-main");
    EXPECT_EQ(transport.options_.read_timeout, 4s);
    EXPECT_EQ(run(channel.query_refund(account, refund)).exchange.call, "refundquery");
    EXPECT_EQ(transport.request_.target, "/gateway/pay/refundquery");
    EXPECT_EQ(transport.options_.client_identity, "");
    EXPECT_EQ(run(channel.close(account, trade)).exchange.call, "closeorder");
    EXPECT_EQ(transport.request_.target, "/gateway/pay/closeorder");
    EXPECT_EQ(transport.options_.client_identity, "");
}

TEST_F(WechatChannelTest, NoByteLeftIsNotSent) {
    transport.answer = core::fail(core::Code::unavailable, "connect_timeout");
    const auto pay = run(channel.pay_by_code(account, call));
    EXPECT_EQ(pay.outcome, Outcome::not_sent);
    EXPECT_EQ(pay.code, "connect_timeout");
    EXPECT_FALSE(pay.is_authentic);
    EXPECT_FALSE(pay.exchange.request.empty());
    EXPECT_EQ(run(channel.query(account, trade)).outcome, Outcome::not_sent);
    const auto reverse = run(channel.reverse(account, trade));
    EXPECT_EQ(reverse.outcome, Outcome::not_sent);
    EXPECT_TRUE(reverse.must_repeat);
}

TEST_F(WechatChannelTest, NoAnswerIsUnknown) {
    for (const char* reason : {"read_timeout", "reset", "bad_http", "too_large"}) {
        transport.answer = core::fail(core::Code::unknown_outcome, reason);
        const auto pay = run(channel.pay_by_code(account, call));
        EXPECT_EQ(pay.outcome, Outcome::unknown);
        EXPECT_EQ(pay.code, reason);
        EXPECT_EQ(pay.exchange.response, "");
        EXPECT_EQ(run(channel.query(account, trade)).state, payments::TradeState::unknown);
        EXPECT_TRUE(run(channel.reverse(account, trade)).must_repeat);
    }
    transport.answer = core::fail(core::Code::internal, "surprise");
    EXPECT_EQ(run(channel.pay_by_code(account, call)).outcome, Outcome::unknown)
        << "only unavailable proves it";
}

TEST_F(WechatChannelTest, OtherStatusesAreUnknownEvenWithAGoodBody) {
    for (const int status : {201, 202, 302, 404, 429, 500, 502}) {
        answer_paid(status);
        const auto pay = run(channel.pay_by_code(account, call));
        EXPECT_EQ(pay.outcome, Outcome::unknown);
        EXPECT_EQ(pay.code, "http_" + std::to_string(status));
        EXPECT_FALSE(pay.is_authentic);
        EXPECT_EQ(pay.exchange.response, transport.answer->body) << "kept as evidence";
        EXPECT_EQ(run(channel.query(account, trade)).outcome, Outcome::unknown);
        const auto reverse = run(channel.reverse(account, trade));
        EXPECT_EQ(reverse.outcome, Outcome::unknown);
        EXPECT_TRUE(reverse.must_repeat);
    }
}

TEST_F(WechatChannelTest, DefectiveAccountsNeverReachTheNetwork) {
    const auto expect_unsent = [&](std::string_view code) {
        SCOPED_TRACE(code);
        const auto answer = run(channel.pay_by_code(account, call));
        EXPECT_EQ(answer.outcome, Outcome::not_sent);
        EXPECT_EQ(answer.refusal, Refusal::configuration);
        EXPECT_EQ(answer.code, code);
        EXPECT_EQ(answer.exchange.call, "micropay");
        EXPECT_EQ(answer.exchange.started_at, clock.now());
    };
    const ports::ChannelAccount good = account;
    account.api_key = core::Secret();
    expect_unsent("bad_account");
    EXPECT_EQ(run(channel.query(account, trade)).outcome, Outcome::not_sent);
    EXPECT_TRUE(run(channel.reverse(account, trade)).must_repeat);
    account = good;
    account.sign_type = "SHA1";
    expect_unsent("bad_sign_type");
    account = good;
    account.base_url = "pay.example";
    expect_unsent("bad_url");
    account = good;
    account.server_ip.clear();
    expect_unsent("no_terminal_ip");
    EXPECT_EQ(transport.sends, 0);
    call.terminal_ip = "192.0.2.7";
    (void)run(channel.pay_by_code(account, call));
    EXPECT_EQ(transport.sends, 1);
}

}  // namespace
}  // namespace huitong::channels::wechat
