// Refunds and closing on WeChat Pay v2 as bytes: which of several refunds is ours, and what is no proof.
#include <gtest/gtest.h>

#include "channels/wechat/signature.hpp"
#include "channels/wechat/wire.hpp"

namespace huitong::channels::wechat {
namespace {

using codec::XmlFields;
using payments::Outcome;
using payments::Refusal;

ports::ChannelAccount make_account() {
    ports::ChannelAccount account;
    account.app_id = "wx8888888888888888";
    account.mch_id = "1900000109";
    account.sub_mch_id = "1900000777";
    account.sign_type = "MD5";
    account.api_key = core::Secret("0123456789abcdef0123456789abcdef");
    return account;
}

ports::RefundRef make_refund() {
    ports::RefundRef refund;
    refund.trade_number = "P1";
    refund.trade_amount = core::fen(1000);
    refund.refund_number = "R2";
    refund.amount = core::fen(300);
    return refund;
}

XmlFields answer_fields() {
    return XmlFields({{"return_code", "SUCCESS"},
                      {"appid", "wx8888888888888888"},
                      {"mch_id", "1900000109"},
                      {"sub_mch_id", "1900000777"},
                      {"result_code", "SUCCESS"},
                      {"out_trade_no", "P1"}});
}

XmlFields accepted() {
    XmlFields fields = answer_fields();
    fields.set("out_refund_no", "R2");
    fields.set("refund_id", "5030");
    fields.set("refund_fee", "300");
    fields.set("total_fee", "1000");
    return fields;
}

// Two refunds of one trade; ours is the second.
XmlFields found(std::string status) {
    XmlFields fields = answer_fields();
    fields.set("refund_count", "2");
    fields.set("out_refund_no_0", "R1");
    fields.set("refund_id_0", "5029");
    fields.set("refund_fee_0", "700");
    fields.set("refund_status_0", "SUCCESS");
    fields.set("out_refund_no_1", "R2");
    fields.set("refund_id_1", "5030");
    fields.set("refund_fee_1", "300");
    fields.set("refund_status_1", std::move(status));
    fields.set("refund_success_time_1", "2024-03-05 12:00:03");
    return fields;
}

std::string signed_text(XmlFields fields) {
    fields.set("sign", sign(fields, SignType::md5, make_account().api_key));
    return codec::write_flat_xml(fields);
}

payments::RefundAnswer refund_answer(XmlFields fields) {
    return parse_refund_answer(signed_text(std::move(fields)), make_account(), make_refund());
}
payments::RefundAnswer query_answer(XmlFields fields) {
    return parse_refundquery_answer(signed_text(std::move(fields)), make_account(), make_refund());
}
XmlFields with(XmlFields fields, std::string name, std::string value) {
    fields.set(std::move(name), std::move(value));
    return fields;
}

TEST(BuildRefund, CarriesBothAmountsAndBothNumbers) {
    ports::RefundRef refund = make_refund();
    for (int i = 0; i < 40; ++i) refund.reason += "退";
    refund.notify_url = "https://pay.example.com/notify/wechat/wx-1";
    const CallText text = build_refund(make_account(), refund, "nonce");
    const XmlFields fields = codec::parse_flat_xml(text.body).value();
    EXPECT_EQ(fields.get("out_trade_no"), "P1");
    EXPECT_EQ(fields.get("out_refund_no"), "R2");
    EXPECT_EQ(fields.get("total_fee"), "1000");
    EXPECT_EQ(fields.get("refund_fee"), "300");
    EXPECT_EQ(fields.get("sub_mch_id"), "1900000777");
    EXPECT_EQ(fields.get("refund_desc").size(), 78U) << "whole characters below 80 bytes";
    EXPECT_EQ(fields.get("notify_url"), refund.notify_url);
    EXPECT_TRUE(verify(fields, SignType::md5, make_account().api_key));
    EXPECT_EQ(path_of(Call::refund), "/secapi/pay/refund");
    EXPECT_EQ(
        codec::parse_flat_xml(build_refund(make_account(), make_refund(), "n").body)->find("refund_desc"),
        nullptr);
}

TEST(BuildRefund, QueryAsksByTheRefundsNumberAndCloseByTheTrades) {
    const XmlFields query = codec::parse_flat_xml(build_refundquery(make_account(), "R2", "n").body).value();
    EXPECT_EQ(query.get("out_refund_no"), "R2");
    EXPECT_EQ(query.find("out_trade_no"), nullptr);
    EXPECT_TRUE(verify(query, SignType::md5, make_account().api_key));
    EXPECT_EQ(path_of(Call::refundquery), "/pay/refundquery");
    const XmlFields close = codec::parse_flat_xml(build_closeorder(make_account(), "P1", "n").body).value();
    EXPECT_EQ(close.get("out_trade_no"), "P1");
    EXPECT_EQ(path_of(Call::closeorder), "/pay/closeorder");
}

TEST(Refund, AcceptedIsNotRefunded) {
    const auto answer = refund_answer(accepted());
    EXPECT_EQ(answer.outcome, Outcome::pending);
    EXPECT_EQ(answer.refund_no, "5030");
    EXPECT_EQ(answer.amount, core::fen(300));
    EXPECT_FALSE(answer.refunded_at.has_value());
    EXPECT_TRUE(answer.is_authentic);
}

TEST(Refund, AnAcceptanceOfAnotherRefundOrWithoutFactsIsUnknown) {
    for (const auto& [name, value] : std::vector<codec::XmlField>{
             {"out_refund_no", "R1"}, {"out_refund_no", ""}, {"out_trade_no", "P2"}, {"sub_mch_id", ""}}) {
        const auto answer = refund_answer(with(accepted(), name, value));
        EXPECT_EQ(answer.outcome, Outcome::unknown) << name;
        EXPECT_EQ(answer.code, "mismatch");
        EXPECT_FALSE(answer.is_authentic);
    }
    for (const auto& [name, value] :
         std::vector<codec::XmlField>{{"refund_id", ""}, {"refund_fee", ""}, {"refund_fee", "3.00"}}) {
        EXPECT_EQ(refund_answer(with(accepted(), name, value)).code, "incomplete");
    }
    // A refusal of another refund is not ours.
    XmlFields other = with(with(accepted(), "result_code", "FAIL"), "err_code", "NOTENOUGH");
    EXPECT_EQ(refund_answer(other).outcome, Outcome::refused);
    EXPECT_EQ(refund_answer(with(other, "out_refund_no", "R1")).outcome, Outcome::unknown);
    EXPECT_EQ(refund_answer(with(other, "out_refund_no", "R1")).refusal, Refusal::none);
}

TEST(RefundQuery, EveryStatusOfOursNotOfTheFirst) {
    const auto done = query_answer(found("SUCCESS"));
    EXPECT_EQ(done.outcome, Outcome::done);
    EXPECT_EQ(done.amount, core::fen(300));
    EXPECT_EQ(done.refund_no, "5030");
    EXPECT_EQ(done.refunded_at, core::parse_beijing_text("2024-03-05 12:00:03").value());
    EXPECT_EQ(done.code, "SUCCESS");
    EXPECT_EQ(query_answer(found("PROCESSING")).outcome, Outcome::pending);
    const auto closed = query_answer(found("REFUNDCLOSE"));
    EXPECT_EQ(closed.outcome, Outcome::refused);
    EXPECT_EQ(closed.refusal, Refusal::refund_closed);
    const auto abnormal = query_answer(found("CHANGE"));
    EXPECT_EQ(abnormal.outcome, Outcome::unknown);
    EXPECT_TRUE(abnormal.is_abnormal);
    EXPECT_EQ(abnormal.code, "CHANGE");
    for (const char* status : {"", "success", "FAIL"}) {
        EXPECT_EQ(query_answer(found(status)).outcome, Outcome::unknown);
        EXPECT_FALSE(query_answer(found(status)).is_absent);
    }
}

TEST(RefundQuery, AListWithoutOursIsNoAbsence) {
    const auto answer = query_answer(with(found("SUCCESS"), "out_refund_no_1", "R3"));
    EXPECT_EQ(answer.outcome, Outcome::unknown);
    EXPECT_EQ(answer.code, "mismatch");
    EXPECT_FALSE(answer.is_absent);
    EXPECT_FALSE(answer.amount.has_value());
    EXPECT_EQ(query_answer(with(found("SUCCESS"), "refund_fee_1", "x")).code, "incomplete");
    EXPECT_EQ(query_answer(with(found("SUCCESS"), "out_trade_no", "P2")).code, "mismatch");
}

TEST(Close, OnlyACloseIsAClose) {
    const auto close_answer = [](XmlFields fields) {
        return parse_closeorder_answer(signed_text(std::move(fields)), make_account(), "P1");
    };
    EXPECT_EQ(close_answer(answer_fields()).outcome, Outcome::done);
    EXPECT_EQ(close_answer(with(answer_fields(), "trade_state", "CLOSED")).outcome, Outcome::done);
    for (const XmlFields& other : {with(answer_fields(), "trade_state", "SUCCESS"), accepted(),
                                   with(answer_fields(), "recall", "N"), found("SUCCESS")}) {
        EXPECT_EQ(close_answer(other).outcome, Outcome::unknown);
        EXPECT_FALSE(close_answer(other).is_authentic);
    }
}

}  // namespace
}  // namespace huitong::channels::wechat
