// Run: sends what the schedule holds over a fixed number of connections to one or several nodes, and settles
// what stayed unknown. A request that finds every connection busy waits, and its latency counts from when it
// was due.
#pragma once

#include <functional>
#include <map>

#include "core/log_histogram.hpp"
#include "load/orders.hpp"
#include "net/http_client.hpp"
#include "task/group.hpp"

namespace huitong::load {

// One operation's answers.
struct Tally {
    core::LogHistogram latency_us;
    std::array<std::int64_t, verdicts.size()> by_verdict{};
    std::map<std::string, std::int64_t> words;  // Outcome::word

    [[nodiscard]] std::int64_t of(Verdict verdict) const {
        return by_verdict[static_cast<std::size_t>(verdict)];
    }
};

struct Measures {
    std::array<Tally, operations.size()> by_operation;
    core::LogHistogram behind_us;  // from when a request was due to when it was sent
    std::int64_t sent = 0;
    std::int64_t paid_instead = 0;  // there was no payment yet to query, cancel or refund
    core::Duration sending{0};      // from the start to the last request sent
    core::Duration lasting{0};      // to the last answer
    std::int64_t left_open = 0;     // orders with something unknown when the rate part ended
    core::Duration settling{0};

    [[nodiscard]] const Tally& of(Operation operation) const {
        return by_operation[static_cast<std::size_t>(operation)];
    }
};

// Told once a second.
struct Progress {
    core::Duration elapsed{0};
    bool is_settling = false;
    std::int64_t open = 0;  // orders to be settled
    std::int64_t answered = 0;
    std::int64_t unknown_or_refused = 0;
    std::int64_t answered_last_second = 0;
    std::int64_t p99_us_last_second = 0;
};

struct RunOptions {
    std::vector<net::Origin> targets = {};  // any of them answers any request
    std::vector<Identity> terminals = {};
    std::string name = {};  // begins every client_sn; at most 16 characters
    int connections = 64;
    Plan plan = {};
    std::vector<Wallet> wallets = {Wallet::wechat, Wallet::alipay};
    std::uint64_t faults_ppm = 0;  // of the pays
    std::int64_t first_code = 0;   // runs against the same simulators must not overlap
    std::function<void(const Progress&)> on_second = {};
};

class Run {
  public:
    // `transport` and `time` outlive it.
    Run(net::HttpTransport& transport, task::Time& time, RunOptions options);

    // The rate part: returns when every request was answered or given up.
    [[nodiscard]] task::Awaitable<void> send();
    // Queries what is unknown until it is final or `limit` has passed.
    [[nodiscard]] task::Awaitable<void> settle(core::Duration limit);

    [[nodiscard]] const Measures& measures() const { return measures_; }
    [[nodiscard]] const Orders& orders() const { return orders_; }

  private:
    struct Turn {  // one request of the rate part
        Operation operation;
        Order& order;
        net::Request request;
    };
    [[nodiscard]] task::Awaitable<void> work();
    [[nodiscard]] task::Awaitable<void> settle_some(core::Instant until);
    [[nodiscard]] task::Awaitable<void> settle_one(Order& order);
    [[nodiscard]] task::Awaitable<void> tick(task::Group& workers);
    [[nodiscard]] task::Task<Answer> ask(net::Request request);
    // Of whichever node answers: a query may be asked anywhere and again.
    [[nodiscard]] task::Task<Answer> ask_any(net::Request request);
    [[nodiscard]] Turn make_turn(Operation wanted);
    [[nodiscard]] Turn make_pay();
    [[nodiscard]] net::Request request_of(const Order& order, std::string_view path,
                                          codec::JsonObject fields) const;
    void measure(Operation operation, core::Duration latency, const Outcome& outcome);
    [[nodiscard]] std::int64_t count_open() const;

    net::HttpTransport& transport_;
    task::Time& time_;
    RunOptions options_;
    Schedule schedule_;
    core::SeededRandom random_;
    Orders orders_;
    Measures measures_;
    core::Instant started_at_;
    std::size_t next_target_ = 0;
    std::vector<Order*> to_settle_;
    Progress progress_;
    core::LogHistogram last_second_us_;
    std::exception_ptr failure_;
};

}  // namespace huitong::load
