// The platform on simulated time, through the real upay handler: what the later story tests rest on.
#include "app/sim_platform.hpp"

#include <gtest/gtest.h>

namespace huitong::app {
namespace {

using payments::PaymentState;

std::vector<payments::Payment> all_payments(SimPlatform& sim) {
    auto listed = sim.run(sim.store().read([](ports::Tx& tx) -> core::Result<std::vector<payments::Payment>> {
        return tx.payments().list({});
    }));
    EXPECT_TRUE(listed.has_value());
    return std::move(*listed);
}

TEST(SimPlatform, PaysThroughTheHandler) {
    SimPlatform sim({.seed = 7});
    const auto answer =
        sim.run(sim.till().pay({.client_sn = "A1", .amount_fen = 1280, .payment_code = sim.payment_code()}));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->biz_result_code, "PAY_SUCCESS") << answer->body;
    EXPECT_EQ(answer->get("total_amount"), "1280");
    const auto payments = all_payments(sim);
    ASSERT_EQ(payments.size(), 1U);
    EXPECT_EQ(payments[0].state, PaymentState::paid);
    EXPECT_EQ(sim.simulators().violations().count(), 0U);
}

TEST(SimPlatform, WaitsInSimulatedTimeForThePassword) {
    SimPlatform sim({.seed = 8});
    const auto began = sim.time().now();
    const auto answer = sim.run(
        sim.till().pay({.client_sn = "A1", .amount_fen = 100, .payment_code = sim.payment_code(1, 8)}));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->biz_result_code, "PAY_SUCCESS") << answer->body;
    EXPECT_GE(sim.time().now() - began, std::chrono::seconds(8));
    EXPECT_LE(sim.time().now() - began, std::chrono::seconds(13));
}

TEST(SimPlatform, RefusesAWrongKey) {
    SimPlatform sim({});
    Till thief(sim.network(), SimPlatform::gateway_origin(), {sim.data().terminal_sn, std::string(32, '0')});
    const auto answer = sim.run(thief.query("A1"));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->error_code, "ILLEGAL_SIGN");
}

TEST(SimPlatform, ACrashLosesNothingCommitted) {
    SimPlatform sim({.seed = 9});
    const auto code = sim.payment_code(1, 8);
    const auto paying =
        sim.begin(sim.till().pay({.client_sn = "A1", .amount_fen = 500, .payment_code = code}));
    sim.run_for(std::chrono::seconds(3));
    sim.crash();
    sim.run_until([&] { return paying->is_done(); });
    ASSERT_TRUE(paying->value.has_value());
    ASSERT_FALSE(paying->value->has_value()) << "a killed process answers nobody";
    EXPECT_EQ(paying->value->error().reason, "reset");
    const auto refused = sim.run(sim.till().query("A1"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().reason, "connect_failed");

    ASSERT_TRUE(sim.restart().has_value());
    sim.settle();
    const auto answer = sim.run(sim.till().query("A1"));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->get("order_status"), "PAID") << answer->body;
}

// Killed at each instant of a sale in turn, the platform ends every time with one payment that the channel
// agrees with, or with none and nobody charged.
TEST(SimPlatform, KilledAtEachInstantOfASale) {
    for (std::uint64_t instant = 1; instant <= 8; ++instant) {
        SimPlatform sim({.seed = 100 + instant});
        sim.life().end_at(instant);
        const auto answer = sim.run(
            sim.till().pay({.client_sn = "A1", .amount_fen = 500, .payment_code = sim.payment_code()}));
        const bool was_killed = sim.life().is_over();
        EXPECT_EQ(was_killed, !answer.has_value()) << "instant " << instant;
        ASSERT_TRUE(sim.restart().has_value());
        sim.run_for(std::chrono::minutes(5));
        sim.settle();
        const auto payments = all_payments(sim);
        ASSERT_LE(payments.size(), 1U);
        const auto& orders = sim.simulators().wechat().settled_orders();
        const bool is_charged = !orders.empty() && orders[0].state == sim::wechat::State::paid;
        const bool is_paid = !payments.empty() && payments[0].state == PaymentState::paid;
        EXPECT_EQ(is_charged, is_paid) << "instant " << instant;
        if (!payments.empty()) {
            EXPECT_TRUE(payments::is_final(payments[0].state)) << "instant " << instant;
        }
        EXPECT_EQ(sim.simulators().violations().count(), 0U);
    }
}

TEST(SimPlatform, ALostAnswerIsFoundByQuery) {
    SimPlatform sim({.seed = 10});
    int calls = 0;
    sim.network().set_faults([&calls](const net::Origin& to, const net::Request&) {
        const bool is_first = to == SimPlatform::wechat_origin() && ++calls == 1;
        return is_first ? NetworkFault::lose_answer : NetworkFault::none;
    });
    const auto answer =
        sim.run(sim.till().pay({.client_sn = "A1", .amount_fen = 500, .payment_code = sim.payment_code()}));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->biz_result_code, "PAY_SUCCESS") << answer->body;
    EXPECT_GT(calls, 1);
}

}  // namespace
}  // namespace huitong::app
