// The contract every channel keeps (spec/channels 3.6, 3.7, 3.9), as tests. A channel passes it by writing
// down what its system says in each situation (ScriptedChannel) and one line:
//   INSTANTIATE_TEST_SUITE_P(Wechat, ChannelContract, testing::Values(&make_scripted_wechat));
// What a channel's system cannot say is std::nullopt there, and the test is reported as skipped.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/channel.hpp"

namespace huitong::ports {

enum class ContractCall { pay, launch, query, reverse, close, refund, query_refund };
inline constexpr std::array all_contract_calls{
    ContractCall::pay,   ContractCall::launch, ContractCall::query,       ContractCall::reverse,
    ContractCall::close, ContractCall::refund, ContractCall::query_refund};

// What the channel's system says to a call, in good form and signed.
enum class Saying {
    done,  // pay, query: paid 10.00; launch: `launch_text`; reverse, close: done; refund: done or accepted;
           // query_refund: done, 3.00
    other_amount,   // pay, query: paid, 0.01
    payer_asked,    // pay, query
    no_money,       // pay: the payer's balance is short
    bad_code,       // pay: no payment code
    number_taken,   // pay, launch: already paid under this number
    number_closed,  // launch: closed before under this number
    half_said,      // launch: a success without what the payer begins with
    system_error,   // every call
    rate_limited,   // every call: not executed
    misconfigured,  // every call: not executed
    unlisted,       // every call: a failure with a code nobody listed
    absent,         // every call but pay: no such trade; query_refund: no such refund
    must_repeat,    // reverse: "call again"
    too_late,       // reverse, refund
    no_funds,       // reverse, refund: the merchant's balance is short
    is_paid,        // close: it is paid
    undone,         // query: reversed, or closed unpaid
    underway,       // query_refund: accepted, not done
    closed,         // query_refund: given up, nothing refunded
    abnormal,       // query_refund: the money did not reach the payer
};

// What the channel's system says unasked.
enum class NoticeSaying {
    paid,            // 10.00
    refunded,        // refund_number of that trade
    foreign,         // paid, signed by somebody else
    other_account,   // paid, signed well, of another application
    other_business,  // signed well, about no result of ours
};

// A channel under test, and the other end of its wire.
class ScriptedChannel {
  public:
    static constexpr std::string_view number = "P7842000000000001k3f9z";
    static constexpr std::string_view other_number = "P7842000000000002k3f9z";
    static constexpr std::string_view refund_number = "R7842000000000001k3f9z";

    virtual ~ScriptedChannel() = default;
    [[nodiscard]] virtual Channel& channel() = 0;
    [[nodiscard]] virtual const ChannelAccount& account() = 0;
    [[nodiscard]] virtual std::string payment_code() = 0;
    // The body of that answer about `trade_number` and refund_number; none: this system never says it.
    [[nodiscard]] virtual std::optional<std::string> body(ContractCall call, Saying saying,
                                                          std::string_view trade_number) = 0;
    // What Saying::done of a launch by code makes of itself.
    [[nodiscard]] virtual std::string launch_text() = 0;
    // none: this system never says it.
    [[nodiscard]] virtual std::optional<RawNotice> notice(NoticeSaying saying,
                                                          std::string_view trade_number) = 0;
    // Does this answer say which trade it is about?
    [[nodiscard]] virtual bool names_its_trade(ContractCall call) = 0;
    // The same answer, signed by somebody else.
    [[nodiscard]] virtual std::string with_foreign_signature(const std::string& body) = 0;
    // What the next call gets.
    virtual void play(int status, std::string body) = 0;
    virtual void play(core::Error error) = 0;
    [[nodiscard]] virtual int sends() = 0;
    // Did the last call forbid the transport to send it twice?
    [[nodiscard]] virtual bool was_sent_once_only() = 0;
};
using MakeScriptedChannel = std::unique_ptr<ScriptedChannel> (*)();

class ChannelContract : public testing::TestWithParam<MakeScriptedChannel> {
  protected:
    // Every kind of answer at once; those of other calls stay empty.
    struct Answers {
        payments::Answer base;
        payments::PayAnswer pay;
        payments::LaunchAnswer launch;
        payments::QueryAnswer query;
        payments::ReverseAnswer reverse;
        payments::CloseAnswer close;
        payments::RefundAnswer refund;  // of both refund calls
    };

