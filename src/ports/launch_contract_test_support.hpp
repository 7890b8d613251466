// The second half of the contract every channel keeps: payments that the payer begins, and notices
// (spec/channels 1A.7, 1A.11, 2.4, 2.10). Included beside channel_contract_test_support.hpp by each channel's
// contract test.
#pragma once

#include <utility>

#include "ports/channel_contract_test_support.hpp"

namespace huitong::ports {

// ---- what the payer begins

TEST_P(ChannelContract, ALaunchBringsWhatThePayerBeginsWith) {
    const auto answers = ask(ContractCall::launch, Saying::done).value();
    EXPECT_EQ(answers.launch.launch, scripted->launch_text());
    EXPECT_FALSE(answers.launch.may_exist);
    EXPECT_NE(answers.base.code, "");
}

TEST_P(ChannelContract, ALaunchThatIsNotWholeIsUnknown) {
    const auto answers = ask(ContractCall::launch, Saying::half_said).value();
    expect_nothing_learned(answers, payments::Outcome::unknown);
}

TEST_P(ChannelContract, ALaunchUnderAUsedNumberIsLookedAtOrRefused) {
    expect_nothing_learned(ask(ContractCall::launch, Saying::number_taken).value(),
                           payments::Outcome::unknown);
    expect_refused(ContractCall::launch, Saying::number_closed, payments::Refusal::number_used_up);
    EXPECT_FALSE(ask(ContractCall::launch, Saying::number_closed)->launch.may_exist);
}

TEST_P(ChannelContract, AChannelThatNeedsThePayerAsksForHim) {
    using payments::Product;
    Channel& channel = scripted->channel();
    EXPECT_TRUE(channel.needs_payer(Product::mini_program));
    EXPECT_FALSE(channel.needs_payer(Product::qr));
    for (const Product product : {Product::wap, Product::mini_program}) {
        if (!channel.needs_payer(product)) continue;
        LaunchCall call = launch_call(product);
        call.payer_id.clear();
        const auto answer = run(channel.launch(scripted->account(), call));
        EXPECT_EQ(answer.outcome, payments::Outcome::not_sent);
        EXPECT_EQ(answer.refusal, payments::Refusal::configuration);
        EXPECT_EQ(answer.code, "no_payer");
    }
    EXPECT_EQ(scripted->sends(), 0);
}

// ---- notices

TEST_P(ChannelContract, ANoticeSaysWhereToLook) {
    const auto raw = scripted->notice(NoticeSaying::paid, ScriptedChannel::number).value();
    const auto notice = read(raw).value();
    EXPECT_EQ(notice.number, ScriptedChannel::number);
    EXPECT_EQ(notice.refund_number, "");
    EXPECT_EQ(notice.amount, core::fen(1000));
    EXPECT_NE(notice.code, "");
    EXPECT_NE(notice.trade_no, "");
    EXPECT_NE(notice.body.find(ScriptedChannel::number), notice.body.npos);
    const auto other = read(scripted->notice(NoticeSaying::paid, ScriptedChannel::other_number).value());
    EXPECT_EQ(other.value().number, ScriptedChannel::other_number);
}

TEST_P(ChannelContract, ANoticeOfARefundNamesIt) {
    const auto raw = scripted->notice(NoticeSaying::refunded, ScriptedChannel::number);
    if (!raw) GTEST_SKIP() << "this system tells of no refund";
    const auto notice = read(*raw).value();
    EXPECT_EQ(notice.number, ScriptedChannel::number);
    EXPECT_EQ(notice.refund_number, ScriptedChannel::refund_number);
    EXPECT_NE(notice.code, "");
}

TEST_P(ChannelContract, ANoticeThatIsNotOursIsRefused) {
    const std::pair<NoticeSaying, const char*> bad[] = {{NoticeSaying::foreign, "bad_signature"},
                                                        {NoticeSaying::other_account, "other_account"},
                                                        {NoticeSaying::other_business, "not_a_result"}};
    for (const auto& [saying, reason] : bad) {
        const auto raw = scripted->notice(saying, ScriptedChannel::number);
        if (!raw) continue;
        EXPECT_EQ(reason_of(*raw), reason);
    }
    for (const char* body : {"", "x", "<html></html>", "{\"a\":1}", "a=%", "\xff"}) {
        const std::string reason = reason_of({.headers = {}, .body = body});
        EXPECT_TRUE(reason == "unreadable" || reason == "bad_signature") << body << reason;
    }
}

TEST_P(ChannelContract, ANoticeChangedOrCutAnywhereIsRefused) {
    const RawNotice good = scripted->notice(NoticeSaying::paid, ScriptedChannel::number).value();
    for (std::size_t at = 0; at < good.body.size(); at += 3) {
        RawNotice cut = good;
        cut.body.resize(at);
        EXPECT_NE(reason_of(cut), "") << at;
    }
    RawNotice changed = good;
    changed.body.replace(changed.body.find(ScriptedChannel::number), ScriptedChannel::number.size(),
                         ScriptedChannel::other_number);
    EXPECT_EQ(reason_of(changed), "bad_signature");
}

TEST_P(ChannelContract, ARepliedNoticeIsHeardOrSentAgain) {
    Channel& channel = scripted->channel();
    const NoticeReply heard = channel.reply_to_notice(scripted->account(), true);
    const NoticeReply again = channel.reply_to_notice(scripted->account(), false);
    EXPECT_EQ(heard.status, 200);
    EXPECT_NE(heard.body, again.body);
    EXPECT_NE(heard.content_type, "");
}

TEST_P(ChannelContract, ANoticeCannotBeCheckedWithoutTheAccountsKeys) {
    const RawNotice good = scripted->notice(NoticeSaying::paid, ScriptedChannel::number).value();
    ChannelAccount bare = scripted->account();
    bare.api_key = core::Secret();
    bare.channel_public_key.clear();
    const auto read = scripted->channel().read_notice(bare, good, launch_call().created_at);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().reason, "bad_signature");
}

}  // namespace huitong::ports
