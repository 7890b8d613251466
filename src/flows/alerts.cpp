#include "flows/alerts.hpp"

#include <array>

#include "core/mutation.hpp"

namespace huitong::flows {

using ports::Alert;

namespace {

constexpr std::size_t most_troubles_remembered = 500;

std::string line_of(std::string_view where, const core::Error& error) {
    std::string line = std::string(where) + ": " + error.reason;
    if (!error.detail.empty()) line += ": " + error.detail;
    return line;
}

}  // namespace

core::Instant next_delivery(const Alert& alert, core::Instant now, core::Duration give_up_after) {
    using namespace std::chrono_literals;
    static constexpr std::array<core::Duration, 4> first_waits{10s, 1min, 5min, 30min};
    const auto failed = static_cast<std::size_t>(alert.tries);
    const core::Duration wait = failed >= 1 && failed <= first_waits.size() ? first_waits[failed - 1] : 1h;
    const core::Instant next = now + wait;
    return next > alert.at + give_up_after ? never : next;
}

Alerts::Alerts(AlertDeps deps, AlertOptions options)
    : deps_(deps),
      options_(options),
      // work() lets nothing through.
      group_(deps_.executor, deps_.time, [](const std::exception_ptr&) {}) {}

void Alerts::start() {
    group_.spawn(work());
}

task::Awaitable<void> Alerts::stop() {
    request_stop();
    co_await group_.join();
    try {
        (void)co_await write_raised();
    } catch (const std::exception&) {
        // The store is gone: what was raised in the last moments is in the log.
    }
}

void Alerts::raise(std::string name, std::string detail, std::optional<core::PaymentSn> payment) {
    if (raised_.size() >= options_.most_waiting) return;
    const core::Instant now = deps_.time.now();
    raised_.push_back({.id = deps_.random.hex(32),
                       .at = now,
                       .name = std::move(name),
                       .detail = std::move(detail),
                       .payment = payment,
                       .delivered_at = std::nullopt,
                       .next_at = now,
                       .acknowledged_by = {},
                       .acknowledged_at = std::nullopt});
}

void Alerts::on_circuit(std::string_view address, bool is_open) {
    raise(is_open ? "channel_down" : "channel_up", std::string(address));
}

void Alerts::on_trouble(std::string_view where, const core::Error& error) {
    raise_trouble(where, error, std::nullopt);
}

void Alerts::on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) {
    raise_trouble(where, error, payment);
}

void Alerts::raise_trouble(std::string_view where, const core::Error& error,
                           std::optional<core::PaymentSn> payment) {
    const core::Instant now = deps_.time.now();
    const auto is_over = [&](const auto& known) { return known.second + options_.trouble_every <= now; };
    std::erase_if(troubles_, is_over);
    if (troubles_.size() >= most_troubles_remembered) return;
    if (troubles_.try_emplace(std::string(where) + "/" + error.reason, now).second)
        raise("trouble", line_of(where, error), payment);
}

task::Awaitable<void> Alerts::work() {
    while (!group_.is_stopping()) {
        const bool is_well = co_await turn();
        if (!is_well || raised_.empty()) {
            co_await group_.stopping().wait_until(deps_.time.now() + options_.scan_every);
        }
    }
}

task::Awaitable<bool> Alerts::turn() {
    try {
        if (auto written = co_await write_raised(); !written) {
            deps_.observer.on_trouble("alerts", written.error());
            co_return false;
        }
        while (deps_.sink != nullptr && !group_.is_stopping()) {
            const auto found = co_await deliver_due();
            if (!found) deps_.observer.on_trouble("alerts", found.error());
            if (!found) co_return false;
            if (*found < options_.scan_most) break;
        }
        co_return true;
    } catch (const std::exception& problem) {
        deps_.observer.on_trouble("alerts", core::Error{core::Code::internal, "exception", problem.what()});
    }
    co_return false;
}

task::Task<void> Alerts::write_raised() {
    while (!raised_.empty()) {
        const Alert alert = raised_.front();
        auto done = co_await deps_.store.write([alert](ports::Tx& tx) -> core::Result<void> {
            tx.alerts().raise(alert);
            return {};
        });
        if (!done) co_return done;
        raised_.pop_front();
    }
    co_return core::Result<void>{};
}

task::Task<std::size_t> Alerts::deliver_due() {
    const core::Instant now = deps_.time.now();
    const std::size_t most = options_.scan_most;
    auto due = co_await deps_.store.read([now, most](ports::Tx& tx) -> core::Result<std::vector<Alert>> {
        return tx.alerts().find_undelivered(now, most);
    });
    if (!due) co_return std::unexpected(std::move(due.error()));
    for (Alert& alert : *due) {
        if (group_.is_stopping()) break;
        // After a failure the others wait for the next turn: a receiver that is away is not asked in a row.
        if (auto done = co_await deliver(std::move(alert)); !done) co_return std::unexpected(done.error());
    }
    co_return due->size();
}

task::Task<bool> Alerts::claim(Alert alert) {
    if (options_.claim_for <= core::Duration{0}) co_return true;
    const core::Instant until = deps_.time.now() + options_.claim_for;
    const auto claimed = co_await deps_.store.write([alert, until](ports::Tx& tx) -> core::Result<void> {
        tx.alerts().claim(alert, until);
        return {};
    });
    if (claimed) co_return true;
    if (claimed.error().reason == "taken") co_return false;
    co_return std::unexpected(claimed.error());
}

task::Task<void> Alerts::deliver(Alert alert) {
    const auto is_ours = co_await claim(alert);
    if (!is_ours) co_return std::unexpected(is_ours.error());
    if (!*is_ours) co_return core::Result<void>{};
    ++alert.tries;
    auto sent = co_await deps_.sink->deliver(alert);
    const core::Instant now = deps_.time.now();
    if (sent || HUITONG_MUTATED("alert_delivered_unsent")) {
        alert.delivered_at = now;
    } else {
        alert.next_at = next_delivery(alert, now, options_.give_up_after);
    }
    auto noted = co_await deps_.store.write([alert](ports::Tx& tx) -> core::Result<void> {
        tx.alerts().note_delivery(alert);
        return {};
    });
    if (!sent) co_return sent;
    co_return noted;
}

}  // namespace huitong::flows
