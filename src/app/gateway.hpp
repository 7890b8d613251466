// Gateway: the stories of the platform and the faces that tell them, wired over whatever time, store and
// network they are given: the machine's in production (platform.hpp), simulated ones in the demo and in tests
// (sim_platform.hpp).
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "app/access.hpp"
#include "app/admin_face.hpp"
#include "app/manage.hpp"
#include "app/metrics.hpp"
#include "app/observers.hpp"
#include "channels/alipay/channel.hpp"
#include "channels/wechat/channel.hpp"
#include "flows/alerts.hpp"
#include "flows/catch_up.hpp"
#include "flows/engine.hpp"
#include "flows/local_waiters.hpp"
#include "flows/notifications.hpp"
#include "flows/platform_key.hpp"
#include "flows/terminals.hpp"
#include "net/http_client.hpp"
#include "net/message.hpp"
#include "ports/store.hpp"

namespace huitong::app {

struct GatewayDeps {
    boost::asio::any_io_executor executor;
    task::Time& time;
    core::Random& random;
    ports::StorePort& store;
    net::HttpTransport& transport;
    ports::Observer& observer;
    ports::SendJournal* journal = nullptr;           // none: sends are not journalled
    ports::SentCalls* sent_calls = nullptr;          // what earlier processes journalled; none: nothing
    ports::AlertSink* alert_sink = nullptr;          // none: alerts stay rows
    ports::Postman* postman = nullptr;               // none: notifications stay rows
    std::optional<flows::SigningKey> signing_key{};  // of notifications; must be there with a postman
    // Keeps what a terminal uploaded; none: nothing is taken.
    std::function<core::Result<void>(const std::string& terminal_sn, std::string_view bytes)> keep_log = {};
    std::function<store::Stats()> store_stats = {};  // none: /metrics says nothing about the store's work
    const Log* log = nullptr;                        // of requests; none: they are not logged
};

struct GatewayOptions {
    flows::EngineOptions engine;
    core::Duration pay_wait = std::chrono::seconds(35);
    core::Duration refund_wait = std::chrono::seconds(15);
    flows::AlertOptions alerts{};
    flows::NotificationOptions notifications{};
    // How soon a waiting request sees what another node has committed; 0: there are no other nodes.
    core::Duration look_again_every{0};
    core::Secret metrics_token{};           // see Manage
    std::int64_t second_person_above = -1;  // see flows::ReviewOptions
    bool serves_admin = false;              // the admin API beside the faces, on their port
};

class Gateway final : private ports::Channels {
  public:
    // What `deps` names must outlive it, and it the requests it serves.
    Gateway(GatewayDeps deps, GatewayOptions options);

    [[nodiscard]] flows::Engine& engine() { return engine_; }
    [[nodiscard]] flows::Terminals& terminals() { return terminals_; }
    [[nodiscard]] Health& health() { return manage_.health(); }
    [[nodiscard]] flows::Alerts& alerts() { return alerts_; }
    [[nodiscard]] flows::Notifications& notifications() { return notifications_; }
    // PEM of what verifies notifications; empty: they are not signed.
    [[nodiscard]] std::string public_key() const {
        return signing_key_ ? signing_key_->public_pem : std::string();
    }
    // Every face on one port, with /healthz, /readyz and /metrics.
    [[nodiscard]] net::Handler handler();
    // The admin API alone, for a port of its own.
    [[nodiscard]] net::Handler admin_handler();
    [[nodiscard]] const flows::CatchUp& catch_up() const { return catch_up_; }
    // The engine (see there), after a restore the catch-up around it, and the delivery of alerts and
    // notifications.
    [[nodiscard]] task::Task<void> start();
    void request_stop();
    [[nodiscard]] task::Awaitable<void> stop();
    // From here on new requests are answered that the platform is being stopped.
    void begin_drain() {
        health().begin_drain();
        is_draining_ = true;
    }

  private:
    [[nodiscard]] ports::Channel* find(payments::ChannelKind kind) override;
    [[nodiscard]] net::Handler upay_face(GatewayDeps& deps);
    [[nodiscard]] net::Handler checkout_face();
    [[nodiscard]] net::Handler notices();

    task::Time& time_;
    GatewayOptions options_;
    Metrics metrics_;
    Observers watchers_;  // all but alerts and notifications
    flows::Alerts alerts_;
    std::optional<flows::SigningKey> signing_key_;
    flows::Notifications notifications_;
    Observers observers_;
    core::NumberSource numbers_;
    flows::LocalWaiters waiters_;
    channels::wechat::WechatChannel wechat_;
    channels::alipay::AlipayChannel alipay_;
    flows::Engine engine_;
    flows::CatchUp catch_up_;
    flows::Terminals terminals_;
    Manage manage_;
    Access access_;
    Access checkout_;
    net::Handler notices_;
    AdminFace admin_;
    Access admin_access_;
    bool is_draining_ = false;
};

}  // namespace huitong::app
