// The audit must fail: each kind of damage, done to a run that was clean, is found and named.
#include "load/audit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace huitong::load {
namespace {

constexpr std::string_view sn = "7842000000000001";
constexpr std::string_view number = "P7842000000000001k3f9z2";

// One payment of 100 fen, told, made and booked.
struct World {
    std::deque<Order> told{{.client_sn = "load-0",
                            .amount_fen = 100,
                            .pay = Standing::done,
                            .sn = std::string(sn),
                            .status = "PAID"}};
    std::optional<std::vector<ChannelOrder>> channel{{{.number = std::string(number),
                                                       .amount_fen = 100,
                                                       .was_paid = true,
                                                       .pay_calls = 1,
                                                       .created_at = {},
                                                       .refunds = {}}}};
    std::optional<LedgerView> ledger{{.of_run = {{.sn = std::string(sn),
                                                  .client_sn = "load-0",
                                                  .channel_number = std::string(number),
                                                  .state = "paid",
                                                  .amount_fen = 100,
                                                  .posted_fen = 100,
                                                  .differences = {}}},
                                      .other_numbers = {}}};

    Order& order() { return told.front(); }
    ChannelOrder& made() { return channel->front(); }
    LedgerPayment& booked() { return ledger->of_run.front(); }

    void refund(std::int64_t fen) {
        order().status = "PARTIAL_REFUNDED";
        order().refund = Standing::done;
        order().refund_fen = fen;
        made().refunded_fen = fen;
        made().refunds = {{"R7842000000000001k3f9z2", fen, true}};
        booked().state = "partially_refunded";
        booked().refunded_fen = fen;
        booked().posted_fen = 100 - fen;
    }
    void cancel() {
        order().status = "CANCELED";
        order().cancel = Standing::done;
        made().refunded_fen = 100;
        booked().state = "reversed";
        booked().posted_fen = 0;
    }
    [[nodiscard]] Audit run() const { return audit(told, channel, ledger); }
    // The faults found, each once.
    [[nodiscard]] std::set<Fault> found() const {
        std::set<Fault> all;
        for (const Finding& each : run().findings) all.insert(each.fault);
        return all;
    }
};

using Found = std::set<Fault>;

TEST(Audit, CleanRunsAreClean) {
    World paid;
    const Audit clean = paid.run();
    EXPECT_TRUE(clean.findings.empty());
    EXPECT_EQ(clean.acknowledged, 1);
    EXPECT_EQ(clean.told_fen, 100);
    EXPECT_EQ(clean.channel_fen, 100);
    EXPECT_EQ(clean.ledger_fen, 100);
    World refunded;
    refunded.refund(30);
    EXPECT_EQ(refunded.found(), Found{});
    EXPECT_EQ(refunded.run().channel_fen, 70);
    World cancelled;
    cancelled.cancel();
    EXPECT_EQ(cancelled.found(), Found{});
    World refused;
    refused.order() = {.client_sn = "load-0", .amount_fen = 100, .pay = Standing::not_done};
    refused.channel->clear();
    refused.ledger->of_run.clear();
    EXPECT_EQ(refused.found(), Found{});
}

TEST(Audit, FindsALostPayment) {
    World not_stored;
    not_stored.ledger->of_run.clear();
    EXPECT_TRUE(not_stored.found().contains(Fault::lost));
    World never_paid;
    never_paid.channel->clear();
    EXPECT_TRUE(never_paid.found().contains(Fault::lost));
    World other_state;
    other_state.booked().state = "reversed";
    EXPECT_TRUE(other_state.found().contains(Fault::lost));
    World other_number;
    other_number.order().sn = "7842000000000009";
    EXPECT_TRUE(other_number.found().contains(Fault::lost));
    World taken_back;
    taken_back.order().contradiction = "told PAID, then PAY_CANCELED";
    EXPECT_EQ(taken_back.found(), Found{Fault::lost});
    World done_all_the_same;
    done_all_the_same.order().pay = Standing::not_done;
    done_all_the_same.order().status = "";
    done_all_the_same.order().sn = "";
    EXPECT_EQ(done_all_the_same.found(), (Found{Fault::lost, Fault::money}));
}

TEST(Audit, FindsADoubledPayment) {
    World two_calls;
    two_calls.made().pay_calls = 2;
    EXPECT_EQ(two_calls.found(), Found{Fault::doubled});
    World two_orders;
    two_orders.channel->push_back(two_orders.made());
    two_orders.channel->back().number = "P7842000000000001zzzzzz";
    EXPECT_EQ(two_orders.found(), (Found{Fault::doubled, Fault::money}));
    World two_refunds;
    two_refunds.refund(30);
    two_refunds.made().refunds.push_back({"R7842000000000001k3f9z3", 30, true});
    EXPECT_EQ(two_refunds.found(), Found{Fault::doubled});
    World nobodys_refund;
    nobodys_refund.made().refunds = {{"R7842000000000001k3f9z3", 30, true}};
    EXPECT_EQ(nobodys_refund.found(), Found{Fault::doubled});
    World refused_refund;
    refused_refund.made().refunds = {{"R7842000000000001k3f9z3", 30, false}};
    EXPECT_EQ(refused_refund.found(), Found{});
}

TEST(Audit, FindsASecondPaymentOfOneOrder) {
    World world;
    LedgerPayment second = world.booked();
    second.sn = "7842000000000002";
    second.channel_number = "P7842000000000002k3f9z2";
    world.ledger->of_run.push_back(second);
    ChannelOrder made = world.made();
    made.number = second.channel_number;
    world.channel->push_back(made);
    EXPECT_TRUE(world.found().contains(Fault::doubled));
}

TEST(Audit, FindsARefundThatWasOnlyTold) {
    World world;
    world.order().refund = Standing::done;
    world.order().refund_fen = 30;
    EXPECT_TRUE(world.found().contains(Fault::lost));
}

TEST(Audit, FindsAnUnresolvedPaymentOnce) {
    World open;
    open.order().pay = Standing::open;
    open.order().status = "";
    open.booked().state = "pending";
    open.booked().posted_fen = 0;
    open.made().was_paid = false;
    EXPECT_EQ(open.run().findings.size(), 1U);
    EXPECT_EQ(open.found(), Found{Fault::unresolved});
    World reopened;
    reopened.order().status = "PAY_CANCELED";
    reopened.booked().state = "reversing";
    EXPECT_TRUE(reopened.found().contains(Fault::unresolved));
    World refunding;
    refunding.order().refund = Standing::open;
    EXPECT_EQ(refunding.found(), Found{Fault::unresolved});
}

TEST(Audit, FindsMoneyThatDoesNotAgree) {
    World kept_at_channel;
    kept_at_channel.cancel();
    kept_at_channel.made().refunded_fen = 0;
    EXPECT_EQ(kept_at_channel.found(), Found{Fault::money});
    World not_posted;
    not_posted.booked().posted_fen = 99;
    EXPECT_EQ(not_posted.found(), Found{Fault::money});
    World other_amount;
    other_amount.made().amount_fen = 101;
    EXPECT_EQ(other_amount.found(), Found{Fault::money});
    World verify;
    verify.booked().differences = {"not_zero: 1"};
    EXPECT_EQ(verify.found(), Found{Fault::money});
}

TEST(Audit, FindsAnOrderAtTheChannelThatNobodyAskedFor) {
    World forged;
    forged.channel->push_back({.number = "forged-1",
                               .amount_fen = 5,
                               .was_paid = true,
                               .pay_calls = 1,
                               .created_at = {},
                               .refunds = {}});
    const Audit found = forged.run();
    ASSERT_EQ(found.findings.size(), 1U);
    EXPECT_EQ(found.findings[0].order, "forged-1");
    EXPECT_EQ(found.findings[0].fault, Fault::money);
    forged.ledger->other_numbers.insert("forged-1");  // another till's
    EXPECT_EQ(forged.found(), Found{});
}

TEST(Audit, WithOneSideOnlyItSeesWhatThatSideShows) {
    World no_ledger;
    no_ledger.ledger.reset();
    EXPECT_EQ(no_ledger.found(), Found{});
    EXPECT_FALSE(no_ledger.run().has_ledger);
    no_ledger.made().refunded_fen = 1;
    EXPECT_EQ(no_ledger.found(), Found{Fault::money});
    World no_channel;
    no_channel.channel.reset();
    EXPECT_EQ(no_channel.found(), Found{});
    no_channel.booked().posted_fen = 1;
    EXPECT_EQ(no_channel.found(), Found{Fault::money});
}

}  // namespace
}  // namespace huitong::load
