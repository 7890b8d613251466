// AlipayChannel over a transport that plays back one answer: where it sends, and what never leaves. The rest
// is in the contract of all channels (contract_test.cpp).
#include "channels/alipay/channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "channels/alipay/test_support.hpp"
#include "net/playback_test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using payments::Outcome;
using payments::Refusal;
using namespace std::chrono_literals;

class AlipayChannelTest : public testing::Test {
  protected:
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
    void answer_with(Call call, const codec::JsonObject& content) {
        transport.answer = net::make_response(200, "text/html", test::signed_answer(call, content));
    }

    net::PlaybackClock clock;
    net::PlaybackTransport transport{clock};
    AlipayChannel channel{transport, clock};
    ports::ChannelAccount account = test::make_account();
    ports::TradeRef trade{"P1", core::fen(1000), 3s};
};

TEST_F(AlipayChannelTest, SendsToTheGatewayWithTheClocksTime) {
    answer_with(Call::query, test::failure("40004", "ACQ.TRADE_NOT_EXIST"));
    const core::Instant before = clock.now();
    const auto answer = run(channel.query(account, trade));
    EXPECT_EQ(answer.state, payments::TradeState::not_found);
    EXPECT_EQ(transport.origin_.text(), "https://pay.example:8443");
    EXPECT_EQ(transport.request_.method, "POST");
    EXPECT_EQ(transport.request_.path(), "/gateway.do");
    EXPECT_EQ(*transport.request_.headers.find("content-type"),
              "application/x-www-form-urlencoded; charset=utf-8");
    EXPECT_EQ(transport.options_.read_timeout, 3s);
    const auto query = codec::parse_form(transport.request_.query()).value();
    EXPECT_NE(std::ranges::find(query, codec::FormField{"timestamp", core::to_beijing_text(before)}),
              query.end());
    EXPECT_EQ(answer.exchange.call, "alipay.trade.query");
    EXPECT_EQ(answer.exchange.response, transport.answer->body);
    EXPECT_EQ(answer.exchange.started_at, before);
    EXPECT_EQ(answer.exchange.ended_at, before + 300ms);
}

TEST_F(AlipayChannelTest, AHostAloneIsAGatewayToo) {
    account.base_url = "http://127.0.0.1:8081";
    (void)run(channel.query(account, trade));
    EXPECT_EQ(transport.request_.path(), "/");
}

TEST_F(AlipayChannelTest, AnswersAreVerifiedWithTheKeysTheRequestWentOutWith) {
    const codec::JsonObject done{{"code", codec::Json("10000")}, {"out_trade_no", codec::Json("P1")}};
    answer_with(Call::close, done);
    EXPECT_EQ(run(channel.close(account, trade)).outcome, Outcome::done);
    account.channel_public_key = test::key_text("app", "public_pem");
    EXPECT_EQ(run(channel.close(account, trade)).code, "bad_sign");
    account = test::make_certificate_account();
    EXPECT_EQ(run(channel.close(account, trade)).code, "bad_cert_sn");
}

TEST_F(AlipayChannelTest, DefectiveAccountsAndNumbersNeverReachTheNetwork) {
    const auto expect_unsent = [&](std::string_view code) {
        SCOPED_TRACE(code);
        ports::RefundRef refund;
        refund.trade_number = trade.number;
        refund.refund_number = "R1";
        ports::PayByCode call;
        call.number = trade.number;
        const payments::ReverseAnswer reverse = run(channel.reverse(account, trade));
        for (const payments::Answer& answer :
             {payments::Answer(run(channel.pay_by_code(account, call))),
              payments::Answer(run(channel.query(account, trade))), payments::Answer(reverse),
              payments::Answer(run(channel.close(account, trade))),
              payments::Answer(run(channel.refund(account, refund))),
              payments::Answer(run(channel.query_refund(account, refund)))}) {
            EXPECT_EQ(answer.outcome, Outcome::not_sent);
            EXPECT_EQ(answer.refusal, Refusal::configuration);
            EXPECT_EQ(answer.code, code);
            EXPECT_NE(answer.exchange.call, "");
        }
        EXPECT_TRUE(reverse.must_repeat);
        EXPECT_EQ(transport.sends, 0);
    };
    account.app_private_key = core::Secret();
    expect_unsent("bad_account");
    account.app_private_key = core::Secret("broken");
    expect_unsent("bad_key");
    account = test::make_account();
    account.sign_type = "RSA";
    expect_unsent("bad_sign_type");
    account = test::make_account();
    account.base_url = "pay.example";
    expect_unsent("bad_url");
    account = test::make_certificate_account();
    account.app_certificate_pem = test::key_text("alipay", "cert_pem");
    expect_unsent("key_mismatch");
    account = test::make_account();
    trade.number = "P-1";
    expect_unsent("bad_number");
    ports::RefundRef refund;
    refund.trade_number = "P1";
    refund.refund_number = "R/1";
    EXPECT_EQ(run(channel.refund(account, refund)).code, "bad_number");
    EXPECT_EQ(transport.sends, 0);
}

}  // namespace
}  // namespace huitong::channels::alipay
