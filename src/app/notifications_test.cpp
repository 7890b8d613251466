// Notifications in simulated time through the whole platform: what a merchant's receiver is sent, when, how
// often, and by whom (spec/upay 2.4, row 23 of its checklist).
#include "flows/notifications.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/sim_platform.hpp"
#include "app/terminal_logs.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {
namespace {

using namespace std::chrono_literals;
using ports::Notification;

const flows::SigningKey& signing_key() {
    static const flows::SigningKey made = [] {
        const auto key = crypto::RsaPrivateKey::generate();
        return flows::SigningKey{.key = key, .public_pem = key.public_pem()};
    }();
    return made;
}

SimOptions with_key() {
    SimOptions options{.seed = 41};
    options.signing_key = signing_key();
    return options;
}

// A merchant's receiver: notes what it is sent and answers as it is told.
class NotificationsTest : public testing::Test {
  protected:
    struct Got {
        core::Instant at;
        net::Request request;
    };
    static net::Origin merchant_origin() { return {.is_tls = false, .host = "merchant.sim", .port = 80}; }

    NotificationsTest() {
        sim_.network().listen(merchant_origin(),
                              [this](net::Request request) { return receive(this, request); });
    }
    ~NotificationsTest() override { sim_.network().close(merchant_origin()); }

    static task::Awaitable<net::Response> receive(NotificationsTest* test, net::Request request) {
        test->got_.push_back({test->sim_.time().now(), std::move(request)});
        co_return test->answer_();
    }
    static net::Response text(int status, std::string body) {
        return net::make_response(status, "text/plain", std::move(body));
    }

    TillAnswer pay(const std::string& client_sn, const std::string& url = "http://merchant.sim/n?shop=1") {
        return sim_
            .run(sim_.till().post("/upay/v2/pay", {{"terminal_sn", sim_.till().identity().sn},
                                                   {"client_sn", client_sn},
                                                   {"total_amount", "100"},
                                                   {"dynamic_id", sim_.payment_code()},
                                                   {"subject", "coffee"},
                                                   {"operator", "kay"},
                                                   {"notify_url", url}}))
            .value();
    }
    void set_switches(ports::AppSwitches switches) {
        const auto done = sim_.run(sim_.store().write([=, this](ports::Tx& tx) -> core::Result<void> {
            tx.directory().set_switches(sim_.data().app_id, switches);
            return {};
        }));
        ASSERT_TRUE(done);
    }
    std::vector<Notification> rows() {
        return sim_
            .run(sim_.store().read([](ports::Tx& tx) -> core::Result<std::vector<Notification>> {
                return tx.notifications().list({.payment = {}});
            }))
            .value();
    }
    std::vector<ports::NotificationTry> tries(const Notification& row) {
        return sim_
            .run(sim_.store().read([row](ports::Tx& tx) -> core::Result<std::vector<ports::NotificationTry>> {
                return tx.notifications().tries(row.payment, row.ordinal);
            }))
            .value();
    }
    std::vector<ports::Alert> alerts() {
        return sim_
            .run(sim_.store().read([](ports::Tx& tx) -> core::Result<std::vector<ports::Alert>> {
                return tx.alerts().list({});
            }))
            .value();
    }
    std::vector<core::Duration> waits() const {
        std::vector<core::Duration> all;
        for (std::size_t i = 1; i < got_.size(); ++i) all.push_back(got_[i].at - got_[i - 1].at);
        return all;
    }
    static std::string member(const net::Request& request, std::string_view name) {
        const auto body = codec::parse_json(request.body);
        const codec::Json* const found = body ? body->find(name) : nullptr;
        return found == nullptr || found->as_string() == nullptr ? "" : *found->as_string();
    }
    static std::string header(const net::Request& request, std::string_view name) {
        return std::string(request.headers.find(name).value_or(""));
    }

    class Nobody final : public ports::Observer {
      public:
        void on_change(const payments::Aggregate*, const payments::Change&) override {}
        void on_call(const payments::Payment&, const payments::Answer&) override {}
        void on_circuit(std::string_view, bool) override {}
        void on_trouble(std::string_view where, const core::Error& error) override {
            ADD_FAILURE() << where << " " << error.reason << " " << error.detail;
        }
    };
    static task::Awaitable<bool> stop(flows::Notifications& node) {
        co_await node.stop();
        co_return true;
    }

