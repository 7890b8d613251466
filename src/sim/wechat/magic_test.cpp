// Every scenario of spec/channels 6.3: what the caller is told, and where the money is.
#include "sim/magic.hpp"

#include <gtest/gtest.h>

#include "sim/wechat/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;
using Money = std::pair<std::int64_t, std::int64_t>;

constexpr Money untouched{0, 0};
constexpr Money paid{100, 0};
constexpr Money paid_and_refunded{100, 100};

TEST(Magic, plain_success_has_every_payment_field) {
    Rig rig;
    auto fields = Rig::pay_fields("P1", rig.code(0), 1000);
    fields["attach"] = "附加";
    fields["device_info"] = "POS01";
    const Answer answer = Rig::to_answer(rig.send(Rig::request("/pay/micropay", fields)));
    EXPECT_EQ(answer.http.status, 200);
    EXPECT_EQ(answer.http.headers.find("content-type").value_or(""), "text/plain");
    EXPECT_TRUE(answer.is_signed_well());
    EXPECT_EQ(answer.get("return_code"), "SUCCESS");
    EXPECT_EQ(answer.result(), "SUCCESS");
    EXPECT_EQ(answer.get("total_fee"), "1000");
    EXPECT_EQ(answer.get("cash_fee"), "1000");
    EXPECT_EQ(answer.get("attach"), "附加");
    EXPECT_EQ(answer.get("device_info"), "POS01");
    EXPECT_EQ(answer.get("transaction_id"), "4200000001202403050000000001");
    EXPECT_EQ(answer.get("time_end"), "20240305091500");
    EXPECT_EQ(answer.get("openid").size(), 28U);
    const Answer query = rig.query("P1");
    EXPECT_EQ(query.get("trade_state"), "SUCCESS");
    EXPECT_TRUE(query.is_signed_well());
    for (const char* const same :
         {"openid", "total_fee", "transaction_id", "time_end", "attach", "bank_type"}) {
        EXPECT_EQ(query.get(same), answer.get(same)) << same;
    }
}

struct Refused {
    int ss;
    std::string err_code;
    std::string state_after;
};

TEST(Magic, refusals_move_no_money) {
    const Refused cases[] = {
        {5, "NOTENOUGH", "PAYERROR"},
        {6, "AUTHCODEEXPIRE", "ORDERNOTEXIST"},
        {7, "AUTH_CODE_ERROR", "ORDERNOTEXIST"},
        {8, "AUTH_CODE_INVALID", "ORDERNOTEXIST"},
        {9, "TRADE_ERROR", "PAYERROR"},
        {10, "SYSTEMERROR", "ORDERNOTEXIST"},
        {20, "RULELIMIT", "PAYERROR"},
    };
    for (const Refused& expected : cases) {
        Rig rig;
        const Answer answer = rig.pay("P1", rig.code(expected.ss, 5));
        EXPECT_EQ(answer.result(), expected.err_code) << expected.ss;
        EXPECT_TRUE(answer.is_signed_well());
        rig.wait_s(60);
        EXPECT_EQ(rig.state("P1"), expected.state_after) << expected.ss;
        EXPECT_EQ(rig.money("P1"), untouched);
        EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
        EXPECT_EQ(rig.state("P1"), "REVOKED");
        EXPECT_EQ(rig.money("P1"), untouched);
    }
}

TEST(Magic, later_payment_happens_at_its_second_and_not_before) {
    const std::pair<int, std::string> cases[] = {
        {1, "USERPAYING"}, {4, "USERPAYING"}, {12, "SYSTEMERROR"}, {19, "BANKERROR"}};
    for (const auto& [ss, err_code] : cases) {
        Rig rig;
        EXPECT_EQ(rig.pay("P1", rig.code(ss, 8)).result(), err_code);
        rig.wait(7999ms);
        const Answer before = rig.query("P1");
        EXPECT_EQ(before.get("trade_state"), "USERPAYING");
        EXPECT_EQ(before.get("total_fee"), "");
        EXPECT_EQ(rig.money("P1"), untouched);
        rig.wait_s(20);
        const Answer after = rig.query("P1");
        EXPECT_EQ(after.get("trade_state"), "SUCCESS") << ss;
        EXPECT_EQ(after.get("time_end"), "20240305091508");
        EXPECT_EQ(rig.money("P1"), paid);
    }
}

