#include "app/manage.hpp"

#include <boost/asio/ip/address.hpp>
#include <tuple>

#include "app/commands.hpp"
#include "app/process_stats.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {

namespace {

net::Response plain(int status, std::string text) {
    return net::make_response(status, "text/plain; charset=utf-8", std::move(text));
}

bool is_near_v4(const boost::asio::ip::address_v4& address) {
    const auto bytes = address.to_bytes();
    return address.is_loopback() || bytes[0] == 10 || (bytes[0] == 172 && bytes[1] >> 4 == 1) ||
           (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 169 && bytes[1] == 254);
}

bool is_near_v6(const boost::asio::ip::address_v6& address) {
    if (address.is_v4_mapped()) {
        return is_near_v4(boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address));
    }
    return address.is_loopback() || address.is_link_local() || (address.to_bytes()[0] & 0xfe) == 0xfc;
}

core::Duration age(core::Instant now, core::Instant of) {
    return std::max(now - of, core::Duration{0});
}

}  // namespace

bool is_near(std::string_view ip) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(ip), error);
    if (error) return false;
    return address.is_v4() ? is_near_v4(address.to_v4()) : is_near_v6(address.to_v6());
}

Manage::Manage(ManageDeps deps, core::Secret metrics_token)
    : deps_(std::move(deps)),
      metrics_token_(std::move(metrics_token)),
      health_(deps_.time, deps_.store, deps_.engine),
      started_at_(deps_.time.now()) {}

bool Manage::is_mine(std::string_view path) {
    return path == "/healthz" || path == "/readyz" || path == "/metrics";
}

task::Awaitable<net::Response> Manage::answer(net::Request request) {
    if (request.method != "GET") {
        net::Response response = plain(405, "GET only\n");
        response.headers.set("Allow", "GET");
        co_return response;
    }
    if (request.path() == "/healthz") co_return plain(200, "ok\n");
    if (request.path() == "/readyz") co_return co_await ready();
    if (!may_read_metrics(request)) co_return plain(403, "not from here, or not without the token\n");
    co_return co_await show_metrics();
}