    Nobody nobody_;
    std::vector<Got> got_;
    std::function<net::Response()> answer_ = [] { return text(200, "success"); };
    SimPlatform sim_{with_key()};
};

TEST_F(NotificationsTest, PaidIsToldAtOnceAndOnceWithASignatureOverItsBytes) {
    const TillAnswer paid = pay("c1");
    ASSERT_EQ(paid.biz_result_code, "PAY_SUCCESS");
    const core::Instant at = sim_.time().now();
    sim_.run_for(1h);
    ASSERT_EQ(got_.size(), 1U);
    EXPECT_LE(got_[0].at - at, 500ms) << "not at the next look";
    const net::Request& sent = got_[0].request;
    EXPECT_EQ(sent.method + " " + sent.target, "POST /n?shop=1");
    EXPECT_EQ(header(sent, "Content-Type"), "application/json");
    EXPECT_EQ(member(sent, "sn"), paid.get("sn"));
    EXPECT_EQ(member(sent, "client_sn"), "c1");
    EXPECT_EQ(member(sent, "order_status"), "PAID");
    const auto signature = crypto::from_base64(header(sent, "Authorization"));
    ASSERT_TRUE(signature);
    const auto key = crypto::RsaPublicKey::parse(signing_key().public_pem);
    EXPECT_TRUE(key->verify_sha256(sent.body, *signature));
    EXPECT_FALSE(key->verify_sha256(sent.body + " ", *signature));
    ASSERT_EQ(rows().size(), 1U);
    EXPECT_TRUE(rows()[0].delivered_at);
    EXPECT_EQ(rows()[0].tries, 1);
    const auto log = tries(rows()[0]);
    ASSERT_EQ(log.size(), 1U);
    EXPECT_EQ(log[0].status, 200);
    EXPECT_EQ(log[0].answer, "success");
    EXPECT_EQ(log[0].error, "");
}

// The vector of spec/upay 11: another program verifies what we signed.
TEST_F(NotificationsTest, C23_OpensslVerifiesTheSignature) {
    (void)pay("c1");
    sim_.run_for(5s);
    ASSERT_EQ(got_.size(), 1U);
    const auto dir = std::filesystem::path(testing::TempDir()) / "huitong-notification";
    std::filesystem::create_directories(dir);
    const auto write = [&](const char* name, const std::string& bytes) {
        std::ofstream(dir / name, std::ios::binary) << bytes;
    };
    write("body.bin", got_[0].request.body);
    write("pub.pem", signing_key().public_pem);
    write("sig.bin", crypto::from_base64(header(got_[0].request, "Authorization")).value());
    const auto verify = [&](const std::string& file) {
        const std::string command = "cd '" + dir.string() +
                                    "' && openssl dgst -sha256 -verify pub.pem -signature " + "sig.bin " +
                                    file + " > said.txt 2>&1";
        return std::system(command.c_str());
    };
    EXPECT_EQ(verify("body.bin"), 0);
    EXPECT_NE(verify("pub.pem"), 0);
    std::filesystem::remove_all(dir);
}

TEST_F(NotificationsTest, C23_WhatIsNotConfirmedIsTriedFourTimesMoreAndThenAPersonIsTold) {
    answer_ = [] { return text(200, "fail"); };
    (void)pay("c1");
    sim_.run_for(3h);
    ASSERT_EQ(got_.size(), 5U);
    const std::vector<core::Duration> expected{1s, 5s, 30s, 600s};
    const auto between = waits();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_GE(between[i], expected[i]) << i;
        EXPECT_LE(between[i], expected[i] + 1100ms) << i;
    }
    for (const Got& each : got_) {
        EXPECT_EQ(each.request.body, got_[0].request.body);
        EXPECT_EQ(header(each.request, "Authorization"), header(got_[0].request, "Authorization"));
    }
    ASSERT_EQ(rows().size(), 1U);
    EXPECT_FALSE(rows()[0].delivered_at || rows()[0].next_at);
    EXPECT_EQ(tries(rows()[0]).size(), 5U);
    ASSERT_EQ(alerts().size(), 1U);
    EXPECT_EQ(alerts()[0].name, "notification_undelivered");
    EXPECT_EQ(alerts()[0].payment, rows()[0].payment);

