#include "app/health.hpp"

namespace huitong::app {

namespace {

constexpr core::Duration fresh_for = std::chrono::seconds(1);
constexpr core::Duration patience = std::chrono::seconds(1);

// Keeps the flag true to what runs, however the probe ends.
class Running {
  public:
    Running(bool& is_running, task::Signal& ended) : is_running_(is_running), ended_(ended) {
        is_running_ = true;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        is_running_ = false;
        ended_.notify_all();
    }

  private:
    bool& is_running_;
    task::Signal& ended_;
};

}  // namespace

task::Awaitable<std::vector<std::string_view>> Health::reasons() {
    std::vector<std::string_view> found;
    if (is_draining_) found.push_back("draining");
    if (engine_.is_catching_up()) found.push_back("catching_up");
    const std::string_view of_store = co_await probe();
    if (!of_store.empty()) found.push_back(of_store);
    co_return found;
}

task::Awaitable<std::string_view> Health::probe() {
    // One write at a time: the others wait for it, and not for ever.
    const core::Instant until = time_.now() + patience;
    while (is_probing_) {
        if (!co_await probed_.wait_until(until)) co_return "store_slow";
    }
    if (!is_writable_ || time_.now() - probed_at_ > fresh_for) co_await write_row();
    co_return is_writable_ ? std::string_view{} : std::string_view("store_unwritable");
}

task::Awaitable<void> Health::write_row() {
    const Running running(is_probing_, probed_);
    is_writable_ = false;
    const std::string at = core::to_rfc3339(time_.now());
    const auto done = co_await store_.write([at](ports::Tx& tx) -> core::Result<void> {
        tx.facts().set("writable_at", at);
        return {};
    });
    is_writable_ = done.has_value();
    probed_at_ = time_.now();
}

}  // namespace huitong::app
