// SimTime: a heap of waiters beside an io_context. A wait is an Asio operation, so it obeys Asio's
// cancellation like a socket's, and its handler is posted, never run in place.
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <map>
#include <optional>

#include "task/time.hpp"

namespace huitong::task {

namespace {

using Key = std::pair<core::Instant, std::uint64_t>;
using Wake = std::move_only_function<void(bool)>;

}  // namespace

struct SimTime::State {
    core::Instant now;
    std::uint64_t next_ticket = 0;
    std::map<Key, Wake> waiters;
};

namespace {

class SimTimer final : public Timer {
  public:
    SimTimer(std::shared_ptr<SimTime::State> state, boost::asio::io_context& io)
        : state_(std::move(state)), io_(io) {}

    ~SimTimer() override { cancel(); }

    Awaitable<bool> wait_until(core::Instant until) override {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(bool)>(
            [this, until](auto handler) { begin(until, std::move(handler)); }, boost::asio::use_awaitable);
    }

    void cancel() override { finish(false); }

  private:
    template <class Handler>
    void begin(core::Instant until, Handler handler) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        key_ = Key{std::max(until, state_->now), state_->next_ticket++};
        if (slot.is_connected()) slot.assign([this](boost::asio::cancellation_type) { cancel(); });
        // The handler's own executor resumes the coroutine; io_ is where it lives.
        state_->waiters.emplace(*key_, [&io = io_, handler = std::move(handler), this](bool reached) mutable {
            key_.reset();
            boost::asio::post(
                io, [handler = std::move(handler), reached]() mutable { std::move(handler)(reached); });
        });
    }

    void finish(bool reached) {
        if (!key_) return;
        auto node = state_->waiters.extract(*key_);
        key_.reset();
        if (!node.empty()) node.mapped()(reached);
    }

    std::shared_ptr<SimTime::State> state_;
    boost::asio::io_context& io_;
    std::optional<Key> key_;
};

}  // namespace

SimTime::SimTime(boost::asio::io_context& io, core::Instant start)
    : state_(std::make_shared<State>()), io_(io) {
    state_->now = start;
}

SimTime::~SimTime() {
    // Handlers still waiting are dropped with their coroutines; they must not touch timers that are gone.
    auto waiters = std::move(state_->waiters);
    state_->waiters.clear();
}

core::Instant SimTime::now() const {
    return state_->now;
}

std::unique_ptr<Timer> SimTime::make_timer() {
    return std::make_unique<SimTimer>(state_, io_);
}

void SimTime::run_until(const std::function<bool()>& done) {
    while (!done()) {
        io_.restart();
        if (io_.poll_one() > 0) continue;
        if (state_->waiters.empty()) return;
        auto node = state_->waiters.extract(state_->waiters.begin());
        state_->now = std::max(state_->now, node.key().first);
        node.mapped()(true);
    }
}

void SimTime::run_until_idle() {
    run_until([] { return false; });
}

void SimTime::run_until(core::Instant until) {
    for (;;) {
        io_.restart();
        if (io_.poll() > 0) continue;
        if (state_->waiters.empty() || state_->waiters.begin()->first.first > until) break;
        auto node = state_->waiters.extract(state_->waiters.begin());
        state_->now = std::max(state_->now, node.key().first);
        node.mapped()(true);
    }
    state_->now = std::max(state_->now, until);
}

}  // namespace huitong::task