    template <class T>
    T run(task::Awaitable<T> work) {
        boost::asio::io_context io;
        std::optional<T> result;
        boost::asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& error, T answer) {
            if (error) std::rethrow_exception(error);
            result = std::move(answer);
        });
        io.run();
        return std::move(result.value());
    }

    PayByCode pay_call() {
        PayByCode pay;
        pay.number = ScriptedChannel::number;
        pay.amount = core::fen(1000);
        pay.payment_code = scripted->payment_code();
        pay.subject = "测试商品";
        pay.terminal_ip = "192.0.2.7";
        pay.timeout = std::chrono::seconds(9);
        return pay;
    }
    static LaunchCall launch_call(payments::Product product = payments::Product::qr) {
        LaunchCall launch;
        launch.number = ScriptedChannel::number;
        launch.amount = core::fen(1000);
        launch.product = product;
        launch.payer_id = "2088302495431234";
        launch.subject = "测试商品";
        launch.terminal_ip = "192.0.2.7";
        launch.notify_url = "https://gateway.example/notice/a";
        launch.created_at = core::from_us(1'709'600'000'000'000);
        launch.expires_at = launch.created_at + std::chrono::minutes(4);
        launch.timeout = std::chrono::seconds(3);
        return launch;
    }

    Answers ask(ContractCall call) {
        using namespace std::chrono_literals;
        const std::string number(ScriptedChannel::number);
        const TradeRef trade{number, core::fen(1000), 3s};
        const RefundRef refund{.trade_number = number,
                               .trade_amount = core::fen(1000),
                               .refund_number = std::string(ScriptedChannel::refund_number),
                               .amount = core::fen(300),
                               .reason = "退货",
                               .notify_url = "https://pay.example.com/notify",
                               .timeout = 3s};
        Channel& channel = scripted->channel();
        const ChannelAccount& account = scripted->account();
        Answers all;
        switch (call) {
            case ContractCall::pay:
                all.base = all.pay = run(channel.pay_by_code(account, pay_call()));
                break;
            case ContractCall::launch:
                all.base = all.launch = run(channel.launch(account, launch_call()));
                break;
            case ContractCall::query:
                all.base = all.query = run(channel.query(account, trade));
                break;
            case ContractCall::reverse:
                all.base = all.reverse = run(channel.reverse(account, trade));
                break;
            case ContractCall::close:
                all.base = all.close = run(channel.close(account, trade));
                break;
            case ContractCall::refund:
                all.base = all.refund = run(channel.refund(account, refund));
                break;
            case ContractCall::query_refund:
                all.base = all.refund = run(channel.query_refund(account, refund));
                break;
        }
        return all;
    }

    // The answer to what this system says; none: it never says it.
    std::optional<Answers> ask(ContractCall call, Saying saying) {
        auto body = scripted->body(call, saying, ScriptedChannel::number);
        if (!body) return std::nullopt;
        scripted->play(200, std::move(*body));
        return ask(call);
    }
    std::string good_body(ContractCall call) {
        return scripted->body(call, Saying::done, ScriptedChannel::number).value();
    }

    // Nothing was learned: no state moves on this.
    void expect_nothing_learned(const Answers& answers, payments::Outcome outcome) {
        EXPECT_EQ(answers.base.outcome, outcome) << answers.base.code;
        EXPECT_NE(answers.base.code, "");
        EXPECT_TRUE(answers.pay.trade == payments::TradeFacts{});
        EXPECT_FALSE(answers.pay.may_exist);
        EXPECT_EQ(answers.launch.launch, "");
        EXPECT_FALSE(answers.launch.may_exist);
        EXPECT_FALSE(answers.launch.is_trade_made);
        EXPECT_EQ(answers.query.state, payments::TradeState::unknown);
        EXPECT_TRUE(answers.query.trade == payments::TradeFacts{});
        EXPECT_FALSE(answers.reverse.has_no_trade);
        EXPECT_FALSE(answers.close.has_no_trade);
        EXPECT_FALSE(answers.refund.is_absent);
        EXPECT_FALSE(answers.refund.is_abnormal);
    }
    void expect_disbelieved(ContractCall call) {
        SCOPED_TRACE(static_cast<int>(call));
        const Answers answers = ask(call);
        expect_nothing_learned(answers, payments::Outcome::unknown);
        EXPECT_EQ(answers.base.refusal, payments::Refusal::none);
        EXPECT_FALSE(answers.base.is_authentic);
        if (call == ContractCall::reverse) EXPECT_TRUE(answers.reverse.must_repeat);
    }
    void expect_refused(ContractCall call, Saying saying, payments::Refusal why) {
        SCOPED_TRACE(static_cast<int>(call));
        const auto answers = ask(call, saying);
        if (!answers) return;
        EXPECT_EQ(answers->base.outcome, payments::Outcome::refused);
        EXPECT_EQ(answers->base.refusal, why);
        EXPECT_TRUE(answers->base.is_authentic);
        EXPECT_FALSE(answers->reverse.must_repeat);
    }

    core::Result<payments::Notice> read(const RawNotice& raw) {
        return scripted->channel().read_notice(scripted->account(), raw, launch_call().created_at);
    }
    // "" when it is read.
    std::string reason_of(const RawNotice& raw) {
        const auto notice = read(raw);
        if (!notice) EXPECT_EQ(notice.error().code, core::Code::invalid);
        return notice ? "" : notice.error().reason;
    }

    std::unique_ptr<ScriptedChannel> scripted = GetParam()();
};

