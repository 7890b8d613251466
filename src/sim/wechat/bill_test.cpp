// A day's bill: its bytes against a sample that others made, and what of the books is in it, by both APIs
// (spec/channels 1A.12, 4.6, 6.6).
#include "sim/wechat/bill.hpp"

#include <gtest/gtest.h>

#include "codec/gzip.hpp"
#include "crypto/digest.hpp"
#include "sim/wechat/v3_test_support.hpp"

namespace huitong::sim {
namespace {

using Strings = std::vector<std::string>;
using wechat::BillKind;
using wechat::BillLine;

// Three rows of the worked sample of spec/channels 4.6, variant a, one of each kind, with their sums.
constexpr std::string_view sample =
    "\xEF\xBB\xBF"
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n"
    "`2024-03-05 10:20:47,`wx8888888888888888,`1900000109,`0,`POS01,`4200000001202403050000000002,"
    "`P20240305000002,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`MICROPAY,`REVOKED,`OTHERS,`CNY,`0.00,`0.00,`0,`0,`25.00,"
    "`0.00,`ORIGINAL,`SUCCESS,`套餐A,`,`-0.15000,`0.60%,`0.00,`25.00,`\r\n"
    "`2024-03-05 11:00:30,`wx8888888888888888,`1900000109,`0,`WEB,`4200000001202403050000000003,"
    "`P20240305000003,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`NATIVE,`SUCCESS,`ICBC_DEBIT,`CNY,`99.00,`0.00,`0,`0,`0."
    "00,"
    "`0.00,`,`,`苹果,梨 \"特价\",`a=1,b=2,`0.59000,`0.60%,`100.00,`0.00,`\r\n"
    "`2024-03-05 12:00:00,`wx8888888888888888,`1900000109,`0,`POS01,`4200000001202403050000000001,"
    "`P20240305000001,`oUpF8uMuAJO_M2pxb1Q9zNjWeS6o,`MICROPAY,`REFUND,`OTHERS,`CNY,`0.00,`0.00,"
    "`50300008262024030500000000001,`R20240305000001,`3.00,`0.00,`ORIGINAL,`SUCCESS,`拿铁,`,`-0.02000,`0.60%,"
    "`0.00,`3.00,`\r\n"
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n"
    "`3,`99.00,`28.00,`0.00,`0.42000,`100.00,`28.00\r\n";

BillLine sample_line(const char* time, std::string serial, const char* state) {
    return {.at = core::parse_beijing_text(std::string("2024-03-05 ") + time).value(),
            .appid = "wx8888888888888888",
            .mch_id = "1900000109",
            .device = "POS01",
            .transaction_id = "420000000120240305000000000" + serial,
            .out_trade_no = "P2024030500000" + serial,
            .openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            .trade_type = "MICROPAY",
            .state = state,
            .rate = wechat::rate_text(6000)};
}

std::vector<BillLine> sample_lines() {
    BillLine revoked = sample_line("10:20:47", "2", "REVOKED");
    revoked.refunded_fen = revoked.asked_fen = 2500;
    revoked.subject = "套餐A";
    revoked.fee_fen = -wechat::fee_of(2500, 6000);
    BillLine paid = sample_line("11:00:30", "3", "SUCCESS");
    paid.device = "WEB";
    paid.trade_type = "NATIVE";
    paid.bank = "ICBC_DEBIT";
    paid.settled_fen = 9900;
    paid.order_fen = 10000;
    paid.subject = "苹果,梨 \"特价\"";
    paid.attach = "a=1,b=2";
    paid.fee_fen = wechat::fee_of(9900, 6000);
    BillLine refunded = sample_line("12:00:00", "1", "REFUND");
    refunded.refund_id = "50300008262024030500000000001";
    refunded.out_refund_no = "R20240305000001";
    refunded.refunded_fen = refunded.asked_fen = 300;
    refunded.subject = "拿铁";
    refunded.fee_fen = -wechat::fee_of(300, 6000);
    for (BillLine* const line : {&revoked, &refunded}) {
        line->refund_type = "ORIGINAL";
        line->refund_status = "SUCCESS";
        line->refund_asked_at = line->refund_done_at = core::to_beijing_text(line->at);
    }
    return {revoked, paid, refunded};
}

TEST(WechatBill, every_byte_of_the_sample) {
    EXPECT_EQ(wechat::write_bill(sample_lines(), BillKind::all), sample);
}

// Lines without their ends, cells of the rows.
std::vector<Strings> rows_of(std::string_view bill) {
    std::vector<Strings> rows;
    while (!bill.empty()) {
        const auto end = bill.find("\r\n");
        std::string_view line = bill.substr(0, end);
        bill.remove_prefix(end == bill.npos ? bill.size() : end + 2);
        const std::string_view between = line.starts_with('`') ? ",`" : ",";
        if (line.starts_with('`')) line.remove_prefix(1);
        Strings& cells = rows.emplace_back();
        for (std::size_t at = 0; at != line.npos;) {
            const auto next = line.find(between, at);
            cells.emplace_back(line.substr(at, next == line.npos ? next : next - at));
            at = next == line.npos ? next : next + between.size();
        }
    }
    return rows;
}

TEST(WechatBill, the_other_kinds_have_other_columns) {
    const auto success = rows_of(wechat::write_bill(sample_lines(), BillKind::success));
    ASSERT_EQ(success.size(), 4U);
    EXPECT_EQ(success[0].size(), 20U);
    EXPECT_EQ(success[1].size(), 20U);
    EXPECT_EQ(success[0][14], "商品名称");
    EXPECT_EQ(success[2], (Strings{"总交易单数", "应结订单总金额", "手续费总金额", "订单总金额"}));
    EXPECT_EQ(success[3], (Strings{"1", "99.00", "0.59000", "100.00"}));
    const auto refund = rows_of(wechat::write_bill(sample_lines(), BillKind::refund));
    ASSERT_EQ(refund.size(), 5U);
    EXPECT_EQ(refund[0].size(), 29U);
    EXPECT_EQ(refund[2].size(), 29U);
    EXPECT_EQ(refund[0][14], "退款申请时间");
    EXPECT_EQ(refund[2][15], "2024-03-05 12:00:00");
    EXPECT_EQ(refund[4], (Strings{"2", "0.00", "28.00", "0.00", "-0.17000", "0.00", "28.00"}));
}

TEST(WechatBill, fees_are_rounded_half_up) {
    EXPECT_EQ(wechat::fee_of(83, 6000), 0);
    EXPECT_EQ(wechat::fee_of(84, 6000), 1);
    EXPECT_EQ(wechat::fee_of(9900, 6000), 59);
    EXPECT_EQ(wechat::fee_of(100'000'000, 3800), 380'000);
    EXPECT_EQ(wechat::rate_text(3800), "0.38%");
    EXPECT_EQ(wechat::rate_text(6000), "0.60%");
}

// A rig on 2024-03-05, and its bills of that day.
class WechatBills : public ::testing::Test {
  protected:
    void to(const char* time) { rig.simulators.clock().set(core::parse_beijing_text(time).value()); }
    std::string v2(Fields fields = {}) {
        fields.try_emplace("bill_date", "20240305");
        fields.try_emplace("bill_type", "ALL");
        const net::Response answer = rig.send(Rig::request("/pay/downloadbill", fields));
        EXPECT_EQ(answer.status, 200);
        const Answer refused = Rig::to_answer(answer);
        return refused.fields.empty() ? answer.body : refused.get("return_msg");
    }
    V3Answer v3(const std::string& query = "bill_date=2024-03-05") {
        return rig.call("GET", "/v3/bill/tradebill?" + query);
    }
    std::string file(const V3Answer& named) {
        const std::string url = named.get("download_url");
        const std::string target = url.substr(url.find("/v3/"));
        const net::Response answer = rig.send(rig.v3_request("GET", target));
        EXPECT_FALSE(answer.headers.find("Wechatpay-Signature").has_value() && answer.status == 200);
        return answer.status == 200 ? answer.body : V3Rig::to_v3(answer).result();
    }
    // "number state order refunded fee" of each row.
    static Strings shorten(std::string_view bill) {
        Strings lines;
        for (const Strings& row : rows_of(bill)) {
            if (row.size() == 27)
                lines.push_back(fmt::format("{} {} {} {} {}", row[6], row[9], row[24], row[16], row[22]));
        }
        return lines;
    }

    V3Rig rig;
};

TEST_F(WechatBills, what_was_paid_and_what_went_back) {
    rig.codepay("P1", rig.code(0), 1000);
    rig.wait_s(60);
    rig.pay("P2", rig.code(0), 2500);
    rig.codepay("P3", rig.code(2), 700);  // never paid
    rig.codepay("P4", rig.code(5), 700);  // refused
    rig.launch_v3("native", "N1");
    rig.act("wechat", "N1", "pay");
    rig.wait_s(60);
    rig.query_v3("P3");
    rig.reverse("P3");
    rig.reverse_v3("P2");
    rig.wait_s(60);
    rig.refund_v3("P1", "R1", 300, 1000);
    rig.wait_s(61);
    rig.refund_v3("P1", "R2", 100, 1000, R"(,"reason":"#sim{refund=processing:900000}")");
    rig.wait_s(61);
    rig.refund_v3("P1", "R3", 100, 1000, R"(,"reason":"#sim{refund=abnormal}")");
    to("2024-03-06 00:00:00");
    rig.refund_v3("P1", "R4", 100, 1000);
    to("2024-03-06 09:00:00");
    const std::string bill = v2();
    EXPECT_EQ(shorten(bill),
              (Strings{"商户订单号 交易状态 订单金额 退款金额 手续费", "P1 SUCCESS 10.00 0.00 0.06000",
                       "P2 SUCCESS 25.00 0.00 0.15000", "N1 SUCCESS 1.00 0.00 0.01000",
                       "P2 REVOKED 0.00 25.00 -0.15000", "P1 REFUND 0.00 3.00 -0.02000",
                       "P1 REFUND 0.00 1.00 -0.01000", "P1 REFUND 0.00 1.00 -0.01000"}));
    const auto rows = rows_of(bill);
    EXPECT_EQ(rows[1][20], "杯子 <&>");
    EXPECT_EQ(rows[1][21], "till 7");
    EXPECT_EQ(rows[3][8], "NATIVE");
    EXPECT_EQ(rows[3][20], "咖啡");
    EXPECT_EQ(rows[4][14], "0") << "a reversal has no refund number";
    EXPECT_EQ(rows[5][15], "R1");
    EXPECT_EQ((Strings{rows[5][19], rows[6][19], rows[7][19]}), (Strings{"SUCCESS", "PROCESSING", "CHANGE"}));
    EXPECT_EQ(rows.back(), (Strings{"7", "36.00", "30.00", "0.00", "0.03000", "36.00", "30.00"}));
    to("2024-03-20 00:00:00");
    EXPECT_EQ(v2(), bill) << "nothing in it changes";
    EXPECT_EQ(shorten(v2({{"bill_date", "20240306"}})).size(), 2U);
    EXPECT_EQ(v2({{"bill_type", "SUCCESS"}}), v2({{"bill_type", "SUCCESS"}, {"sign_type", "MD5"}}));
}

TEST_F(WechatBills, the_same_file_by_api_v3) {
    rig.codepay("P1", rig.code(0), 1000);
    to("2024-03-06 10:00:00");
    const V3Answer named = v3();
    EXPECT_TRUE(rig.is_signed_v3(named));
    EXPECT_EQ(named.get("hash_type"), "SHA1");
    EXPECT_TRUE(
        named.get("download_url").starts_with("https://api.mch.weixin.qq.com/v3/billdownload/file?token="));
    EXPECT_EQ(file(named), v2());
    EXPECT_EQ(crypto::sha1_hex(file(named)), named.get("hash_value"));
    const V3Answer packed = v3("bill_date=2024-03-05&bill_type=ALL&tar_type=GZIP");
    EXPECT_EQ(packed.get("hash_value"), named.get("hash_value")) << "of what is inside";
    EXPECT_EQ(codec::gunzip(file(packed), 100'000).value(), v2());
    EXPECT_EQ(codec::gunzip(v2({{"tar_type", "GZIP"}}), 100'000).value(), v2());
    rig.wait_s(31);
    EXPECT_EQ(file(named), "404 RESOURCE_NOT_EXISTS");
}

TEST_F(WechatBills, not_yet_not_there_not_understood) {
    rig.codepay("P1", rig.code(0), 1000);
    to("2024-03-06 08:59:59");
    EXPECT_EQ(v2(), "No Bill Exist");
    EXPECT_EQ(v3().result(), "400 NO_STATEMENT_EXIST");
    to("2024-03-06 09:00:00");
    EXPECT_EQ(v3().result(), "200");
    EXPECT_EQ(v2({{"bill_date", "20240304"}}), "No Bill Exist") << "nothing was sold";
    EXPECT_EQ(v2({{"bill_type", "RECHARGE_REFUND"}}), "No Bill Exist");
    EXPECT_EQ(v2({{"bill_type", "EVERYTHING"}}), "invalid bill_type");
    EXPECT_EQ(v2({{"bill_date", "2024-3-5"}}), "data format error");
    EXPECT_EQ(v2({{"bill_date", "2024-03-05"}}), "data format error");
    EXPECT_EQ(v2({{"bill_date", ""}}), "missing parameter");
    EXPECT_EQ(v2({{"tar_type", "ZIP"}}), "data format error");
    EXPECT_EQ(v3("bill_date=20240305").result(), "400 PARAM_ERROR");
    EXPECT_EQ(v3("bill_type=ALL").result(), "400 PARAM_ERROR");
    EXPECT_EQ(rig.call("GET", "/v3/billdownload/file?token=none").result(), "404 RESOURCE_NOT_EXISTS");
    to("2024-07-01 00:00:00");
    EXPECT_EQ(v2(), "No Bill Exist") << "no longer";
}

}  // namespace
}  // namespace huitong::sim
