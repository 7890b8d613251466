// Alerts: what people must hear of becomes rows and goes to the operator's webhook. Alarms of a payment are
// rows already, committed with the change; a channel that goes down and what breaks inside the platform are
// raised here. Delivery is at least once: tried at once, then after 10 s, 1 min, 5 min, 30 min and hourly,
// until three days after the alert was raised.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <string>

#include "core/random.hpp"
#include "ports/alert_sink.hpp"
#include "ports/observer.hpp"
#include "ports/store.hpp"
#include "task/group.hpp"

namespace huitong::flows {

struct AlertOptions {
    core::Duration scan_every = std::chrono::seconds(1);
    std::size_t scan_most = 20;
    core::Duration trouble_every = std::chrono::minutes(10);  // one alert per place and reason
    std::size_t most_waiting = 100;                           // raised and not written yet; more are dropped
    core::Duration give_up_after = std::chrono::hours(72);
    // Where other nodes look for alerts too: how long one is left to the node that delivers it; longer than a
    // delivery takes. 0: there are no others.
    core::Duration claim_for{0};
};

struct AlertDeps {
    ports::StorePort& store;
    ports::AlertSink* sink = nullptr;  // none: alerts stay rows
    ports::Observer& observer;         // of deliveries that fail; not the Alerts themselves
    task::Time& time;
    core::Random& random;
    boost::asio::any_io_executor executor;
};

class Alerts final : public ports::Observer {
  public:
    Alerts(AlertDeps deps, AlertOptions options = {});

    void start();
    void request_stop() { group_.stop(); }
    // What was raised by then is written; a delivery under way is let finish.
    [[nodiscard]] task::Awaitable<void> stop();

    // Written by the worker soon after.
    void raise(std::string name, std::string detail, std::optional<core::PaymentSn> payment = std::nullopt);

    void on_change(const payments::Aggregate*, const payments::Change&) override {}
    void on_call(const payments::Payment&, const payments::Answer&) override {}
    void on_circuit(std::string_view address, bool is_open) override;
    void on_trouble(std::string_view where, const core::Error& error) override;
    void on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) override;

  private:
    void raise_trouble(std::string_view where, const core::Error& error,
                       std::optional<core::PaymentSn> payment);
    [[nodiscard]] task::Awaitable<void> work();
    // False: something failed; what is left waits for the next turn.
    [[nodiscard]] task::Awaitable<bool> turn();
    [[nodiscard]] task::Task<void> write_raised();
    // The number of alerts that were found due.
    [[nodiscard]] task::Task<std::size_t> deliver_due();
    [[nodiscard]] task::Task<void> deliver(ports::Alert alert);
    // False: another node delivers it.
    [[nodiscard]] task::Task<bool> claim(ports::Alert alert);

    AlertDeps deps_;
    AlertOptions options_;
    std::deque<ports::Alert> raised_;
    std::map<std::string, core::Instant> troubles_;  // by place and reason: when it was raised last
    task::Group group_;
};

// When a delivery that failed `tries` times is tried again; the last time is `never`.
[[nodiscard]] core::Instant next_delivery(const ports::Alert& alert, core::Instant now,
                                          core::Duration give_up_after);
inline constexpr core::Instant never = core::from_us(253'402'300'799'000'000);  // the end of the year 9999

}  // namespace huitong::flows