TEST_P(ChannelContract, DoneCarriesItsProof) {
    using payments::Outcome;
    for (const ContractCall call : all_contract_calls) {
        SCOPED_TRACE(static_cast<int>(call));
        const auto answers = ask(call, Saying::done).value();
        const bool is_accepted = call == ContractCall::refund && answers.base.outcome == Outcome::pending;
        EXPECT_TRUE(answers.base.outcome == Outcome::done || is_accepted) << answers.base.code;
        EXPECT_TRUE(answers.base.is_authentic);
        EXPECT_EQ(answers.base.refusal, payments::Refusal::none);
        EXPECT_NE(answers.base.exchange.call, "");
        EXPECT_NE(answers.base.exchange.request, "");
        EXPECT_NE(answers.base.exchange.response, "");
        EXPECT_LT(answers.base.exchange.started_at, answers.base.exchange.ended_at);
    }
    const auto pay = ask(ContractCall::pay, Saying::done)->pay;
    const auto query = ask(ContractCall::query, Saying::done)->query;
    EXPECT_EQ(query.state, payments::TradeState::paid);
    for (const payments::TradeFacts& trade : {pay.trade, query.trade}) {
        EXPECT_EQ(trade.amount, core::fen(1000));
        EXPECT_NE(trade.trade_no, "");
        EXPECT_NE(trade.payer_id, "");
        EXPECT_TRUE(trade.paid_at.has_value());
    }
    const auto reverse = ask(ContractCall::reverse, Saying::done)->reverse;
    EXPECT_FALSE(reverse.must_repeat);
    EXPECT_FALSE(reverse.has_no_trade);
    EXPECT_NE(reverse.effect, payments::Effect::none);
    const auto refund = ask(ContractCall::query_refund, Saying::done)->refund;
    EXPECT_EQ(refund.amount, core::fen(300));
    EXPECT_FALSE(refund.is_absent);
}