    // A person has it sent again: from the beginning, with the same bytes, until it is confirmed.
    answer_ = [this] { return text(200, got_.size() < 7 ? "no" : " Success\n"); };
    const Notification row = rows()[0];
    (void)sim_.run(sim_.store().write([row, now = sim_.time().now()](ports::Tx& tx) -> core::Result<void> {
        tx.notifications().send_again(row, now);
        return {};
    }));
    sim_.run_for(1h);
    EXPECT_EQ(got_.size(), 7U);
    EXPECT_EQ(got_.back().request.body, got_[0].request.body);
    EXPECT_TRUE(rows()[0].delivered_at);
    EXPECT_EQ(rows()[0].tries, 7);
}

TEST_F(NotificationsTest, C23_NothingButSuccessConfirms) {
    std::vector<net::Response> answers{text(500, "success"), text(200, "{\"ok\":true}"), text(204, "")};
    net::Response redirect = text(302, "success");
    redirect.headers.set("Location", "http://merchant.sim/elsewhere");
    answers.push_back(redirect);
    answers.push_back(text(200, "SUCCESS\r\n"));
    answer_ = [&] { return answers.at(got_.size() - 1); };
    (void)pay("c1");
    sim_.run_for(1h);
    ASSERT_EQ(got_.size(), 5U);
    for (const Got& each : got_) EXPECT_EQ(each.request.target, "/n?shop=1") << "no redirect is followed";
    EXPECT_TRUE(rows()[0].delivered_at);
    const auto log = tries(rows()[0]);
    ASSERT_EQ(log.size(), 5U);
    EXPECT_EQ(log[0].status, 500);
    EXPECT_EQ(log[3].status, 302);
    EXPECT_EQ(log[3].error, "not_confirmed");
}

TEST_F(NotificationsTest, NoAddressNoNotification) {
    (void)pay("c1", "");
    sim_.run_for(1min);
    EXPECT_TRUE(rows().empty());
    EXPECT_TRUE(got_.empty());
}

TEST_F(NotificationsTest, CancelsAndRefundsAreToldWhereTheApplicationWantsThem) {
    (void)pay("c1");
    (void)sim_.run(sim_.till().cancel("c1"));
    sim_.run_for(5min);
    EXPECT_EQ(got_.size(), 1U) << "only the payment";
    set_switches({.notify_header = ports::NotifyHeader::sn_prefixed,
                  .notify_canceled = true,
                  .notify_refunded = true});
    got_.clear();
    (void)pay("c2");
    sim_.run_for(1min);
    (void)sim_.run(sim_.till().cancel("c2"));
    sim_.run_for(5min);
    (void)pay("c3");
    sim_.run_for(1min);
    (void)sim_.run(sim_.till().refund("c3", "r1", 30));
    sim_.run_for(5min);
    std::vector<std::string> statuses;
    for (const Got& each : got_) {
        statuses.push_back(member(each.request, "client_sn") + " " + member(each.request, "order_status"));
        EXPECT_TRUE(header(each.request, "Authorization").starts_with(sim_.till().identity().sn + " "));
    }
    EXPECT_EQ(statuses,
              (std::vector<std::string>{"c2 PAID", "c2 CANCELED", "c3 PAID", "c3 PARTIAL_REFUNDED"}));
}

TEST_F(NotificationsTest, AProcessThatEndsAfterTheAnswerLeavesItToBeSentAgain) {
    bool is_ended = false;
    answer_ = [&] {
        if (!std::exchange(is_ended, true)) sim_.crash();
        return text(200, "success");
    };
    (void)sim_.begin(sim_.till().post("/upay/v2/pay", {{"terminal_sn", sim_.till().identity().sn},
                                                       {"client_sn", "c1"},
                                                       {"total_amount", "100"},
                                                       {"dynamic_id", sim_.payment_code()},
                                                       {"subject", "coffee"},
                                                       {"notify_url", "http://merchant.sim/n"}}));
    sim_.run_for(10s);
    ASSERT_EQ(got_.size(), 1U);
    ASSERT_TRUE(sim_.restart());
    sim_.run_for(1h);
    ASSERT_EQ(got_.size(), 2U);
    EXPECT_EQ(got_[1].request.body, got_[0].request.body);
    EXPECT_LE(got_[1].at - got_[0].at, 70s) << "when the claim of the old process has ended";
    EXPECT_TRUE(rows()[0].delivered_at);
}

