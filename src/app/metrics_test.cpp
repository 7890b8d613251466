// /metrics against a strict reader of the text format, what it says after real payments, and who may ask.
#include "app/metrics.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <regex>
#include <set>

#include "app/manage.hpp"
#include "app/sim_platform.hpp"

namespace huitong::app {
namespace {

using Labels = std::map<std::string, std::string>;

// Reads the text format 0.0.4 and takes nothing that promtool would complain about.
class Scrape {
  public:
    explicit Scrape(const std::string& text) {
        if (text.empty() || text.back() != '\n') complain("no newline at the end", "");
        std::size_t from = 0;
        for (std::size_t end = 0; (end = text.find('\n', from)) != std::string::npos; from = end + 1)
            read_line(text.substr(from, end - from));
        for (const auto& [name, type] : types_) {
            if (type == "histogram") check_histogram(name);
        }
    }

    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    // The sample of that name and labels; "absent" when there is none.
    [[nodiscard]] std::string get(const std::string& name, const Labels& labels = {}) const {
        const auto found = samples_.find({name, labels});
        return found == samples_.end() ? "absent" : found->second;
    }

  private:
    void complain(const std::string& what, const std::string& line) {
        complaints_.push_back(what + ": " + line);
    }

    void read_line(const std::string& line) {
        static const std::regex help("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) .+");
        static const std::regex type("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)");
        static const std::regex sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?[0-9]+(\.[0-9]+)?))");
        std::smatch match;
        if (std::regex_match(line, match, help)) {
            if (!helps_.insert(match[1]).second) complain("a second HELP", line);
        } else if (std::regex_match(line, match, type)) {
            if (!types_.emplace(match[1], match[2]).second) complain("a second TYPE", line);
            current_ = match[1];
            if (!helps_.contains(current_)) complain("TYPE without HELP", line);
            if (match[2] == "counter" && !current_.ends_with("_total")) complain("name of a counter", line);
        } else if (std::regex_match(line, match, sample)) {
            read_sample(match[1], match[3], match[4], line);
        } else {
            complain("neither comment nor sample", line);
        }
    }

    void read_sample(const std::string& name, const std::string& labels, const std::string& value,
                     const std::string& line) {
        std::string family = name;
        if (types_.contains(current_) && types_.at(current_) == "histogram") {
            for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
                if (name == current_ + suffix) family = current_;
            }
            if (name == current_) complain("a histogram's bare sample", line);
        }
        if (family != current_) complain("a sample outside its metric", line);
        if (!samples_.emplace(std::pair(name, read_labels(labels, line)), value).second)
            complain("a second sample", line);
    }

    Labels read_labels(std::string text, const std::string& line) {
        static const std::regex pair(R"RE(^([a-zA-Z_][a-zA-Z0-9_]*)="(([^"\\]|\\\\|\\"|\\n)*)"(,|$))RE");
        Labels labels;
        std::smatch match;
        while (!text.empty() && std::regex_search(text, match, pair)) {
            std::string value;
            const std::string escaped = match[2];
            for (std::size_t i = 0; i < escaped.size(); ++i) {
                const bool is_escape = escaped[i] == '\\';
                if (is_escape) ++i;
                value += is_escape && escaped[i] == 'n' ? '\n' : escaped[i];
            }
            if (!labels.emplace(match[1], value).second) complain("a label twice", line);
            text = match.suffix();
        }
        if (!text.empty()) complain("labels", line);
        return labels;
    }

    void check_histogram(const std::string& name) {
        std::map<Labels, std::vector<std::pair<double, long>>> buckets;
        for (const auto& [key, value] : samples_) {
            if (key.first != name + "_bucket") continue;
            Labels rest = key.second;
            const std::string bound = rest["le"];
            rest.erase("le");
            buckets[rest].emplace_back(bound == "+Inf" ? 1e99 : number(bound),
                                       static_cast<long>(number(value)));
        }
        for (auto& [labels, list] : buckets) {
            std::ranges::sort(list);
            for (std::size_t i = 1; i < list.size(); ++i) {
                if (list[i].second < list[i - 1].second) complain("buckets fall", name);
            }
            if (list.back().first < 1e98) complain("no +Inf", name);
            if (get(name + "_count", labels) != std::to_string(list.back().second)) complain("count", name);
            if (get(name + "_sum", labels) == "absent") complain("no sum", name);
        }
    }

    static double number(const std::string& text) {
        double value = -1;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }

    std::vector<std::string> complaints_;
    std::set<std::string> helps_;
    std::map<std::string, std::string> types_;
    std::string current_;
    std::map<std::pair<std::string, Labels>, std::string> samples_;
};

Scrape scrape_of(const std::string& text) {
    Scrape scrape(text);
    for (const std::string& complaint : scrape.complaints()) ADD_FAILURE() << complaint;
    return scrape;
}

