// Manage: what operators' machines ask of this one, beside the faces on the same port: /healthz (the process
// turns), /readyz (it takes new payments; for balancers) and /metrics (Prometheus). docs/operations.md.
#pragma once

#include <functional>

#include "app/health.hpp"
#include "app/metrics.hpp"
#include "core/secret.hpp"
#include "flows/notifications.hpp"
#include "net/message.hpp"
#include "store/executor.hpp"

namespace huitong::app {

struct ManageDeps {
    task::Time& time;
    ports::StorePort& store;
    const flows::Engine& engine;
    const Metrics& metrics;
    const flows::Notifications& notifications;
    std::function<store::Stats()> store_stats;  // none: the store is not measured
};

class Manage {
  public:
    // `metrics_token`: who reads /metrics must present it; empty: peers on loopback or in a private network
    // may, unless the request came through a proxy.
    Manage(ManageDeps deps, core::Secret metrics_token);

    [[nodiscard]] static bool is_mine(std::string_view path);
    [[nodiscard]] task::Awaitable<net::Response> answer(net::Request request);
    [[nodiscard]] Health& health() { return health_; }

  private:
    [[nodiscard]] task::Awaitable<net::Response> ready();
    [[nodiscard]] task::Awaitable<net::Response> show_metrics();
    [[nodiscard]] bool may_read_metrics(const net::Request& request) const;
    [[nodiscard]] task::Awaitable<void> write_stored(Exposition& out) const;
    void write_notifications(Exposition& out) const;
    void write_store(Exposition& out) const;
    void write_process(Exposition& out) const;

    ManageDeps deps_;
    core::Secret metrics_token_;
    Health health_;
    core::Instant started_at_;
};

// An address of loopback (127/8, ::1), of a private network (RFC 1918, fc00::/7) or of the link.
[[nodiscard]] bool is_near(std::string_view ip);

}  // namespace huitong::app