task::Awaitable<net::Response> Manage::ready() {
    const auto reasons = co_await health_.reasons();
    codec::JsonArray texts;
    for (const std::string_view reason : reasons) texts.emplace_back(reason);
    const codec::JsonObject body{{"ready", codec::Json(reasons.empty())}, {"reasons", std::move(texts)}};
    net::Response response =
        net::make_response(reasons.empty() ? 200 : 503, "application/json", codec::write_json(body) + "\n");
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

bool Manage::may_read_metrics(const net::Request& request) const {
    if (metrics_token_.empty()) {
        // Behind a proxy every peer is near; who asked is not.
        const bool is_forwarded =
            request.headers.find("X-Forwarded-For") || request.headers.find("Forwarded");
        return !is_forwarded && is_near(request.peer_ip);
    }
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view said = request.headers.find("Authorization").value_or(std::string_view{});
    return said.starts_with(scheme) &&
           crypto::equal_constant_time(said.substr(scheme.size()), metrics_token_.reveal());
}

task::Awaitable<net::Response> Manage::show_metrics() {
    Exposition out;
    co_await write_stored(out);
    out.gauge("huitong_payments_driven", "Payments that this process is at work on or waits for.",
              static_cast<std::int64_t>(deps_.engine.driving()));
    out.gauge("huitong_draining", "1 once a stop was asked for.", health_.is_draining() ? 1 : 0);
    out.gauge("huitong_catching_up", "1 while the channels are asked about what a restored backup lost.",
              deps_.engine.is_catching_up() ? 1 : 0);
    deps_.metrics.write(out);
    write_notifications(out);
    write_store(out);
    write_process(out);
    co_return net::make_response(200, Exposition::content_type, out.take());
}

task::Awaitable<void> Manage::write_stored(Exposition& out) const {
    using payments::PaymentState;
    using Open = ports::PaymentRepository::Open;
    using Waiting = ports::NotificationRepository::Waiting;
    using Stored = std::tuple<Open, std::int64_t, Waiting>;
    const auto found = co_await deps_.store.read([](ports::Tx& tx) -> core::Result<Stored> {
        return Stored(tx.payments().count_open(), tx.alerts().count_open(),
                      tx.notifications().count_waiting());
    });
    out.gauge("huitong_store_readable", "0 when the figures of the store could not be read; they are absent.",
              found ? 1 : 0);
    if (!found) co_return;
    const auto& [open, alerts, waiting] = *found;
    const core::Instant now = deps_.time.now();
    core::Duration oldest{0};
    std::int64_t reviews = open.refunds_in_review;
    out.begin("huitong_payments_open", "gauge", "Payments that are not over, by state.");
    for (const PaymentState state : {PaymentState::created, PaymentState::pending, PaymentState::reversing,
                                     PaymentState::manual_review}) {
        std::int64_t count = 0;
        for (const Open::Row& row : open.payments) {
            if (row.state != state) continue;
            count = row.count;
            if (state != PaymentState::manual_review) oldest = std::max(oldest, age(now, row.oldest));
        }
        if (state == PaymentState::manual_review) reviews += count;
        out.sample({{"state", to_string(state)}}, count);
    }
    out.gauge("huitong_oldest_unresolved_payment_age_seconds",
              "Since the creation of the oldest payment that is created, pending or reversing; 0: none is.",
              oldest.count(), Unit::microseconds);
    out.gauge("huitong_refunds_unresolved", "Refunds that are neither proven nor refused.", open.refunds);
    out.gauge("huitong_oldest_unresolved_refund_age_seconds", "The same of refunds.",
              open.oldest_refund ? age(now, *open.oldest_refund).count() : 0, Unit::microseconds);
    out.gauge("huitong_manual_reviews_open", "Payments and refunds that wait for a person.", reviews);
    out.gauge("huitong_alerts_open", "Alerts that nobody has acknowledged.", alerts);
    out.gauge("huitong_notifications_waiting", "Notifications of merchants with a try to come.",
              waiting.count);
    out.gauge("huitong_oldest_waiting_notification_age_seconds", "Since the oldest of them was written.",
              waiting.oldest ? age(now, *waiting.oldest).count() : 0, Unit::microseconds);
}

void Manage::write_notifications(Exposition& out) const {
    const flows::NotificationCounts& counts = deps_.notifications.counts();
    out.begin("huitong_notification_tries_total", "counter", "Tries to tell a merchant, by outcome.");
    out.sample({{"outcome", "delivered"}}, counts.delivered);
    out.sample({{"outcome", "refused"}}, counts.refused);
    out.sample({{"outcome", "unanswered"}}, counts.unanswered);
    out.sample({{"outcome", "blocked"}}, counts.blocked);
    out.counter("huitong_notifications_given_up_total", "Notifications whose last try failed.",
                counts.given_up);
}

void Manage::write_store(Exposition& out) const {
    if (!deps_.store_stats) return;
    const store::Stats stats = deps_.store_stats();
    out.begin("huitong_store_queue_length", "gauge", "Closures that wait for the store.");
    out.sample({{"lane", "read"}}, static_cast<std::int64_t>(stats.waiting_reads));
    out.sample({{"lane", "write"}}, static_cast<std::int64_t>(stats.waiting_writes));
    out.begin("huitong_store_queue_wait_seconds", "histogram", "How long closures waited for their turn.",
              Unit::microseconds);
    out.histogram({{"lane", "read"}}, stats.read_wait_us);
    out.histogram({{"lane", "write"}}, stats.write_wait_us);
    out.begin("huitong_store_commit_duration_seconds", "histogram", "Duration of COMMIT.",
              Unit::microseconds);
    out.histogram({}, stats.counts.commit_us);
    out.begin("huitong_store_group_size", "histogram", "Closures that share one transaction.");
    out.histogram({}, stats.counts.group_size);
    out.counter("huitong_store_group_reruns_total", "Groups that were rolled back and run one by one.",
                stats.counts.reruns);
    out.counter("huitong_store_retries_total", "Closures run again because of other transactions.",
                stats.counts.retries);
    out.begin("huitong_store_unknown_commits_total", "counter",
              "Commits whose answer was lost, by what became of them.");
    out.sample({{"became", "done"}}, stats.counts.unknown_done);
    out.sample({{"became", "lost"}}, stats.counts.unknown_lost);
    out.counter("huitong_store_refused_total", "Closures refused because too many waited.", stats.refused);
}

void Manage::write_process(Exposition& out) const {
    const ProcessStats process = read_process_stats();
    std::string_view number = version;
    number.remove_prefix(number.find(' ') + 1);
    out.begin("huitong_build_info", "gauge", "Always 1; which build this is.");
    out.sample({{"version", number}, {"compiler", __VERSION__}}, 1);
    out.gauge("process_start_time_seconds", "Start of this process, in seconds since 1970.",
              core::to_us(started_at_), Unit::microseconds);
    out.gauge("process_resident_memory_bytes", "Memory in use.", process.resident_bytes);
    out.gauge("process_open_fds", "Open files and sockets.", process.open_fds);
    out.begin("process_cpu_seconds_total", "counter", "Processor time used.", Unit::microseconds);
    out.sample({}, process.cpu_us);
}

}  // namespace huitong::app