TEST_F(NotificationsTest, OneThatDoesNotAnswerHoldsUpNoOther) {
    sim_.network().listen({.is_tls = false, .host = "slow.sim", .port = 80},
                          [this](net::Request) -> task::Awaitable<net::Response> {
                              return [](task::Time& time) -> task::Awaitable<net::Response> {
                                  co_await time.sleep_for(1h);
                                  co_return text(200, "success");
                              }(sim_.time());
                          });
    for (int i = 0; i < 30; ++i) (void)pay("slow" + std::to_string(i), "http://slow.sim/n");
    got_.clear();
    const core::Instant at = sim_.time().now();
    (void)pay("c1");
    sim_.run_for(3s);
    ASSERT_EQ(got_.size(), 1U);
    EXPECT_LE(got_[0].at - at, 3s);
    sim_.run_for(2h);
}

TEST_F(NotificationsTest, OfTwoNodesOneDelivers) {
    class Slow final : public ports::Postman {
      public:
        explicit Slow(task::Time& time) : time_(time) {}
        std::vector<std::string> posted;
        task::Task<Receipt> post(Letter letter) override {
            posted.push_back(letter.body);
            co_await time_.sleep_for(3s);
            co_return Receipt{.status = 200, .body = "success"};
        }

      private:
        task::Time& time_;
    };
    // The platform's own would be a third node.
    (void)sim_.run(stop(sim_.notifications()));
    std::vector<Notification> due;
    (void)pay("c1");
    sim_.run_for(5s);
    const Notification told = rows().at(0);
    for (int i = 0; i < 20; ++i) {
        Notification row = told;
        row.ordinal += i + 1;
        row.body = std::to_string(i);
        // Half of them when both look at the same moment, the others when one or the other does.
        row.next_at = sim_.time().now() + (i < 10 ? 0s : i * 700ms);
        due.push_back(row);
    }
    (void)sim_.run(sim_.store().write([due](ports::Tx& tx) -> core::Result<void> {
        for (const Notification& row : due) tx.notifications().add(row);
        return {};
    }));
    Slow postmen[]{Slow(sim_.time()), Slow(sim_.time())};
    std::vector<std::unique_ptr<flows::Notifications>> nodes;
    for (Slow& postman : postmen) {
        const flows::NotificationOptions options{.scan_every = nodes.empty() ? 1000ms : 1300ms};
        nodes.push_back(std::make_unique<flows::Notifications>(
            flows::NotificationDeps{.store = sim_.store(),
                                    .postman = &postman,
                                    .observer = nobody_,
                                    .time = sim_.time(),
                                    .executor = sim_.io().get_executor(),
                                    .body_of = [](const payments::Aggregate&) { return std::string("body"); },
                                    .sign = [](std::string_view) { return std::string("signature"); }},
            options));
        nodes.back()->start();
    }
    sim_.run_for(5min);
    std::vector<std::string> posted = postmen[0].posted;
    posted.insert(posted.end(), postmen[1].posted.begin(), postmen[1].posted.end());
    EXPECT_EQ(posted.size(), 21U) << "those, and the payment's own";
    std::ranges::sort(posted);
    EXPECT_TRUE(std::ranges::adjacent_find(posted) == posted.end()) << "delivered by both";
    EXPECT_FALSE(postmen[0].posted.empty() || postmen[1].posted.empty());
    for (const auto& node : nodes) (void)sim_.run(stop(*node));
}

TEST(TerminalLogs, TheNewestAreKept) {
    const auto dir = std::filesystem::path(testing::TempDir()) / "huitong-logs";
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    const core::Instant start = core::from_us(1'772'676'000'000'000);
    for (int i = 0; i < 25; ++i)
        ASSERT_TRUE(keep_terminal_log(dir.string(), "100042000000000001", start + i * 1s, std::to_string(i)));
    ASSERT_TRUE(keep_terminal_log(dir.string(), "100042000000000002", start, std::string("\0\xff", 2)));
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(dir / "logs" / "100042000000000001"))
        names.push_back(file.path().filename().string());
    std::ranges::sort(names);
    ASSERT_EQ(names.size(), most_logs_per_terminal);
    EXPECT_EQ(names.front(), "00001772676005000000.bin");
    std::ifstream file(dir / "logs" / "100042000000000002" / "00001772676000000000.bin", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), std::string("\0\xff", 2));
    std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace huitong::app