TEST(Magic, never_answered_stays_until_reversed_or_the_platform_revokes) {
    Rig rig;
    EXPECT_EQ(rig.pay("P1", rig.code(2)).result(), "USERPAYING");
    rig.wait_s(3600);
    EXPECT_EQ(rig.state("P1"), "USERPAYING");
    EXPECT_EQ(rig.reverse("P1").get("recall"), "N");
    EXPECT_EQ(rig.state("P1"), "REVOKED");
    EXPECT_EQ(rig.money("P1"), untouched);

    rig.simulators.options().platform_auto_revoke = true;
    EXPECT_EQ(rig.pay("P2", rig.code(2)).result(), "USERPAYING");
    EXPECT_EQ(rig.pay("P3", rig.code(1, 44)).result(), "USERPAYING");
    EXPECT_EQ(rig.pay("P4", rig.code(1, 46)).result(), "USERPAYING");
    rig.wait(44999ms);
    EXPECT_EQ(rig.state("P2"), "USERPAYING");
    rig.wait_s(60);
    EXPECT_EQ(rig.state("P2"), "REVOKED");
    EXPECT_EQ(rig.state("P3"), "SUCCESS");
    EXPECT_EQ(rig.state("P4"), "REVOKED");
    EXPECT_EQ(rig.money("P4"), untouched);
}

TEST(Magic, payer_cancels) {
    Rig rig;
    EXPECT_EQ(rig.pay("P1", rig.code(3, 6)).result(), "USERPAYING");
    rig.wait_s(5);
    EXPECT_EQ(rig.state("P1"), "USERPAYING");
    rig.wait_s(1);
    EXPECT_EQ(rig.state("P1"), "PAYERROR");
    EXPECT_EQ(rig.money("P1"), untouched);
}

TEST(Magic, broken_answers_of_executed_calls) {
    Rig rig;
    EXPECT_EQ(rig.pay("P11", rig.code(11)).result(), "SYSTEMERROR");
    EXPECT_EQ(rig.pay("P14", rig.code(14)).http.delivery, net::Delivery::drop);
    const Answer truncated = rig.pay("P17", rig.code(17));
    EXPECT_EQ(truncated.http.delivery, net::Delivery::truncate);
    EXPECT_EQ(truncated.result(), "SUCCESS");
    const Answer forged = rig.pay("P18", rig.code(18));
    EXPECT_EQ(forged.result(), "SUCCESS");
    EXPECT_FALSE(forged.is_signed_well());
    EXPECT_EQ(rig.pay("P50", rig.code(50)).result(), "ORDERPAID");
    for (const char* const number : {"P11", "P14", "P17", "P18", "P50"}) {
        EXPECT_EQ(rig.money(number), paid) << number;
        EXPECT_EQ(rig.state(number), "SUCCESS") << number;
    }
}

TEST(Magic, lost_before_execution) {
    Rig rig;
    EXPECT_EQ(rig.pay("P13", rig.code(13)).http.delivery, net::Delivery::drop);
    const Answer bad_gateway = rig.pay("P16", rig.code(16));
    EXPECT_EQ(bad_gateway.http.status, 502);
    EXPECT_NE(bad_gateway.http.body.find("<html>"), std::string::npos);
    for (const char* const number : {"P13", "P16"}) {
        EXPECT_EQ(rig.state(number), "ORDERNOTEXIST");
        EXPECT_EQ(rig.money(number), untouched);
    }
}

TEST(Magic, late_answer_of_a_payment_made_at_once) {
    Rig rig;
    const auto pending = rig.start_pay("P1", rig.code(15, 12));
    rig.wait(11999ms);
    EXPECT_FALSE(pending->has_value());
    EXPECT_EQ(rig.state("P1"), "SUCCESS");
    rig.wait(1ms);
    ASSERT_TRUE(pending->has_value());
    EXPECT_EQ(Rig::to_answer(**pending).get("time_end"), "20240305091500");
}

TEST(Magic, held_call_is_executed_late) {
    Rig rig;
    const auto pending = rig.start_pay("P1", rig.code(22, 30));
    rig.wait_s(29);
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    EXPECT_EQ(rig.money("P1"), untouched);
    rig.wait_s(1);
    ASSERT_TRUE(pending->has_value());
    EXPECT_EQ(Rig::to_answer(**pending).result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), paid);
    EXPECT_EQ(rig.query("P1").get("time_end"), "20240305091530");
}

TEST(Magic, held_call_meets_a_tombstone) {
    Rig rig;
    const auto pending = rig.start_pay("P1", rig.code(22, 30));
    rig.wait_s(20);
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    const Answer reversed = rig.reverse("P1");
    EXPECT_EQ(reversed.result(), "SUCCESS");
    EXPECT_EQ(reversed.get("recall"), "N");
    rig.wait_s(20);
    EXPECT_EQ(Rig::to_answer(**pending).result(), "ORDERREVERSED");
    EXPECT_EQ(rig.money("P1"), untouched);
    EXPECT_EQ(rig.state("P1"), "REVOKED");
}

