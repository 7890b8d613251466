// SimProcess: the life of one simulated process of the platform, and the store and network as that process
// sees them. A process that was killed changes nothing any more: whatever it touches next throws, and its
// connections break.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>

#include "app/gateway.hpp"
#include "app/notify_postman.hpp"
#include "core/random.hpp"
#include "store/store.hpp"

namespace huitong::app {

struct ProcessDied : std::runtime_error {
    ProcessDied() : std::runtime_error("the simulated process was killed") {}
};

// Where a process touches the outside.
enum class Touch { before_write, after_write, before_send, after_answer, after_silence };

// What a call asks a channel for: "pay", "query", "reverse", "refund", "refundquery", "close"; empty for any
// other call.
[[nodiscard]] std::string_view channel_op(const net::Request& request);

// Counts what the process does to the outside, so that a test can kill it at each of these instants.
class Life {
  public:
    [[nodiscard]] bool is_over() const { return is_over_; }
    void end();
    // Called once, at the end.
    void set_on_end(std::function<void()> on_end) { on_end_ = std::move(on_end); }
    // Dies at the n-th instant from now (1: the next one): before and after each write of the store and each
    // call.
    void end_at(std::uint64_t nth) { ends_at_ = instants_ + nth; }
    // The same, counting only instants of that kind, and of calls that ask for `op` (channel_op) when there
    // is one.
    void end_at(Touch kind, std::uint64_t nth, std::string_view op = {}) {
        ends_at_kind_ = kind;
        ends_at_op_ = op;
        kind_left_ = nth;
    }
    [[nodiscard]] std::uint64_t instants() const { return instants_; }
    // Where it ended, when it ended at such an instant.
    [[nodiscard]] std::optional<Touch> ended_at() const { return ended_at_; }
    // What the call asked for at which it ended.
    [[nodiscard]] std::string_view ended_in() const { return ended_in_; }
    // One such instant. Throws ProcessDied when the process is gone, or goes now.
    void touch(Touch kind, std::string_view op = {});

  private:
    bool is_over_ = false;
    std::uint64_t instants_ = 0;
    std::optional<std::uint64_t> ends_at_;
    std::optional<Touch> ends_at_kind_;
    std::string_view ends_at_op_;  // names of operations are constants, here and below
    std::uint64_t kind_left_ = 0;
    std::optional<Touch> ended_at_;
    std::string_view ended_in_;
    std::function<void()> on_end_;
};

struct SimProcessDeps {
    boost::asio::io_context& io;
    task::Time& time;
    core::Random& random;
    std::shared_ptr<sql::Session> database;
    const crypto::Sealer& sealer;
    net::HttpTransport& network;
    ports::Observer& observer;
    ports::SendJournal* journal = nullptr;
    ports::SentCalls* sent_calls = nullptr;
    ports::AlertSink* alert_sink = nullptr;
    std::optional<flows::SigningKey> signing_key{};  // with one, notifications are delivered
};

class SimProcess {
  public:
    SimProcess(SimProcessDeps deps, GatewayOptions options, store::LoopOptions store_options);
    ~SimProcess();

    [[nodiscard]] Gateway& gateway() { return *gateway_; }
    [[nodiscard]] ports::StorePort& store();
    [[nodiscard]] Life& life() { return life_; }
    // Nothing of it touches store, network or observer from here on. What the store was just writing is
    // rolled back.
    void kill();

  private:
    class LivingStore;
    class LivingTransport;
    class LivingObserver;

    Life life_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<LivingStore> living_store_;
    std::unique_ptr<LivingTransport> transport_;
    std::unique_ptr<LivingObserver> observer_;
    std::unique_ptr<NotifyPostman> postman_;
    std::unique_ptr<Gateway> gateway_;
};

}  // namespace huitong::app