TEST_P(ChannelContract, AnAmountIsPassedOnAsItIsSaid) {
    EXPECT_EQ(ask(ContractCall::pay, Saying::other_amount).value().pay.trade.amount, core::fen(1));
    EXPECT_EQ(ask(ContractCall::query, Saying::other_amount).value().query.trade.amount, core::fen(1));
}

TEST_P(ChannelContract, ThePayerBeingAskedIsPending) {
    const auto pay = ask(ContractCall::pay, Saying::payer_asked).value();
    EXPECT_EQ(pay.base.outcome, payments::Outcome::pending);
    EXPECT_TRUE(pay.base.is_authentic);
    const auto query = ask(ContractCall::query, Saying::payer_asked).value();
    EXPECT_EQ(query.base.outcome, payments::Outcome::done);
    EXPECT_EQ(query.query.state, payments::TradeState::pending);
}

TEST_P(ChannelContract, ARefusedPaymentSaysWhyAndWhatMayBeLeft) {
    using payments::Refusal;
    expect_refused(ContractCall::pay, Saying::no_money, Refusal::insufficient_funds);
    EXPECT_TRUE(ask(ContractCall::pay, Saying::no_money)->pay.may_exist);
    expect_refused(ContractCall::pay, Saying::bad_code, Refusal::code_invalid);
    EXPECT_FALSE(ask(ContractCall::pay, Saying::bad_code)->pay.may_exist);
}

TEST_P(ChannelContract, ANumberPaidBeforeIsLookedAtAndNotReversedBlindly) {
    const auto answers = ask(ContractCall::pay, Saying::number_taken).value();
    EXPECT_EQ(answers.base.outcome, payments::Outcome::unknown);
    EXPECT_TRUE(answers.pay.may_be_older);
    EXPECT_FALSE(answers.pay.may_exist);
}

TEST_P(ChannelContract, SystemErrorsAndUnlistedCodesAreUnknown) {
    for (const Saying saying : {Saying::system_error, Saying::unlisted}) {
        for (const ContractCall call : all_contract_calls) {
            SCOPED_TRACE(static_cast<int>(call));
            const auto answers = ask(call, saying).value();
            expect_nothing_learned(answers, payments::Outcome::unknown);
            EXPECT_TRUE(answers.base.is_authentic) << "the channel did answer";
            EXPECT_EQ(answers.reverse.must_repeat, call == ContractCall::reverse);
        }
    }
}

TEST_P(ChannelContract, WhatWasNotExecutedIsSaidSo) {
    for (const ContractCall call : all_contract_calls) {
        SCOPED_TRACE(static_cast<int>(call));
        const auto limited = ask(call, Saying::rate_limited).value();
        expect_nothing_learned(limited, payments::Outcome::not_sent);
        EXPECT_EQ(limited.base.refusal, payments::Refusal::rate_limited);
        EXPECT_EQ(limited.reverse.must_repeat, call == ContractCall::reverse);
        expect_refused(call, Saying::misconfigured, payments::Refusal::configuration);
    }
}

TEST_P(ChannelContract, NoByteLeftIsNotSent) {
    for (const ContractCall call : all_contract_calls) {
        SCOPED_TRACE(static_cast<int>(call));
        scripted->play(core::Error{core::Code::unavailable, "connect_failed", ""});
        const auto answers = ask(call);
        expect_nothing_learned(answers, payments::Outcome::not_sent);
        EXPECT_FALSE(answers.base.is_authentic);
        EXPECT_EQ(answers.base.code, "connect_failed");
    }
}

TEST_P(ChannelContract, NoAnswerIsUnknown) {
    for (const ContractCall call : all_contract_calls) {
        for (const char* reason : {"read_timeout", "reset", "bad_http", "too_large"}) {
            scripted->play(core::Error{core::Code::unknown_outcome, reason, ""});
            expect_disbelieved(call);
        }
        for (const int status : {202, 302, 404, 429, 500, 502}) {
            scripted->play(status, good_body(call));
            expect_disbelieved(call);
        }
    }
}