TEST(Magic, held_call_without_tombstones_charges_after_the_reversal) {
    Options options = test_options();
    options.tombstones = false;
    Rig rig(std::move(options));
    const auto pending = rig.start_pay("P1", rig.code(22, 30));
    rig.wait_s(20);
    const Answer reversed = rig.reverse("P1");
    EXPECT_EQ(reversed.result(), "ORDERNOTEXIST");
    EXPECT_EQ(reversed.get("recall"), "N");
    rig.wait_s(20);
    EXPECT_EQ(Rig::to_answer(**pending).result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), paid);
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), paid_and_refunded);
}

TEST(Magic, payer_confirms_between_last_query_and_reverse) {
    Rig rig;
    EXPECT_EQ(rig.pay("P1", rig.code(21)).result(), "USERPAYING");
    rig.wait_s(30);
    EXPECT_EQ(rig.state("P1"), "USERPAYING");
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), paid_and_refunded);
    EXPECT_EQ(rig.state("P1"), "REVOKED");
}

TEST(Magic, reverse_that_must_be_repeated) {
    Rig rig;
    EXPECT_EQ(rig.pay("P30", rig.code(30, 2)).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P31", rig.code(31, 2)).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P32", rig.code(32, 2)).result(), "SUCCESS");
    rig.wait_s(20);
    for (int i = 0; i < 2; ++i) {
        const Answer recall = rig.reverse("P30");
        EXPECT_EQ(recall.result(), "SUCCESS");
        EXPECT_EQ(recall.get("recall"), "Y");
        EXPECT_EQ(rig.reverse("P31").result(), "SYSTEMERROR");
        EXPECT_EQ(rig.money("P30"), paid);
        EXPECT_EQ(rig.money("P31"), paid);
        EXPECT_EQ(rig.reverse("P32").http.delivery, net::Delivery::drop);
        EXPECT_EQ(rig.money("P32"), paid_and_refunded);
    }
    for (const char* const number : {"P30", "P31", "P32", "P32"}) {
        const Answer done = rig.reverse(number);
        EXPECT_EQ(done.result(), "SUCCESS") << number;
        EXPECT_EQ(done.get("recall"), "N");
        EXPECT_EQ(rig.money(number), paid_and_refunded);
    }
}

TEST(Magic, reverse_that_never_succeeds) {
    Rig rig;
    EXPECT_EQ(rig.pay("P33", rig.code(33)).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P35", rig.code(35)).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P36", rig.code(36)).result(), "USERPAYING");
    for (int i = 0; i < 100; ++i) {
        rig.wait_s(60);
        EXPECT_EQ(rig.reverse("P33").get("recall"), "Y");
        EXPECT_EQ(rig.reverse("P35").result(), "NOTENOUGH");
        const Answer recall = rig.reverse("P36");
        EXPECT_EQ(recall.result(), "SUCCESS");
        EXPECT_EQ(recall.get("recall"), "Y");
    }
    EXPECT_EQ(rig.money("P33"), paid);
    EXPECT_EQ(rig.money("P35"), paid);
    EXPECT_EQ(rig.state("P36"), "USERPAYING");
    EXPECT_EQ(rig.money("P36"), untouched);
}

TEST(Magic, reverse_while_the_payer_types) {
    Rig rig;
    EXPECT_EQ(rig.pay("P1", rig.code(34, 40)).result(), "USERPAYING");
    rig.wait_s(39);
    const Answer busy = rig.reverse("P1");
    EXPECT_EQ(busy.result(), "USERPAYING");
    EXPECT_FALSE(busy.get("recall").empty());
    rig.wait_s(1);
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), untouched);
}

TEST(Magic, query_troubles) {
    Rig rig;
    EXPECT_EQ(rig.pay("P40", rig.code(40, 2)).result(), "USERPAYING");
    EXPECT_EQ(rig.state("P40"), "SYSTEMERROR");
    EXPECT_EQ(rig.state("P40"), "SYSTEMERROR");
    EXPECT_EQ(rig.state("P40"), "SUCCESS");
    EXPECT_EQ(rig.money("P40"), paid);

    EXPECT_NE(rig.pay("P43", rig.code(43), 500).result(), "SUCCESS");
    const Answer other = rig.query("P43");
    EXPECT_EQ(other.get("trade_state"), "SUCCESS");
    EXPECT_NE(other.get("total_fee"), "500");
    EXPECT_TRUE(other.is_signed_well());
    EXPECT_EQ(rig.money("P43"), (Money{500, 0}));

    EXPECT_NE(rig.pay("P41", rig.code(41, 9)).result(), "SUCCESS");
    rig.wait(8999ms);
    EXPECT_EQ(rig.state("P41"), "ORDERNOTEXIST");
    EXPECT_EQ(rig.money("P41"), paid);
    rig.wait(1ms);
    EXPECT_EQ(rig.state("P41"), "SUCCESS");

    EXPECT_NE(rig.pay("P42", rig.code(42, 1)).result(), "SUCCESS");
    const auto silent = rig.start(Rig::request("/pay/orderquery", {{"out_trade_no", "P42"}}));
    rig.wait_s(30);
    EXPECT_FALSE(silent->has_value());
    rig.wait_s(30);
    EXPECT_EQ((*silent)->delivery, net::Delivery::drop);
    EXPECT_EQ(rig.state("P42"), "SUCCESS");
}

