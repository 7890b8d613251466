// SimPlatform: the whole platform with its simulators in one thread under simulated time, from a seed:
// gateway with its real HTTP handler, store, channel adapter, network with faults, simulated WeChat. Tests,
// the demo's stories and the simulation command build on it. Its process can be killed at any instant and
// started again on the same store.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "app/demo_data.hpp"
#include "app/sim_network.hpp"
#include "app/sim_process.hpp"
#include "app/till.hpp"
#include "core/assert.hpp"
#include "sim/simulators.hpp"

namespace huitong::app {

struct SimOptions {
    std::uint64_t seed = 1;
    core::Instant start = core::from_us(1'772'676'000'000'000);  // 2026-03-05 10:00 UTC+8
    sim::Options simulators{};                                   // its merchants are filled in
    std::vector<std::string> sub_mch_ids{};  // not empty: the WeChat account is a service provider's, and the
                                             // account in the store, which names none of them, is refused
    GatewayOptions gateway{};
    store::LoopOptions store{};
    ports::SendJournal* journal = nullptr;           // must outlive the platform, as the next; null: none
    ports::SentCalls* sent_calls = nullptr;          // what a restart on a restored database is told
    ports::AlertSink* alert_sink = nullptr;          // must outlive the platform, as the next; null: none
    std::optional<flows::SigningKey> signing_key{};  // with one, notifications go out over the network
    ports::Observer* observer = nullptr;
    std::shared_ptr<sql::Session> database = nullptr;  // migrated and empty; null: one in memory
};

class SimPlatform {
  public:
    // Ready to be paid through: demo data made, one till activated.
    explicit SimPlatform(SimOptions options);
    ~SimPlatform();
    SimPlatform(const SimPlatform&) = delete;
    SimPlatform& operator=(const SimPlatform&) = delete;

    [[nodiscard]] Till& till() { return *till_; }
    // Another one of the same merchant, activated.
    [[nodiscard]] std::unique_ptr<Till> make_till();
    // An 18-digit payment code never used before: scenario and its TT as in spec/channels 6.3; 0, 0 is plain.
    [[nodiscard]] std::string payment_code(int scenario = 0, int tt = 0,
                                           payments::ChannelKind channel = payments::ChannelKind::wechat);
    [[nodiscard]] const DemoData& data() const { return data_; }

    [[nodiscard]] task::SimTime& time() { return time_; }
    [[nodiscard]] core::Random& random() { return random_; }
    [[nodiscard]] sim::Simulators& simulators() { return *simulators_; }
    [[nodiscard]] SimNetwork& network() { return network_; }
    [[nodiscard]] flows::Engine& engine() { return process_->gateway().engine(); }
    [[nodiscard]] flows::Notifications& notifications() { return process_->gateway().notifications(); }
    // As the running process sees it; while none runs, nothing may be asked of it.
    [[nodiscard]] ports::StorePort& store() { return process_->store(); }
    // The database itself, for tests that look into it or damage it.
    [[nodiscard]] sql::Session& database() { return *database_; }
    [[nodiscard]] Life& life() { return process_->life(); }
    [[nodiscard]] boost::asio::io_context& io() { return io_; }
    [[nodiscard]] static net::Origin gateway_origin() {
        return {.is_tls = false, .host = "gateway.sim", .port = 80};
    }
    [[nodiscard]] static net::Origin wechat_origin() {
        return {.is_tls = false, .host = "wechat.sim", .port = 80};
    }
    [[nodiscard]] static net::Origin alipay_origin() {
        return {.is_tls = false, .host = "alipay.sim", .port = 80};
    }

    // What a coroutine that was begun came to; empty while it runs.
    template <class T>
    struct Pending {
        std::optional<T> value;
        std::exception_ptr failure;
        [[nodiscard]] bool is_done() const { return value.has_value() || failure; }
    };
    // Starts a coroutine beside others; it goes on whenever time runs. What it uses must outlive it.
    template <class T>
    [[nodiscard]] std::shared_ptr<Pending<T>> begin(task::Awaitable<T> coroutine);
    // Runs it to its end; throws what it threw.
    template <class T>
    T run(task::Awaitable<T> coroutine);
    // Both stop early only when nothing is left to wait for.
    void run_for(core::Duration duration) { time_.run_until(time_.now() + duration); }
    void run_until(core::Instant until) { time_.run_until(until); }
    void run_until(const std::function<bool()>& done) { time_.run_until(done); }
    // Until the engine drives nothing: what is left waits in the store for its time.
    void settle();

    // kill -9: the process ends between two instants; the store keeps what was committed, tills see resets.
    void crash() { process_->kill(); }
    // A new process on the same store (the old one is killed when it still runs). Fails with
    // unavailable/process_gone when life().end_at() of the new process, see `ends_at`, strikes during its
    // start.
    [[nodiscard]] core::Result<void> restart(std::optional<std::uint64_t> ends_at = std::nullopt);
    // A backup as of now, and a new process on one: what the database held since is lost.
    [[nodiscard]] std::shared_ptr<sql::Session> copy_database();
    [[nodiscard]] core::Result<void> restart_on(std::shared_ptr<sql::Session> database,
                                                std::optional<std::uint64_t> ends_at = std::nullopt);

  private:
    [[nodiscard]] std::unique_ptr<SimProcess> make_process();
    [[nodiscard]] core::Result<void> start_process();

    SimOptions options_;
    boost::asio::io_context io_;
    core::SeededRandom random_;
    task::SimTime time_;
    std::shared_ptr<sql::Session> database_;
    crypto::Sealer sealer_;
    std::unique_ptr<sim::Simulators> simulators_;
    SimNetwork network_;
    DemoData data_;
    std::unique_ptr<SimProcess> process_;
    std::vector<std::unique_ptr<SimProcess>>
        dead_;  // coroutines of theirs may still wait for their next touch
    std::unique_ptr<Till> till_;
    std::uint64_t next_code_ = 0;
};

template <class T>
std::shared_ptr<SimPlatform::Pending<T>> SimPlatform::begin(task::Awaitable<T> coroutine) {
    auto pending = std::make_shared<Pending<T>>();
    boost::asio::co_spawn(io_, std::move(coroutine), [pending](std::exception_ptr failure, T value) {
        pending->failure = failure;
        if (!failure) pending->value = std::move(value);
    });
    return pending;
}

template <class T>
T SimPlatform::run(task::Awaitable<T> coroutine) {
    const auto pending = begin(std::move(coroutine));
    time_.run_until([&] { return pending->is_done(); });
    if (pending->failure) std::rethrow_exception(pending->failure);
    HUITONG_ASSERT(pending->value.has_value(), "a coroutine waits for nothing that could come");
    return std::move(*pending->value);
}

}  // namespace huitong::app