TEST_P(ChannelContract, BytesThatAreNoWholeAnswerAreUnknown) {
    for (const ContractCall call : all_contract_calls) {
        const std::string good = good_body(call);
        for (std::size_t length = 0; length < good.size(); length += 7) {
            scripted->play(200, good.substr(0, length));
            expect_disbelieved(call);
        }
        scripted->play(200, "<html><body>502 Bad Gateway</body></html>");
        expect_disbelieved(call);
    }
}

TEST_P(ChannelContract, AForeignSignatureIsUnknown) {
    for (const ContractCall call : all_contract_calls) {
        for (const Saying saying : {Saying::done, Saying::misconfigured, Saying::absent, Saying::no_money}) {
            const auto body = scripted->body(call, saying, ScriptedChannel::number);
            if (!body) continue;
            scripted->play(200, scripted->with_foreign_signature(*body));
            expect_disbelieved(call);
        }
    }
}

TEST_P(ChannelContract, AnAnswerAboutAnotherTradeIsUnknown) {
    for (const ContractCall call : all_contract_calls) {
        if (!scripted->names_its_trade(call)) continue;
        scripted->play(200, scripted->body(call, Saying::done, ScriptedChannel::other_number).value());
        expect_disbelieved(call);
    }
}

TEST_P(ChannelContract, AnAnswerToAnotherKindOfCallIsNoProof) {
    const std::pair<ContractCall, ContractCall> mixed[] = {{ContractCall::query, ContractCall::pay},
                                                           {ContractCall::query, ContractCall::reverse},
                                                           {ContractCall::reverse, ContractCall::query},
                                                           {ContractCall::close, ContractCall::query},
                                                           {ContractCall::query_refund, ContractCall::refund},
                                                           {ContractCall::refund, ContractCall::query_refund},
                                                           {ContractCall::reverse, ContractCall::refund},
                                                           {ContractCall::reverse, ContractCall::pay},
                                                           {ContractCall::close, ContractCall::pay},
                                                           {ContractCall::close, ContractCall::reverse},
                                                           {ContractCall::query_refund, ContractCall::pay},
                                                           {ContractCall::launch, ContractCall::pay},
                                                           {ContractCall::launch, ContractCall::query},
                                                           {ContractCall::launch, ContractCall::close},
                                                           {ContractCall::pay, ContractCall::launch},
                                                           {ContractCall::query, ContractCall::launch},
                                                           {ContractCall::reverse, ContractCall::launch},
                                                           {ContractCall::close, ContractCall::launch}};
    for (const auto& [call, answered] : mixed) {
        SCOPED_TRACE(static_cast<int>(call));
        scripted->play(200, good_body(answered));
        expect_nothing_learned(ask(call), payments::Outcome::unknown);
    }
}

TEST_P(ChannelContract, AbsenceIsSaidAsWhatItIs) {
    const auto query = ask(ContractCall::query, Saying::absent).value();
    EXPECT_EQ(query.base.outcome, payments::Outcome::done);
    EXPECT_EQ(query.query.state, payments::TradeState::not_found);
    const auto reverse = ask(ContractCall::reverse, Saying::absent).value().reverse;
    EXPECT_TRUE(reverse.has_no_trade);
    EXPECT_FALSE(reverse.must_repeat);
    EXPECT_EQ(reverse.effect, payments::Effect::unpaid);
    const auto close = ask(ContractCall::close, Saying::absent).value().close;
    EXPECT_EQ(close.outcome, payments::Outcome::done) << "there is nothing to be paid";
    EXPECT_TRUE(close.has_no_trade);
    expect_refused(ContractCall::refund, Saying::absent, payments::Refusal::no_such_trade);
    const auto refund = ask(ContractCall::query_refund, Saying::absent).value().refund;
    EXPECT_EQ(refund.outcome, payments::Outcome::unknown) << "it may still be on its way";
    EXPECT_TRUE(refund.is_absent);
    EXPECT_TRUE(refund.is_authentic);
}

