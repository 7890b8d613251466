// Every scenario of spec/channels 6.3, column Alipay: what the caller is told, and where the money is.
#include <gtest/gtest.h>

#include "sim/alipay/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Money = std::pair<std::int64_t, std::int64_t>;

constexpr Money untouched{0, 0};
constexpr Money paid{100, 0};
constexpr Money paid_and_refunded{100, 100};

struct Case {
    int ss;
    std::string answer;
    std::string status_after;  // half a minute later
    Money money;
};

// TT is 8 everywhere.
TEST(AlipayMagic, answers_and_money) {
    const Case cases[] = {
        {0, "10000", "TRADE_SUCCESS", paid},
        {1, "10003", "TRADE_SUCCESS", paid},
        {2, "10003", "WAIT_BUYER_PAY", untouched},
        {3, "10003", "WAIT_BUYER_PAY", untouched},
        {4, "10003", "TRADE_SUCCESS", paid},
        {5, "ACQ.BUYER_BALANCE_NOT_ENOUGH", "WAIT_BUYER_PAY", untouched},
        {6, "ACQ.PAYMENT_AUTH_CODE_INVALID", "ACQ.TRADE_NOT_EXIST", untouched},
        {7, "ACQ.PAYMENT_AUTH_CODE_INVALID", "ACQ.TRADE_NOT_EXIST", untouched},
        {8, "ACQ.PAYMENT_AUTH_CODE_INVALID", "ACQ.TRADE_NOT_EXIST", untouched},
        {9, "ACQ.PAYMENT_REQUEST_HAS_RISK", "WAIT_BUYER_PAY", untouched},
        {10, "aop.unknow-error", "ACQ.TRADE_NOT_EXIST", untouched},
        {11, "ACQ.SYSTEM_ERROR", "TRADE_SUCCESS", paid},
        {12, "aop.unknow-error", "TRADE_SUCCESS", paid},
        {19, "ACQ.SYSTEM_ERROR", "TRADE_SUCCESS", paid},
        {20, "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "WAIT_BUYER_PAY", untouched},
        {21, "10003", "WAIT_BUYER_PAY", untouched},
        {34, "10003", "WAIT_BUYER_PAY", untouched},
        {36, "10003", "WAIT_BUYER_PAY", untouched},
        {50, "ACQ.TRADE_HAS_SUCCESS", "TRADE_SUCCESS", paid},
        {99, "10000", "TRADE_SUCCESS", paid},
    };
    for (const Case& c : cases) {
        AliRig rig;
        const AliAnswer answer = rig.pay_alipay("A1", rig.ali_code(c.ss, 8));
        EXPECT_EQ(answer.result(), c.answer) << c.ss;
        EXPECT_TRUE(answer.is_signed_well());
        EXPECT_EQ(answer.get("trade_no").empty(),
                  answer.get("code") != "10000" && answer.get("code") != "10003");
        rig.wait_s(30);
        EXPECT_EQ(rig.status("A1"), c.status_after) << c.ss;
        EXPECT_EQ(rig.money_of("A1"), c.money) << c.ss;
    }
}

TEST(AlipayMagic, later_payment_happens_at_its_second_and_not_before) {
    AliRig rig;
    const AliAnswer pending = rig.pay_alipay("A1", rig.ali_code(1, 8));
    EXPECT_EQ(pending.get("gmt_payment"), "");
    EXPECT_EQ(pending.get("total_amount"), "1.00");
    rig.wait(7999ms);
    EXPECT_EQ(rig.status("A1"), "WAIT_BUYER_PAY");
    rig.wait_s(60);
    EXPECT_EQ(rig.query_alipay("A1").get("send_pay_date"), "2024-03-05 09:15:08");
}

TEST(AlipayMagic, unpaid_trades_close_after_three_minutes) {
    AliRig rig;
    rig.pay_alipay("A2", rig.ali_code(2));
    rig.pay_alipay("A3", rig.ali_code(3, 8));
    rig.pay_alipay("A5", rig.ali_code(5));
    rig.wait(179'999ms);
    EXPECT_EQ(rig.status("A2"), "WAIT_BUYER_PAY");
    rig.wait(1ms);
    for (const char* const number : {"A2", "A3", "A5"}) EXPECT_EQ(rig.status(number), "TRADE_CLOSED");
    EXPECT_EQ(rig.cancel("A2").get("action"), "close");
    rig.simulators.options().alipay_auto_close_s = 0;
    rig.pay_alipay("A6", rig.ali_code(2));
    rig.wait_s(3600);
    EXPECT_EQ(rig.status("A6"), "WAIT_BUYER_PAY");
}

TEST(AlipayMagic, broken_answers) {
    AliRig rig;
    EXPECT_EQ(rig.pay_alipay("A13", rig.ali_code(13)).http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.pay_alipay("A14", rig.ali_code(14)).http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.pay_alipay("A16", rig.ali_code(16)).http.status, 502);
    EXPECT_EQ(rig.pay_alipay("A17", rig.ali_code(17)).http.delivery, net::Delivery::truncate);
    const AliAnswer forged = rig.pay_alipay("A18", rig.ali_code(18));
    EXPECT_EQ(forged.result(), "10000");
    EXPECT_FALSE(forged.is_signed_well());
    for (const char* const number : {"A14", "A17", "A18"}) EXPECT_EQ(rig.money_of(number), paid) << number;
    for (const char* const number : {"A13", "A16"}) EXPECT_EQ(rig.status(number), "ACQ.TRADE_NOT_EXIST");
    const auto late = rig.start_alipay("A15", rig.ali_code(15, 12));
    rig.wait(11'999ms);
    EXPECT_FALSE(late->has_value());
    EXPECT_EQ(rig.money_of("A15"), paid);
    rig.wait(1ms);
    EXPECT_TRUE(late->has_value());
}

TEST(AlipayMagic, held_call_meets_a_tombstone_or_charges_late) {
    AliRig rig;
    const auto barred = rig.start_alipay("A1", rig.ali_code(22, 30));
    const auto held = rig.start_alipay("A2", rig.ali_code(22, 30));
    rig.wait_s(20);
    EXPECT_EQ(rig.status("A1"), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(rig.cancel("A1").json.find("action"), nullptr);
    rig.simulators.options().tombstones = false;
    EXPECT_EQ(rig.cancel("A2").json.find("action"), nullptr);
    rig.wait_s(20);
    EXPECT_EQ(AliRig::to_ali(**barred).result(), "ACQ.TRADE_HAS_CLOSE");
    EXPECT_EQ(AliRig::to_ali(**held).result(), "10000");
    EXPECT_EQ(rig.money_of("A1"), untouched);
    EXPECT_EQ(rig.money_of("A2"), paid);
    EXPECT_EQ(rig.cancel("A2").get("action"), "refund");
}

TEST(AlipayMagic, payer_confirms_between_last_query_and_cancel) {
    AliRig rig;
    rig.pay_alipay("A1", rig.ali_code(21));
    rig.wait_s(30);
    EXPECT_EQ(rig.status("A1"), "WAIT_BUYER_PAY");
    EXPECT_EQ(rig.cancel("A1").get("action"), "refund");
    EXPECT_EQ(rig.money_of("A1"), paid_and_refunded);
}

TEST(AlipayMagic, cancel_that_must_be_repeated) {
    AliRig rig;
    for (const int ss : {30, 31, 32}) rig.pay_alipay(fmt::format("A{}", ss), rig.ali_code(ss, 2));
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(rig.cancel("A30").get("retry_flag"), "Y");
        EXPECT_EQ(rig.cancel("A31").get("code"), "20000");
        EXPECT_EQ(rig.money_of("A30"), paid);
        EXPECT_EQ(rig.money_of("A31"), paid);
        EXPECT_EQ(rig.cancel("A32").http.delivery, net::Delivery::drop);
        EXPECT_EQ(rig.money_of("A32"), paid_and_refunded);
    }
    for (const char* const number : {"A30", "A31", "A32"}) {
        const AliAnswer done = rig.cancel(number);
        EXPECT_EQ(done.get("retry_flag"), "N") << number;
        EXPECT_EQ(done.get("action"), "refund");
        EXPECT_EQ(rig.money_of(number), paid_and_refunded);
    }
}

TEST(AlipayMagic, cancel_that_never_succeeds) {
    AliRig rig;
    for (const int ss : {33, 35, 36}) rig.pay_alipay(fmt::format("A{}", ss), rig.ali_code(ss));
    for (int i = 0; i < 20; ++i) {
        rig.wait_s(5);
        EXPECT_EQ(rig.cancel("A33").get("code"), "20000");
        EXPECT_EQ(rig.cancel("A35").result(), "ACQ.SELLER_BALANCE_NOT_ENOUGH");
        const AliAnswer again = rig.cancel("A36");
        EXPECT_EQ(again.get("code"), "10000");
        EXPECT_EQ(again.get("retry_flag"), "Y");
    }
    EXPECT_EQ(rig.money_of("A33"), paid);
    EXPECT_EQ(rig.money_of("A35"), paid);
    EXPECT_EQ(rig.status("A36"), "WAIT_BUYER_PAY");
    rig.pay_alipay("A34", rig.ali_code(34, 40));
    EXPECT_EQ(rig.cancel("A34").get("action"), "close") << "Alipay does not mind a typing payer";
}

TEST(AlipayMagic, query_troubles) {
    AliRig rig;
    EXPECT_EQ(rig.pay_alipay("A40", rig.ali_code(40, 2)).result(), "10003");
    EXPECT_EQ(rig.query_alipay("A40").get("code"), "20000");
    EXPECT_EQ(rig.query_alipay("A40").get("code"), "20000");
    EXPECT_EQ(rig.status("A40"), "TRADE_SUCCESS");
    rig.pay_alipay("A43", rig.ali_code(43), 500);
    const AliAnswer other = rig.query_alipay("A43");
    EXPECT_EQ(other.get("total_amount"), "5.01");
    EXPECT_TRUE(other.is_signed_well());
    rig.pay_alipay("A41", rig.ali_code(41, 9));
    rig.wait(8999ms);
    EXPECT_EQ(rig.status("A41"), "ACQ.TRADE_NOT_EXIST");
    rig.wait(1ms);
    EXPECT_EQ(rig.status("A41"), "TRADE_SUCCESS");
    rig.pay_alipay("A42", rig.ali_code(42, 1));
    EXPECT_EQ(rig.query_alipay("A42").http.delivery, net::Delivery::drop);
    EXPECT_EQ(rig.status("A42"), "TRADE_SUCCESS");
}

TEST(AlipayMagic, rate_limit_comes_first_and_executes_nothing) {
    AliRig rig;
    const std::string code = rig.ali_code(44);
    EXPECT_EQ(rig.pay_alipay("A1", code).get("code"), "40005");
    EXPECT_EQ(rig.status("A1"), "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(rig.pay_alipay("A1", code).result(), "10000");
}

TEST(AlipayMagic, other_codes_and_switch_off_are_plain) {
    AliRig rig;
    EXPECT_EQ(rig.pay_alipay("A1", "25000000000005000500").result(), "10000");
    EXPECT_EQ(rig.pay_alipay("A2", "300000000000000500").result(), "10000");
    rig.simulators.options().magic = false;
    EXPECT_EQ(rig.pay_alipay("A3", rig.ali_code(5)).result(), "10000");
}

TEST(AlipayPassword, large_amounts_and_the_sixth_payment) {
    AliRig rig;
    EXPECT_EQ(rig.pay_alipay("A1", rig.ali_code(0, 0, 1), 100'000).result(), "10000");
    EXPECT_EQ(rig.pay_alipay("A2", rig.ali_code(0, 0, 1), 100'001).result(), "10003");
    rig.wait_s(8);
    EXPECT_EQ(rig.status("A2"), "TRADE_SUCCESS");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(rig.pay_alipay(fmt::format("B{}", i), rig.ali_code(0)).result(), "10000");
    }
    EXPECT_EQ(rig.pay_alipay("B9", rig.ali_code(0)).result(), "10003");
    EXPECT_EQ(rig.pay("P1", rig.code(0)).result(), "SUCCESS") << "WeChat counts its own";
}

}  // namespace
}  // namespace huitong::sim