TEST(Exposition, WritesHistogramsCumulativelyAndTimesInSeconds) {
    static constexpr std::int64_t bounds[] = {500, 1'000, 2'500'000};
    core::Histogram values(bounds);
    for (const std::int64_t us : {1, 500, 501, 2'000'000, 9'000'000, -5}) values.add(us);
    Exposition out;
    out.begin("d_seconds", "histogram", "a\\b\nc", Unit::microseconds);
    out.histogram({{"of", "x"}}, values);
    EXPECT_EQ(out.take(),
              "# HELP d_seconds a\\\\b\\nc\n# TYPE d_seconds histogram\n"
              "d_seconds_bucket{of=\"x\",le=\"0.0005\"} 3\n"
              "d_seconds_bucket{of=\"x\",le=\"0.001\"} 4\n"
              "d_seconds_bucket{of=\"x\",le=\"2.5\"} 5\n"
              "d_seconds_bucket{of=\"x\",le=\"+Inf\"} 6\n"
              "d_seconds_sum{of=\"x\"} 11.001002\n"
              "d_seconds_count{of=\"x\"} 6\n");
}

TEST(Metrics, EscapesLabels) {
    Metrics metrics;
    const std::string nasty = "http://a\"b\\c\nd,e=\"f\"";
    metrics.on_circuit(nasty, true);
    Exposition out;
    metrics.write(out);
    EXPECT_EQ(scrape_of(out.take()).get("huitong_channel_circuit_open", {{"address", nasty}}), "1");
}

TEST(Metrics, AnUnboundedLabelCostsNoMemory) {
    Metrics metrics;
    for (int i = 0; i < 5000; ++i) metrics.on_trouble("drive", {core::Code::internal, std::to_string(i), {}});
    Exposition out;
    metrics.write(out);
    const std::string text = out.take();
    EXPECT_LT(std::ranges::count(text, '\n'), 400);
    EXPECT_EQ(scrape_of(text).get("huitong_troubles_total", {{"where", "other"}, {"reason", "other"}}),
              "4700");
}

net::Response ask(SimPlatform& sim, std::string path) {
    const net::Request request{.method = "GET", .target = std::move(path), .headers{}, .body{}, .peer_ip{}};
    auto answer = sim.run(sim.network().send(SimPlatform::gateway_origin(), request, {.client_identity{}}));
    return answer ? std::move(*answer) : net::make_response(0, "", answer.error().reason);
}

TEST(Metrics, SayWhatBecameOfPayments) {
    SimPlatform sim({.seed = 21});
    (void)sim.run(sim.till().pay({.client_sn = "A1", .amount_fen = 100, .payment_code = sim.payment_code()}));
    (void)sim.run(sim.till().pay({.client_sn = "A2", .amount_fen = 100, .payment_code = sim.payment_code()}));
    const auto waits = sim.begin(
        sim.till().pay({.client_sn = "A3", .amount_fen = 100, .payment_code = sim.payment_code(1, 20)}));
    sim.run_for(std::chrono::seconds(6));
    (void)ask(sim, "/no/such/path");
    const net::Response response = ask(sim, "/metrics");
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    const Scrape scrape = scrape_of(response.body);
    EXPECT_EQ(scrape.get("huitong_payment_transitions_total", {{"from", "none"}, {"to", "created"}}), "3");
    EXPECT_EQ(scrape.get("huitong_payment_transitions_total", {{"from", "created"}, {"to", "paid"}}), "2");
    EXPECT_EQ(scrape.get("huitong_payments_open", {{"state", "pending"}}), "1");
    EXPECT_EQ(scrape.get("huitong_payments_open", {{"state", "manual_review"}}), "0");
    const std::string age = scrape.get("huitong_oldest_unresolved_payment_age_seconds");
    EXPECT_TRUE(age.starts_with("5.") || age.starts_with("6.")) << age;
    EXPECT_EQ(scrape.get("huitong_channel_calls_total",
                         {{"channel", "wechat"}, {"call", "micropay"}, {"outcome", "done"}}),
              "2")
        << response.body;
    EXPECT_EQ(scrape.get("huitong_http_requests_total", {{"path", "/upay/v2/pay"}, {"result", "success"}}),
              "2");
    EXPECT_EQ(scrape.get("huitong_http_requests_total", {{"path", "other"}, {"result", "http_4xx"}}), "1");
    EXPECT_EQ(scrape.get("huitong_build_info", {{"version", "0.1.0"}, {"compiler", __VERSION__}}), "1");
    EXPECT_EQ(response.body.find(sim.data().merchant_sn), std::string::npos) << "no label names a merchant";
    sim.run_until([&] { return waits->is_done(); });
}

TEST(Metrics, CountRefundsThatAreNotProven) {
    SimPlatform sim({.seed = 23});
    (void)sim.run(sim.till().pay({.client_sn = "A1", .amount_fen = 100, .payment_code = sim.payment_code()}));
    EXPECT_EQ(scrape_of(ask(sim, "/metrics").body).get("huitong_refunds_unresolved"), "0");
    const auto refund = sim.begin(sim.till().refund("A1", "R1", 40));
    sim.run_for(std::chrono::milliseconds(200));
    const Scrape scrape = scrape_of(ask(sim, "/metrics").body);
    EXPECT_EQ(scrape.get("huitong_refunds_unresolved"), "1");
    EXPECT_NE(scrape.get("huitong_oldest_unresolved_refund_age_seconds"), "0");
    EXPECT_EQ(scrape.get("huitong_oldest_unresolved_payment_age_seconds"), "0") << "it is paid";
    EXPECT_EQ(scrape.get("huitong_manual_reviews_open"), "0");
    sim.run_until([&] { return refund->is_done(); });
    sim.settle();
    EXPECT_EQ(scrape_of(ask(sim, "/metrics").body).get("huitong_refunds_unresolved"), "0");
}

class BrokenStore final : public ports::StorePort {
  public:
    explicit BrokenStore(SimPlatform& sim) : sim_(sim) {}
    bool is_full = false;
    bool is_slow = false;
    int writes = 0;

    task::Task<void> run_write(Closure closure) override {
        ++writes;
        if (is_full) co_return core::fail(core::Code::unavailable, "commit_failed");
        if (is_slow) co_await sim_.time().sleep_for(std::chrono::seconds(30));
        co_return co_await sim_.store().run_write(std::move(closure));
    }
    task::Task<void> run_read(Closure closure) override { return sim_.store().run_read(std::move(closure)); }

  private:
    SimPlatform& sim_;
};

class ManageTest : public testing::Test {
  protected:
    net::Request get(std::string path, std::string peer = "127.0.0.1") {
        return {.method = "GET", .target = std::move(path), .headers{}, .body{}, .peer_ip = std::move(peer)};
    }
    int status(net::Request request) { return sim_.run(manage_.answer(std::move(request))).status; }
    std::string ready() { return sim_.run(manage_.answer(get("/readyz"))).body; }

    SimPlatform sim_{{.seed = 22}};
    BrokenStore store_{sim_};
    Metrics metrics_;
    ManageDeps deps_{.time = sim_.time(),
                     .store = store_,
                     .engine = sim_.engine(),
                     .metrics = metrics_,
                     .notifications = sim_.notifications(),
                     .store_stats = nullptr};
    Manage manage_{deps_, core::Secret()};
};

TEST_F(ManageTest, ReadyNamesEachReason) {
    EXPECT_EQ(ready(), "{\"ready\":true,\"reasons\":[]}\n");
    EXPECT_EQ(status(get("/readyz")), 200);
    EXPECT_EQ(store_.writes, 1) << "a second look within a second writes nothing";
    store_.is_full = true;
    sim_.run_for(std::chrono::milliseconds(1100));
    EXPECT_EQ(ready(), "{\"ready\":false,\"reasons\":[\"store_unwritable\"]}\n");
    store_.is_full = false;
    EXPECT_EQ(status(get("/readyz")), 200) << "a failure is not remembered";
    sim_.engine().set_catching_up(true);
    manage_.health().begin_drain();
    EXPECT_EQ(ready(), "{\"ready\":false,\"reasons\":[\"draining\",\"catching_up\"]}\n");
    EXPECT_EQ(status(get("/readyz")), 503);
    EXPECT_EQ(status(get("/healthz")), 200) << "alive all the same";
}

TEST_F(ManageTest, ASlowStoreIsAskedOnce) {
    store_.is_slow = true;
    const auto first = sim_.begin(manage_.answer(get("/readyz")));
    sim_.run_for(std::chrono::milliseconds(10));
    EXPECT_EQ(ready(), "{\"ready\":false,\"reasons\":[\"store_slow\"]}\n");
    EXPECT_EQ(store_.writes, 1);
    sim_.run_until([&] { return first->is_done(); });
    EXPECT_EQ(first->value->status, 200);
}

TEST_F(ManageTest, MetricsAreForNeighboursOrForTheToken) {
    for (const char* near : {"127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.9.9", "::ffff:10.0.0.1",
                             "fd00::1", "fe80::1", "169.254.1.1"})
        EXPECT_EQ(status(get("/metrics", near)), 200) << near;
    for (const char* far : {"8.8.8.8", "172.32.0.1", "11.0.0.1", "2001:db8::1", "::ffff:8.8.8.8", "", "x"})
        EXPECT_EQ(status(get("/metrics", far)), 403) << far;
    net::Request proxied = get("/metrics");
    proxied.headers.set("X-Forwarded-For", "8.8.8.8");
    EXPECT_EQ(status(proxied), 403);
    Manage guarded(deps_, core::Secret("a-token-of-length"));
    const auto with = [&](std::string header) {
        net::Request request = get("/metrics", "8.8.8.8");
        request.headers.set("Authorization", std::move(header));
        return sim_.run(guarded.answer(std::move(request))).status;
    };
    EXPECT_EQ(with("Bearer a-token-of-length"), 200);
    EXPECT_EQ(with("Bearer a-token-of-lengtH"), 403);
    EXPECT_EQ(with("a-token-of-length"), 403);
    EXPECT_EQ(sim_.run(guarded.answer(get("/metrics"))).status, 403) << "the token is for all";
}

TEST_F(ManageTest, OnlyGet) {
    for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
        net::Request request = get(path);
        request.method = "POST";
        EXPECT_EQ(status(request), 405) << path;
    }
}

}  // namespace
}  // namespace huitong::app