TEST_P(ChannelContract, AReversalThatMustBeRepeatedIsNotDone) {
    const auto answers = ask(ContractCall::reverse, Saying::must_repeat).value();
    EXPECT_EQ(answers.base.outcome, payments::Outcome::unknown);
    EXPECT_TRUE(answers.reverse.must_repeat);
    EXPECT_FALSE(answers.reverse.has_no_trade);
    EXPECT_EQ(answers.reverse.effect, payments::Effect::not_known);
    const auto query = ask(ContractCall::query, Saying::undone).value().query;
    EXPECT_TRUE(query.state == payments::TradeState::reversed || query.state == payments::TradeState::closed);
}

TEST_P(ChannelContract, RefusalsOfReversalsRefundsAndClosesAreTold) {
    for (const ContractCall call : {ContractCall::reverse, ContractCall::refund}) {
        expect_refused(call, Saying::too_late, payments::Refusal::too_late);
        expect_refused(call, Saying::no_funds, payments::Refusal::merchant_funds);
    }
    expect_refused(ContractCall::close, Saying::is_paid, payments::Refusal::wrong_state);
}

TEST_P(ChannelContract, ARefundUnderwayIsPending) {
    const auto answers = ask(ContractCall::query_refund, Saying::underway);
    if (!answers) GTEST_SKIP() << "this system shows no refund before it is done";
    EXPECT_EQ(answers->base.outcome, payments::Outcome::pending);
    EXPECT_FALSE(answers->refund.is_absent);
}

TEST_P(ChannelContract, ARefundGivenUpIsRefused) {
    if (!ask(ContractCall::query_refund, Saying::closed)) GTEST_SKIP() << "this system gives up no refund";
    expect_refused(ContractCall::query_refund, Saying::closed, payments::Refusal::refund_closed);
}

TEST_P(ChannelContract, ARefundThatDidNotReachThePayerIsAPersonsCase) {
    const auto answers = ask(ContractCall::query_refund, Saying::abnormal);
    if (!answers) GTEST_SKIP() << "this system reports no abnormal refund";
    EXPECT_EQ(answers->base.outcome, payments::Outcome::unknown);
    EXPECT_TRUE(answers->refund.is_abnormal);
    EXPECT_FALSE(answers->refund.is_absent) << "the same call may not be repeated for it";
}

TEST_P(ChannelContract, EveryCallIsOneRequestAndTheTransportRepeatsOnlyQuestions) {
    int before = scripted->sends();
    for (const ContractCall call : all_contract_calls) {
        const auto answers = ask(call, Saying::system_error).value();
        EXPECT_EQ(scripted->sends(), ++before);
        const bool is_question = call == ContractCall::query || call == ContractCall::query_refund;
        EXPECT_EQ(scripted->was_sent_once_only(), !is_question);
    }
}

TEST_P(ChannelContract, NoSecretIsKept) {
    const ChannelAccount& account = scripted->account();
    for (const ContractCall call : all_contract_calls) {
        const auto answers = ask(call, Saying::done).value();
        const std::string& kept = answers.base.exchange.request;
        EXPECT_EQ(kept.find(scripted->payment_code()), kept.npos);
        for (const core::Secret* secret :
             {&account.api_key, &account.app_private_key, &account.app_auth_token}) {
            if (!secret->empty()) EXPECT_EQ(kept.find(secret->reveal()), kept.npos);
        }
        const bool is_refund = call == ContractCall::refund || call == ContractCall::query_refund;
        EXPECT_NE(kept.find(is_refund ? ScriptedChannel::refund_number : ScriptedChannel::number), kept.npos);
    }
}

}  // namespace huitong::ports
