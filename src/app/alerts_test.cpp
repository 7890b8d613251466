// Alerts in simulated time over a real store: the schedule of deliveries, what is raised and how often, and
// the webhook's bytes.
#include "flows/alerts.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/sim_platform.hpp"
#include "app/webhook.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {
namespace {

using namespace std::chrono_literals;
using ports::Alert;

// Notes each delivery; confirms those it is told to.
class Receiver final : public ports::AlertSink {
  public:
    explicit Receiver(task::Time& time) : time_(time) {}
    std::function<bool(const Alert&)> confirms = [](const Alert&) { return true; };
    std::vector<std::pair<core::Instant, Alert>> received;

    task::Task<void> deliver(Alert alert) override {
        received.emplace_back(time_.now(), alert);
        if (confirms(alert)) co_return core::Result<void>{};
        co_return core::fail(core::Code::unknown_outcome, "webhook_refused", "HTTP 500");
    }

  private:
    task::Time& time_;
};

class Troubles final : public ports::Observer {
  public:
    std::vector<std::string> reasons;
    void on_change(const payments::Aggregate*, const payments::Change&) override {}
    void on_call(const payments::Payment&, const payments::Answer&) override {}
    void on_circuit(std::string_view, bool) override {}
    void on_trouble(std::string_view, const core::Error& error) override { reasons.push_back(error.reason); }
};

// The platform's own workers look about once an hour: days of them cost too much.
SimOptions quiet_platform() {
    SimOptions options{.seed = 31};
    options.gateway.engine.scan_every = 1h;
    options.gateway.alerts.scan_every = 1h;
    return options;
}

constexpr core::Duration scan_every = 5s;

class AlertsTest : public testing::Test {
  protected:
    ~AlertsTest() override {
        bool is_stopped = false;
        boost::asio::co_spawn(sim_.io(), alerts_.stop(),
                              [&](const std::exception_ptr&) { is_stopped = true; });
        sim_.run_until([&] { return is_stopped; });
    }
    std::vector<Alert> rows(bool only_open = false) {
        auto found =
            sim_.run(sim_.store().read([only_open](ports::Tx& tx) -> core::Result<std::vector<Alert>> {
                return tx.alerts().list({.only_open = only_open});
            }));
        return found.value();
    }
    flows::AlertDeps deps() {
        return {.store = sim_.store(),
                .sink = &receiver_,
                .observer = troubles_,
                .time = sim_.time(),
                .random = sim_.random(),
                .executor = sim_.io().get_executor()};
    }

    SimPlatform sim_{quiet_platform()};
    Receiver receiver_{sim_.time()};
    Troubles troubles_;
    flows::Alerts alerts_{deps(), {.scan_every = scan_every}};
};

TEST_F(AlertsTest, TriesOnTheScheduleForThreeDays) {
    receiver_.confirms = [](const Alert&) { return false; };
    const core::Instant began = sim_.time().now();
    alerts_.start();
    alerts_.raise("channel_down", "https://api.example.com");
    sim_.run_for(80h);
    std::vector<core::Duration> waits;
    for (std::size_t i = 1; i < receiver_.received.size(); ++i)
        waits.push_back(receiver_.received[i].first - receiver_.received[i - 1].first);
    ASSERT_GT(waits.size(), 6U);
    const std::vector<core::Duration> expected{10s, 1min, 5min, 30min, 1h, 1h};
    for (std::size_t i = 0; i < waits.size(); ++i) {
        const core::Duration least = i < expected.size() ? expected[i] : core::Duration(1h);
        EXPECT_GE(waits[i], least) << i;
        EXPECT_LE(waits[i], least + scan_every) << i;
    }
    EXPECT_LE(receiver_.received.front().first - began, scan_every) << "the first at once";
    EXPECT_GT(receiver_.received.back().first - began, 71h);
    EXPECT_LE(receiver_.received.back().first - began, 72h);
    const auto left = rows();
    ASSERT_EQ(left.size(), 1U) << "it stays a row";
    EXPECT_EQ(left[0].delivered_at, std::nullopt);
    EXPECT_EQ(left[0].next_at, flows::never);
    EXPECT_EQ(left[0].tries, static_cast<int>(receiver_.received.size()));
    for (const auto& [at, alert] : receiver_.received) EXPECT_EQ(alert.id, left[0].id) << "one id for all";
    EXPECT_EQ(troubles_.reasons.size(), receiver_.received.size());
}

TEST_F(AlertsTest, ADeliveredOneIsNotSentAgain) {
    receiver_.confirms = [this](const Alert&) { return receiver_.received.size() >= 2; };
    alerts_.start();
    alerts_.raise("channel_down", "a");
    sim_.run_for(1h);
    EXPECT_EQ(receiver_.received.size(), 2U);
    ASSERT_EQ(rows().size(), 1U);
    EXPECT_TRUE(rows()[0].delivered_at.has_value());
    EXPECT_EQ(rows()[0].tries, 2);
    EXPECT_EQ(rows(true).size(), 1U) << "delivered is not acknowledged";
}

// Takes its time, so that two nodes look at the same alerts meanwhile.
class SlowReceiver final : public ports::AlertSink {
  public:
    explicit SlowReceiver(task::Time& time) : time_(time) {}
    std::vector<std::string> received;

