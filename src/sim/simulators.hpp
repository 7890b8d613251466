// Simulators: all simulated channels and their control plane behind three handlers. An independent witness:
// it shares no code with the adapters it is used to test, only the ground libraries (spec/channels 6.2).
#pragma once

#include <memory>

#include "sim/alipay/channel.hpp"
#include "sim/clock.hpp"
#include "sim/faults.hpp"
#include "sim/journal.hpp"
#include "sim/notices.hpp"
#include "sim/options.hpp"
#include "sim/wechat/channel.hpp"

namespace huitong::sim {

// Runs on one executor; `time` and `random` must outlive it, and it must outlive the requests it serves.
class Simulators {
  public:
    // Throws std::invalid_argument when a key of an Alipay merchant cannot be read.
    Simulators(task::Time& time, core::Random& random, Options options);
    Simulators(const Simulators&) = delete;
    Simulators& operator=(const Simulators&) = delete;

    // The channels' own paths: WeChat's /pay/… and /secapi/pay/…, Alipay's /gateway.do.
    [[nodiscard]] net::Handler channel_handler();
    // /_sim/…: clock, faults, orders, journal, summary, violations, options, reset, scan, wallet.
    [[nodiscard]] net::Handler control_handler();
    // Both on one port.
    [[nodiscard]] net::Handler handler();

    // Begins to tell merchants what payers do; before the first request. Both must outlive it.
    void start_notices(boost::asio::any_io_executor executor, net::HttpTransport& transport) {
        notices_.start(std::move(executor), transport);
    }
    // Ends it; what is under way must have ended (join_notices) before this object goes.
    void stop_notices() { notices_.stop(); }
    [[nodiscard]] task::Awaitable<void> join_notices() { return notices_.join(); }

    void add_fault(Fault fault) { faults_.add(std::move(fault)); }
    // Forgets orders, faults, journal and violations; clock and options stay.
    void reset();

    [[nodiscard]] VirtualClock& clock() { return clock_; }
    [[nodiscard]] Options& options() { return options_; }  // its merchants must not change
    [[nodiscard]] Faults& faults() { return faults_; }
    [[nodiscard]] Journal& journal() { return journal_; }
    [[nodiscard]] Violations& violations() { return violations_; }
    [[nodiscard]] wechat::Channel& wechat() { return wechat_; }
    [[nodiscard]] alipay::Channel& alipay() { return alipay_; }
    // The channel of that name, or null.
    [[nodiscard]] Service* find_channel(std::string_view name);

  private:
    [[nodiscard]] task::Awaitable<net::Response> serve(net::Request request, bool has_channels,
                                                       bool has_control);

    Options options_;
    VirtualClock clock_;
    Faults faults_;
    Journal journal_;
    Violations violations_;
    Notices notices_;
    wechat::Channel wechat_;
    alipay::Channel alipay_;
};

}  // namespace huitong::sim
