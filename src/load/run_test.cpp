// Runs in simulated time against gateways that are as slow, deaf or forgetful as a test wants.
#include "load/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

#include "load/codes.hpp"

namespace huitong::load {
namespace {

using namespace std::chrono_literals;
constexpr core::Instant start = core::from_us(1'772'683'200'000'000);
const net::Origin first_node{.is_tls = false, .host = "one", .port = 80};
const net::Origin second_node{.is_tls = false, .host = "two", .port = 80};

std::string member(const std::string& body, std::string_view name) {
    const auto json = codec::parse_json(body);
    const codec::Json* const value = json ? json->find(name) : nullptr;
    return value && value->as_string() ? *value->as_string() : "";
}

// Pays everything after `service`; each entry of `lost` loses that answer (counted from 0), payment made.
class Gateway final : public net::HttpTransport {
  public:
    explicit Gateway(task::Time& time) : time_(time) {}

    task::Task<net::Response> send(net::Origin origin, net::Request request, net::CallOptions) override {
        const int n = calls++;
        nodes.insert(origin.host);
        most_at_once = std::max(most_at_once, ++at_once_);
        targets.push_back(request.target);
        const std::string client_sn = member(request.body, "client_sn");
        std::string order_status = "PAID";
        if (request.target == "/upay/v2/pay") paid.insert(client_sn);
        if (request.target == "/upay/v2/cancel") cancelled.insert(client_sn);
        if (request.target == "/upay/v2/refund") refunded.insert(client_sn);
        if (refunded.contains(client_sn)) order_status = "PARTIAL_REFUNDED";
        if (cancelled.contains(client_sn)) order_status = "CANCELED";
        const bool is_stalled = time_.now() >= stalls_from && time_.now() < stalls_until;
        co_await time_.sleep_until(is_stalled ? stalls_until : time_.now() + service);
        --at_once_;
        const bool is_meant = request.target == loses_first_of;
        if (is_meant) loses_first_of.clear();
        if (dead.contains(origin.host)) co_return core::fail(core::Code::unavailable, "connect_failed");
        if (is_meant || lost.contains(n)) co_return core::fail(core::Code::unknown_outcome, "reset");
        co_return net::make_response(200, "application/json", answer(request, client_sn, order_status));
    }

    core::Duration service = 1ms;
    core::Instant stalls_from = core::Instant::max();
    core::Instant stalls_until = core::Instant::max();
    std::set<int> lost;
    std::string loses_first_of;  // a path
    std::set<std::string> dead;  // hosts
    int calls = 0;
    int most_at_once = 0;
    std::set<std::string> nodes, paid, cancelled, refunded;
    std::vector<std::string> targets;

  private:
    static std::string answer(const net::Request& request, const std::string& client_sn,
                              const std::string& order_status) {
        std::string result = "SUCCESS";
        if (request.target == "/upay/v2/pay") result = "PAY_SUCCESS";
        if (request.target == "/upay/v2/cancel") result = "CANCEL_SUCCESS";
        if (request.target == "/upay/v2/refund") result = "REFUND_SUCCESS";
        return R"({"result_code":"200","biz_response":{"result_code":")" + result +
               R"(","error_code":"","data":{"status":"SUCCESS","sn":"sn)" + client_sn +
               R"(","order_status":")" + order_status + "\"}}}";
    }

    task::Time& time_;
    int at_once_ = 0;
};

struct World {
    boost::asio::io_context io;
    task::SimTime time{io, start};
    Gateway gateway{time};

    Run run(RunOptions options) {
        if (options.targets.empty()) options.targets = {first_node};
        options.terminals = {{"100012", "key"}};
        options.name = "load";
        return Run(gateway, time, std::move(options));
    }
    void finish(task::Awaitable<void> work) {
        bool is_done = false;
        boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr failure) {
            is_done = true;
            if (failure) std::rethrow_exception(failure);
        });
        time.run_until([&] { return is_done; });
    }
};

constexpr Mix pays_only{1, 0, 0, 0};

TEST(Run, KeepsTheRateAndNothingIsBehindAnIdleServer) {
    World world;
    auto run = world.run({.plan = {.rate_per_s = 100, .length = 10s, .mix = pays_only}});
    world.finish(run.send());
    EXPECT_EQ(run.measures().sent, 1000);
    EXPECT_EQ(run.measures().behind_us.max(), 0);
    EXPECT_EQ(run.measures().of(Operation::pay).latency_us.max(), 1000);
    EXPECT_EQ(run.measures().of(Operation::pay).of(Verdict::definite), 1000);
    EXPECT_EQ(run.measures().sending, 9'990ms);
    EXPECT_EQ(world.gateway.paid.size(), 1000U);
}

// One second of standing still must show in every request that was due in it, though only as many as there
// are connections could be sent.
TEST(Run, AStallCountsForAllThatWasDueInIt) {
    World world;
    world.gateway.stalls_from = start + 4s;
    world.gateway.stalls_until = start + 5s;
    auto run = world.run({.connections = 2, .plan = {.rate_per_s = 100, .length = 10s, .mix = pays_only}});
    world.finish(run.send());
    const Measures& measures = run.measures();
    EXPECT_EQ(measures.sent, 1000);
    EXPECT_EQ(world.gateway.most_at_once, 2);
    const core::LogHistogram& latency = measures.of(Operation::pay).latency_us;
    EXPECT_GE(latency.max(), 990'000);
    // A hundred requests were due in that second: half of them waited longer than half of it.
    EXPECT_GT(latency.percentile(960'000), 400'000);
    EXPECT_LT(latency.percentile(880'000), 2'000);
    EXPECT_GE(measures.behind_us.max(), 970'000);
}

TEST(Run, AClosedLoopWaitsForItsAnswers) {
    World world;
    world.gateway.service = 10ms;
    auto run = world.run({.connections = 3, .plan = {.rate_per_s = 0, .length = 1s, .mix = pays_only}});
    world.finish(run.send());
    EXPECT_EQ(run.measures().sent, 300);
    auto few = world.run({.connections = 3, .plan = {.length = 1s, .most = 7, .mix = pays_only}});
    world.finish(few.send());
    EXPECT_EQ(few.measures().sent, 7);
}

TEST(Run, TheMixConcernsPaymentsOfTheRunOnAllNodes) {
    World world;
    auto run = world.run({.targets = {first_node, second_node}, .plan = {.rate_per_s = 100, .length = 30s}});
    world.finish(run.send());
    const Measures& measures = run.measures();
    EXPECT_EQ(world.gateway.nodes, (std::set<std::string>{"one", "two"}));
    std::int64_t all = 0;
    for (const Operation operation : operations) {
        EXPECT_GT(measures.of(operation).of(Verdict::definite), 50) << to_string(operation);
        all += measures.of(operation).latency_us.count();
    }
    EXPECT_EQ(all, 3000);
    for (const Order& order : run.orders().all()) {
        EXPECT_FALSE(order.is_open());
        EXPECT_EQ(order.contradiction, "");
        if (order.refund == Standing::done) {
            EXPECT_LE(order.refund_fen, order.amount_fen);
            EXPECT_GT(order.refund_fen, 0);
        }
    }
}

TEST(Run, SettlesWhatWasLostAndGivesUpAtItsLimit) {
    World world;
    world.gateway.lost = {1, 3, 4};
    auto run = world.run({.connections = 1, .plan = {.rate_per_s = 10, .length = 1s, .mix = pays_only}});
    world.finish(run.send());
    EXPECT_EQ(run.measures().of(Operation::pay).of(Verdict::unknown), 3);
    world.gateway.targets.clear();
    world.finish(run.settle(60s));
    EXPECT_EQ(run.measures().left_open, 3);
    EXPECT_EQ(world.gateway.targets, std::vector<std::string>(3, "/upay/v2/query"));
    for (const Order& order : run.orders().all()) EXPECT_EQ(order.status, "PAID");

    for (int n = 0; n < 10'000; ++n) world.gateway.lost.insert(n);
    auto deaf = world.run({.connections = 1, .plan = {.rate_per_s = 10, .length = 1s, .mix = pays_only}});
    world.finish(deaf.send());
    world.finish(deaf.settle(30s));
    EXPECT_EQ(std::ranges::count_if(deaf.orders().all(), &Order::is_open), 10);
    EXPECT_GE(deaf.measures().settling, 30s);
    EXPECT_LT(deaf.measures().settling, 33s);
}

TEST(Run, ARefundIsNotSettledBeforeItsOrderShowsIt) {
    World world;
    world.gateway.loses_first_of = "/upay/v2/refund";
    auto run = world.run({.connections = 1, .plan = {.rate_per_s = 10, .length = 1s, .mix = {1, 0, 0, 1}}});
    world.finish(run.send());
    // Its own query is answered, the order's is not.
    world.gateway.lost = {world.gateway.calls + 1};
    world.finish(run.settle(60s));
    EXPECT_EQ(run.measures().left_open, 1);
    for (const Order& order : run.orders().all())
        EXPECT_EQ(order.status,
                  world.gateway.refunded.contains(order.client_sn) ? "PARTIAL_REFUNDED" : "PAID");
}

TEST(Run, WhatOneNodeCannotTellAnotherIsAsked) {
    for (const char* const dead : {"one", "two"}) {
        World world;
        world.gateway.loses_first_of = "/upay/v2/refund";
        auto run = world.run({.targets = {first_node, second_node},
                              .connections = 1,
                              .plan = {.rate_per_s = 10, .length = 1s, .mix = {1, 0, 0, 1}}});
        world.finish(run.send());
        world.gateway.dead = {dead};
        world.finish(run.settle(60s));
        EXPECT_EQ(run.measures().left_open, 1);
        EXPECT_EQ(std::ranges::count_if(run.orders().all(), &Order::is_open), 0) << dead;
        EXPECT_LT(run.measures().settling, 3s) << dead;
    }
}

TEST(Run, TellsItsProgressEverySecond) {
    World world;
    std::vector<Progress> told;
    auto run = world.run({.plan = {.rate_per_s = 20, .length = 3s, .mix = pays_only},
                          .on_second = [&](const Progress& now) { told.push_back(now); }});
    world.finish(run.send());
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[1].answered_last_second, 20);
    EXPECT_EQ(told[2].answered, 60);
    EXPECT_EQ(told[2].p99_us_last_second, 1000);
}

TEST(Codes, AreTheSimulatorsAndNeverTheSameTwice) {
    EXPECT_EQ(payment_code(7, Wallet::wechat, {}), "130000070000000000");
    EXPECT_EQ(payment_code(3'000'002, Wallet::alipay, {14, 0}), "280000020000031400");
    EXPECT_EQ(payment_code(1'000'000'000'001, Wallet::wechat, {1, 8}), "130000010000000108");
    core::SeededRandom random(1);
    std::set<int> drawn;
    for (int i = 0; i < 200; ++i) {
        const Scenario scenario = draw_fault(random);
        drawn.insert(scenario.number);
        EXPECT_LE(scenario.seconds, 12);
    }
    EXPECT_EQ(drawn, (std::set<int>{1, 11, 12, 14, 15, 17, 19}));
}

}  // namespace
}  // namespace huitong::load