    task::Task<void> deliver(Alert alert) override {
        co_await time_.sleep_for(2s);
        received.push_back(alert.id);
        co_return core::Result<void>{};
    }

  private:
    task::Time& time_;
};

TEST_F(AlertsTest, OfTwoNodesOneDelivers) {
    SlowReceiver receivers[]{SlowReceiver(sim_.time()), SlowReceiver(sim_.time())};
    std::vector<std::unique_ptr<flows::Alerts>> nodes;
    for (SlowReceiver& receiver : receivers) {
        flows::AlertDeps node = deps();
        node.sink = &receiver;
        nodes.push_back(std::make_unique<flows::Alerts>(
            node, flows::AlertOptions{.scan_every = scan_every, .claim_for = 1min}));
        nodes.back()->start();
    }
    for (int i = 0; i < 20; ++i) nodes[static_cast<std::size_t>(i % 2)]->raise("trouble", std::to_string(i));
    sim_.run_for(10min);
    std::vector<std::string> ids = receivers[0].received;
    ids.insert(ids.end(), receivers[1].received.begin(), receivers[1].received.end());
    EXPECT_EQ(ids.size(), 20U);
    std::ranges::sort(ids);
    EXPECT_TRUE(std::ranges::adjacent_find(ids) == ids.end()) << "delivered by both";
    EXPECT_FALSE(receivers[0].received.empty() || receivers[1].received.empty());
    for (const auto& node : nodes) {
        bool is_stopped = false;
        boost::asio::co_spawn(sim_.io(), node->stop(), [&](const std::exception_ptr&) { is_stopped = true; });
        sim_.run_until([&] { return is_stopped; });
    }
}

TEST_F(AlertsTest, OneThatIsRefusedHoldsUpNoOther) {
    receiver_.confirms = [](const Alert& alert) { return alert.detail != "poison"; };
    alerts_.start();
    alerts_.raise("trouble", "poison");
    for (int i = 0; i < 50; ++i) alerts_.raise("trouble", "good");
    sim_.run_for(3 * scan_every);
    const auto left = rows();
    EXPECT_EQ(left.size(), 51U);
    EXPECT_EQ(std::ranges::count_if(left, [](const Alert& alert) { return !alert.delivered_at; }), 1);
}

TEST_F(AlertsTest, TroubleIsRaisedOncePerReasonAndTenMinutes) {
    const core::Error read{core::Code::unavailable, "store_unavailable", "disk"};
    const core::Error other{core::Code::internal, "exception", "x"};
    alerts_.start();
    for (int minute = 0; minute < 25; ++minute) {
        alerts_.on_trouble("worker", read);
        alerts_.on_trouble("worker", read);
        if (minute == 0) alerts_.on_trouble_of({7'800'000'000'000'001}, "drive", other);
        sim_.run_for(1min);
    }
    std::map<std::string, int> seen;
    for (const Alert& alert : rows()) ++seen[alert.detail];
    EXPECT_EQ(seen, (std::map<std::string, int>{{"worker: store_unavailable: disk", 3},
                                                {"drive: exception: x", 1}}));
    for (const Alert& alert : rows()) EXPECT_EQ(alert.payment.has_value(), alert.detail.starts_with("drive"));
}

TEST_F(AlertsTest, WhatWaitsInMemoryIsBounded) {
    for (int i = 0; i < 5000; ++i) alerts_.raise("trouble", std::to_string(i));
    alerts_.start();
    sim_.run_for(1min);
    EXPECT_EQ(rows().size() + 0U, 100U);
}

TEST(AlertsOfThePlatform, AChannelThatGoesDownAndComesBackIsTold) {
    SimPlatform sim({.seed = 33});
    bool is_down = true;
    sim.network().set_faults([&](const net::Origin& origin, const net::Request&) {
        return is_down && origin == SimPlatform::wechat_origin() ? NetworkFault::refuse : NetworkFault::none;
    });
    for (int i = 0; i < 6; ++i) {
        (void)sim.run(sim.till().pay(
            {.client_sn = "D" + std::to_string(i), .amount_fen = 100, .payment_code = sim.payment_code()}));
    }
    is_down = false;
    sim.run_for(11s);
    (void)sim.run(sim.till().pay({.client_sn = "U", .amount_fen = 100, .payment_code = sim.payment_code()}));
    sim.run_for(2s);
    const auto found = sim.run(sim.store().read(
        [](ports::Tx& tx) -> core::Result<std::vector<Alert>> { return tx.alerts().list({}); }));
    ASSERT_TRUE(found.has_value());
    std::vector<std::string> names;
    for (const Alert& alert : *found) names.push_back(alert.name + " " + alert.detail);
    const std::string address = SimPlatform::wechat_origin().text();
    EXPECT_EQ(names, (std::vector<std::string>{"channel_up " + address, "channel_down " + address}));
}

TEST(Webhook, PostsSignedJson) {
    class Wire final : public net::HttpTransport {
      public:
        net::Request sent;
        int status = 204;
        task::Task<net::Response> send(net::Origin origin, net::Request request, net::CallOptions) override {
            EXPECT_EQ(origin.text(), "https://ops.example.com:443");
            sent = std::move(request);
            co_return net::make_response(status, "text/plain", "");
        }
    } wire;
    SimPlatform sim({.seed = 34});
    Webhook hook(wire, {.url = net::parse_base_url("https://ops.example.com/hook/1").value(),
                        .secret = core::Secret("key"),
                        .node = "node-1"});
    const Alert alert{.id = "a1",
                      .at = core::parse_rfc3339("2026-03-05T10:00:00.000+08:00").value(),
                      .name = "amount_mismatch",
                      .detail = "said \"1\"\xff",
                      .payment = core::PaymentSn{7'800'000'000'000'001},
                      .delivered_at = {},
                      .next_at = {},
                      .acknowledged_by = {},
                      .acknowledged_at = {}};
    EXPECT_TRUE(sim.run(hook.deliver(alert)).has_value());
    EXPECT_EQ(wire.sent.method + " " + wire.sent.target, "POST /hook/1");
    EXPECT_EQ(wire.sent.body, R"({"id":"a1","at":"2026-03-05T10:00:00.000+08:00","name":"amount_mismatch",)"
                              R"("detail":"said \"1\"?","sn":"7800000000000001","node":"node-1"})");
    // Of RFC 2202's kind, made with another program: printf … | openssl dgst -sha256 -hmac key
    EXPECT_EQ(webhook_signature(core::Secret("key"), "The quick brown fox jumps over the lazy dog"),
              "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8");
    EXPECT_EQ(wire.sent.headers.find("X-Huitong-Signature"),
              webhook_signature(core::Secret("key"), wire.sent.body));
    wire.status = 302;
    const auto refused = sim.run(hook.deliver(alert));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().reason, "webhook_refused");
}

}  // namespace
}  // namespace huitong::app