TEST(Magic, rate_limit_comes_first_and_executes_nothing) {
    Rig rig;
    const std::string code = rig.code(44);
    EXPECT_EQ(rig.pay("P1", code).result(), "FREQUENCY_LIMITED");
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    EXPECT_EQ(rig.money("P1"), untouched);
    EXPECT_EQ(rig.pay("P1", code).result(), "SUCCESS");
    EXPECT_EQ(rig.money("P1"), paid);
}

TEST(Magic, unlisted_scenario_other_prefix_and_switch_off_are_plain) {
    Rig rig;
    EXPECT_EQ(rig.pay("P1", rig.code(99)).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P2", "100000000000000500").result(), "SUCCESS");
    rig.simulators.options().magic = false;
    EXPECT_EQ(rig.pay("P3", rig.code(5)).result(), "SUCCESS");
}

TEST(Magic, negative_test_header) {
    Rig rig;
    const auto pay_with = [&](const std::string& number, const char* value) {
        auto request = Rig::request("/pay/micropay", Rig::pay_fields(number, rig.code(0)));
        request.headers.set("wechatpay-negative-test", value);
        return rig.start(std::move(request));
    };
    const auto user_paying = pay_with("P1", "MICROPAY_USERPAYING");
    const auto late = pay_with("P2", "MICROPAY_TIMEOUT");
    const auto pay_error = pay_with("P3", "MICROPAY_PAYERROR");
    const auto unknown_value = pay_with("P5", "NO_SUCH_TEST");
    EXPECT_EQ(Rig::to_answer(**user_paying).result(), "USERPAYING");
    EXPECT_EQ(Rig::to_answer(**pay_error).result(), "USERPAYING");
    EXPECT_EQ(Rig::to_answer(**unknown_value).result(), "SUCCESS");
    EXPECT_FALSE(late->has_value());
    EXPECT_EQ(rig.state("P2"), "SUCCESS");
    EXPECT_EQ(rig.state("P3"), "PAYERROR");
    rig.wait_s(20);
    EXPECT_TRUE(late->has_value());
    EXPECT_EQ(rig.state("P1"), "SUCCESS");
}

TEST(Password, large_amounts_need_it) {
    Rig rig;
    EXPECT_EQ(rig.pay("P1", rig.code(0), 100'000).result(), "SUCCESS");
    EXPECT_EQ(rig.pay("P2", rig.code(0), 100'001).result(), "USERPAYING");
    rig.wait(7999ms);
    EXPECT_EQ(rig.state("P2"), "USERPAYING");
    rig.wait(1ms);
    EXPECT_EQ(rig.state("P2"), "SUCCESS");
    EXPECT_EQ(rig.pay("P3", rig.code(5), 100'001).result(), "NOTENOUGH");
    rig.simulators.options().password_above_fen = 0;
    EXPECT_EQ(rig.pay("P4", rig.code(0), 100'001).result(), "SUCCESS");
}

TEST(Password, sixth_free_payment_of_a_payer_and_beijing_day_needs_it) {
    Rig rig;
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(rig.pay(fmt::format("P{}", i), rig.code(0)).result(), "SUCCESS");
    }
    EXPECT_EQ(rig.pay("Q1", rig.code(0)).result(), "USERPAYING");
    EXPECT_EQ(rig.pay("Q2", rig.code(0, 0, 8)).result(), "SUCCESS") << "another payer";
    rig.simulators.clock().set(core::parse_rfc3339("2024-03-05T23:59:59+08:00").value());
    EXPECT_EQ(rig.pay("Q3", rig.code(0)).result(), "USERPAYING");
    rig.wait_s(1);
    EXPECT_EQ(rig.pay("Q4", rig.code(0)).result(), "SUCCESS") << "a new day";
}

}  // namespace
}  // namespace huitong::sim
