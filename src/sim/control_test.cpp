// The control plane through its HTTP face: clock, faults, orders by hand, journal, summary, options, reset.
#include "sim/control.hpp"

#include <gtest/gtest.h>

#include "sim/wechat/test_support.hpp"

namespace huitong::sim {
namespace {

using namespace std::chrono_literals;

std::string text(const codec::Json& json, std::string_view name) {
    const codec::Json* const member = json.find(name);
    if (member == nullptr) return "(absent)";
    if (member->as_number() != nullptr) return member->as_number()->text;
    if (member->as_bool() != nullptr) return *member->as_bool() ? "true" : "false";
    return member->as_string() != nullptr ? *member->as_string() : "(null)";
}

const codec::JsonArray& list(const codec::Json& json, std::string_view name) {
    return *json.find(name)->as_array();
}

TEST(Clock, advance_set_and_scale_wake_sleepers) {
    Rig rig;
    const auto late = rig.start_pay("P1", rig.code(15, 60));
    rig.control_json("POST", "clock", R"({"advance_s":59})");
    EXPECT_FALSE(late->has_value());
    rig.control_json("POST", "clock", R"({"advance_s":1})");
    rig.wait(0us);
    EXPECT_TRUE(late->has_value());
    EXPECT_EQ(rig.time.now(), core::parse_rfc3339("2024-03-05T09:15:00+08:00").value())
        << "no real time passed";

    const auto set = rig.control_json("POST", "clock", R"({"set":"2024-03-05T23:59:50+08:00"})");
    EXPECT_EQ(text(set, "now"), "2024-03-05T23:59:50.000+08:00");

    EXPECT_EQ(rig.pay("P2", rig.code(1, 40)).result(), "USERPAYING");
    const auto slow = rig.start_pay("P3", rig.code(15, 40));
    rig.control_json("POST", "clock", R"({"scale":10})");
    rig.wait(3999ms);
    EXPECT_FALSE(slow->has_value());
    rig.wait(1ms);
    EXPECT_TRUE(slow->has_value());
    EXPECT_EQ(rig.state("P2"), "SUCCESS");
    EXPECT_EQ(rig.query("P2").get("time_end"), "20240306000030");

    rig.control_json("POST", "clock", R"({"scale":0})");
    const auto frozen = rig.start_pay("P4", rig.code(15, 1));
    rig.wait(48h);
    EXPECT_FALSE(frozen->has_value());
    rig.control_json("POST", "clock", R"({"advance_s":1})");
    rig.wait(0us);
    EXPECT_TRUE(frozen->has_value());
    EXPECT_EQ(text(rig.control_json("GET", "clock"), "scale"), "0");
}

TEST(Clock, held_call_is_executed_when_the_clock_jumps) {
    Rig rig;
    const auto held = rig.start_pay("P1", rig.code(22, 30));
    rig.simulators.clock().advance(3600s);
    EXPECT_EQ(rig.state("P1"), "SUCCESS");
    EXPECT_EQ(rig.query("P1").get("time_end"), "20240305091530");
    rig.wait(0us);
    EXPECT_TRUE(held->has_value());
}

TEST(Clock, refuses_nonsense) {
    Rig rig;
    for (const char* const body :
         {"", "{}", "[1]", R"({"advance_s":-5})", R"({"scale":"2"})", R"({"set":"now"})"}) {
        EXPECT_EQ(rig.control("POST", "clock", body).status, 400) << body;
    }
}

TEST(Fault, before_and_after_execution) {
    struct Case {
        std::string action;
        bool is_executed;
    };
    const Case cases[] = {{"timeout", true},   {"reset_before", false}, {"reset_after", true},
                          {"http:503", false}, {"body:oops", true},     {"delay:500", true},
                          {"badsign", true},   {"amount:7", true}};
    for (const Case& c : cases) {
        Rig rig;
        rig.control_json("POST", "faults", R"({"match":{"op":"micropay"},"do":")" + c.action + R"("})");
        const core::Instant before = rig.time.now();
        const Answer answer = rig.pay("P1", rig.code(0));
        const auto took = rig.time.now() - before;
        EXPECT_EQ(rig.money("P1").first, c.is_executed ? 100 : 0) << c.action;
        const bool is_dropped = c.action == "timeout" || c.action.starts_with("reset");
        EXPECT_EQ(answer.http.delivery == net::Delivery::drop, is_dropped) << c.action;
        EXPECT_EQ(answer.http.status, c.action == "http:503" ? 503 : 200) << c.action;
        if (c.action == "timeout") EXPECT_GE(took, 30s);
        if (c.action == "delay:500") EXPECT_EQ(took, 500ms);
        if (c.action == "body:oops") EXPECT_EQ(answer.http.body, "oops");
        if (c.action == "badsign") EXPECT_FALSE(answer.is_signed_well());
        if (c.action == "amount:7") {
            EXPECT_EQ(answer.get("total_fee"), "7");
            EXPECT_TRUE(answer.is_signed_well());
        }
        EXPECT_TRUE(list(rig.control_json("GET", "faults"), "faults").empty()) << "used up";
    }
}

TEST(Fault, matches_number_nth_and_times) {
    Rig rig;
    rig.control_json("POST", "faults",
                     R"({"match":{"channel":"wechat","op":"orderquery","out_trade_no":"P1","nth":2},)"
                     R"("do":"not_found","times":2})");
    rig.pay("P1", rig.code(0));
    rig.pay("P2", rig.code(0));
    EXPECT_EQ(rig.state("P1"), "SUCCESS");
    EXPECT_EQ(rig.state("P2"), "SUCCESS");
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    EXPECT_EQ(rig.state("P2"), "SUCCESS");
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    EXPECT_EQ(rig.state("P1"), "SUCCESS");

    rig.simulators.add_fault(Fault{.op = "reverse", .action = FaultAction::reset_before, .times = 0});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.reverse("P1").http.delivery, net::Delivery::drop);
    EXPECT_EQ(list(rig.control_json("GET", "faults"), "faults").size(), 1U);
    rig.control_json("DELETE", "faults");
    EXPECT_EQ(rig.reverse("P1").result(), "SUCCESS");
}

TEST(Fault, text_round_trip_and_nonsense) {
    for (const char* const action :
         {"timeout", "http:502", "body:a:b", "delay:20", "amount:1", "not_found"}) {
        Fault fault;
        ASSERT_TRUE(parse_fault_action(action, fault)) << action;
        EXPECT_EQ(to_text(fault), action);
    }
    Rig rig;
    for (const char* const body :
         {R"({})", R"({"do":"explode"})", R"({"do":"http"})", R"({"do":"http:9"})", R"({"do":"timeout:1"})",
          R"({"do":"timeout","match":{"op":"scan"}})",
          R"({"do":"timeout","match":{"channel":"wechat","op":"pay"}})",
          R"({"do":"timeout","match":{"channel":"unionpay"}})", R"({"do":"timeout","match":{"number":"P1"}})",
          R"({"do":"timeout","times":-1})"}) {
        EXPECT_EQ(rig.control("POST", "faults", body).status, 400) << body;
    }
}

TEST(Orders, payer_acts_by_hand) {
    Rig rig;
    rig.pay("P|1", rig.code(2), 250);
    const auto typed = rig.control_json("POST", "orders/wechat/P%7C1/wrong-password");
    EXPECT_EQ(text(typed, "state"), "USERPAYING");
    EXPECT_EQ(text(typed, "wrong_passwords"), "1");
    rig.wait_s(3);
    const auto paid = rig.control_json("POST", "orders/wechat/P%7C1/pay");
    EXPECT_EQ(text(paid, "state"), "SUCCESS");
    EXPECT_EQ(text(paid, "amount"), "250");
    EXPECT_EQ(text(paid, "paid_at"), "2024-03-05T09:15:03.000+08:00");
    EXPECT_EQ(text(paid, "refunded"), "0");
    EXPECT_EQ(rig.state("P|1"), "SUCCESS");
    EXPECT_EQ(rig.control("POST", "orders/wechat/P%7C1/cancel").status, 409);
    rig.pay("P2", rig.code(2));
    rig.control_json("POST", "orders/wechat/P2/cancel");
    EXPECT_EQ(rig.state("P2"), "PAYERROR");
    EXPECT_EQ(rig.control("POST", "orders/wechat/P3/pay").status, 404);
    EXPECT_EQ(rig.control("POST", "orders/wechat/P2/dance").status, 404);
    EXPECT_EQ(rig.control("GET", "orders/wechat/P3").status, 404);
    rig.state("P3");  // a number that was only asked for is no order
    EXPECT_EQ(rig.control("GET", "orders/wechat/P3").status, 404);
    EXPECT_EQ(list(rig.control_json("GET", "orders/wechat"), "orders").size(), 2U);
    EXPECT_EQ(rig.control("DELETE", "orders/wechat/P2").status, 405);
    EXPECT_EQ(rig.control("GET", "nothing").status, 404);
}

TEST(Journal, keeps_requests_answers_and_virtual_times) {
    Rig rig;
    rig.simulators.clock().advance(60s);
    const auto late = rig.start_pay("P1", rig.code(15, 5));
    rig.state("P2");
    const auto open = rig.control_json("GET", "journal?out_trade_no=P1");
    ASSERT_EQ(list(open, "entries").size(), 1U);
    EXPECT_EQ(text(list(open, "entries")[0], "answered_at"), "(null)");
    rig.wait_s(5);
    const auto all = rig.control_json("GET", "journal");
    ASSERT_EQ(list(all, "entries").size(), 2U);
    const codec::Json& pay = list(all, "entries")[0];
    EXPECT_EQ(text(pay, "seq"), "1");
    EXPECT_EQ(text(pay, "op"), "micropay");
    EXPECT_EQ(text(pay, "out_trade_no"), "P1");
    EXPECT_EQ(text(pay, "at"), "2024-03-05T09:16:00.000+08:00");
    EXPECT_EQ(text(pay, "answered_at"), "2024-03-05T09:16:05.000+08:00");
    EXPECT_NE(text(pay, "request").find("<sign>"), std::string::npos);
    EXPECT_EQ(text(pay, "response"), (*late)->body);
    EXPECT_EQ(list(rig.control_json("GET", "journal?since=1"), "entries").size(), 1U);
    EXPECT_EQ(list(rig.control_json("GET", "journal?limit=1"), "entries").size(), 1U);
    EXPECT_EQ(rig.control("GET", "journal?since=x").status, 400);
}

TEST(Journal, is_bounded_and_can_be_off) {
    Rig rig;
    rig.control_json("POST", "options", R"({"journal_limit":2})");
    for (int i = 0; i < 5; ++i) rig.state("P1");
    const auto journal = rig.control_json("GET", "journal");
    ASSERT_EQ(list(journal, "entries").size(), 2U);
    EXPECT_EQ(text(list(journal, "entries")[0], "seq"), "4");
    rig.control_json("POST", "options", R"({"journal_limit":0})");
    rig.state("P1");
    EXPECT_TRUE(list(rig.control_json("GET", "journal"), "entries").empty());
    EXPECT_EQ(text(rig.control_json("GET", "summary"), "query_calls"), "6");
}

TEST(Summary, adds_up) {
    Rig rig;
    rig.pay("P1", rig.code(0), 300);
    rig.pay("P2", rig.code(0), 200);
    rig.pay("P3", rig.code(2), 999);
    rig.pay("P4", rig.code(10));
    rig.pay("P4", rig.code(10));
    rig.wait_s(20);
    rig.reverse("P2");
    const auto summary = rig.control_json("GET", "summary");
    const std::pair<const char*, const char*> expected[] = {
        {"orders", "3"},        {"pending", "1"},        {"paid_count", "2"},
        {"paid_fen", "500"},    {"refunded_count", "1"}, {"refunded_fen", "200"},
        {"net_fen", "300"},     {"micropay_calls", "5"}, {"max_micropay_calls_per_number", "2"},
        {"reverse_calls", "1"}, {"violations", "1"}};
    for (const auto& [name, value] : expected) EXPECT_EQ(text(summary, name), value) << name;
    const auto violations = rig.control_json("GET", "violations");
    ASSERT_EQ(list(violations, "violations").size(), 1U);
    EXPECT_EQ(text(list(violations, "violations")[0], "rule"), "micropay_repeated");
}

TEST(OptionsAndReset, take_effect) {
    Rig rig;
    EXPECT_EQ(text(rig.control_json("POST", "options", R"({"tombstones":false,"magic":false})"), "magic"),
              "false");
    EXPECT_EQ(rig.pay("P1", rig.code(5)).result(), "SUCCESS");
    EXPECT_EQ(rig.reverse("P2").result(), "ORDERNOTEXIST");
    for (const char* const body :
         {R"({"tombstone":true})", R"({"magic":1})", R"({"magic":true,"x":1})", "[]"}) {
        EXPECT_EQ(rig.control("POST", "options", body).status, 400) << body;
    }
    EXPECT_EQ(text(rig.control_json("GET", "options"), "magic"), "false") << "all or nothing";
    const auto held = rig.start_pay("P9", rig.code(22, 5));
    rig.control_json("POST", "reset");
    rig.wait_s(10);
    EXPECT_EQ(rig.state("P1"), "ORDERNOTEXIST");
    EXPECT_EQ(text(rig.control_json("GET", "summary"), "orders"), "0");
    EXPECT_EQ(text(rig.control_json("GET", "options"), "tombstones"), "false") << "options stay";
}

TEST(Reset, while_a_call_is_in_flight) {
    Rig rig;
    const auto held = rig.start_pay("P1", rig.code(22, 5));
    const auto late = rig.start_pay("P2", rig.code(15, 5));
    rig.simulators.reset();
    rig.wait_s(10);
    EXPECT_EQ((*held)->delivery, net::Delivery::drop);
    EXPECT_EQ(Rig::to_answer(**late).result(), "SUCCESS");
    EXPECT_EQ(rig.simulators.wechat().totals().orders, 0);
}

TEST(Routing, each_handler_knows_its_paths) {
    Rig rig;
    const auto status = [&](const net::Handler& handler, const std::string& target) {
        net::Request request;
        request.method = "GET";
        request.target = target;
        int answered = 0;
        boost::asio::co_spawn(rig.io, handler(request), [&](std::exception_ptr, net::Response response) {
            answered = response.status;
        });
        rig.time.run_until_idle();
        return answered;
    };
    EXPECT_EQ(status(rig.simulators.channel_handler(), "/pay/micropay"), 200);
    EXPECT_EQ(status(rig.simulators.channel_handler(), "/_sim/clock"), 404);
    EXPECT_EQ(status(rig.simulators.control_handler(), "/_sim/clock"), 200);
    EXPECT_EQ(status(rig.simulators.control_handler(), "/pay/micropay"), 404);
    EXPECT_EQ(status(rig.simulators.handler(), "/pay/authcodetoopenid"), 404);
    EXPECT_EQ(status(rig.simulators.channel_handler(), "/v3/certificates"), 400) << "its caller says nothing";
    EXPECT_EQ(status(rig.simulators.control_handler(), "/v3/certificates"), 404);
    EXPECT_EQ(status(rig.simulators.handler(), "/v3/alipay/trade/query"), 404);
    EXPECT_EQ(status(rig.simulators.handler(), "/_sim/summary"), 200);
}

}  // namespace
}  // namespace huitong::sim
