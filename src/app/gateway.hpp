// Gateway: the stories of the platform and the faces that tell them, wired over whatever time, store and
// network they are given: the machine's in production (platform.hpp), simulated ones in the demo and in tests
// (sim_platform.hpp).
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "channels/wechat/channel.hpp"
#include "flows/engine.hpp"
#include "flows/local_waiters.hpp"
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
};

struct GatewayOptions {
    payments::Policy policy = payments::default_policy(payments::ChannelKind::wechat);
    core::Duration pay_wait = std::chrono::seconds(35);
};

class Gateway final : private ports::Channels {
  public:
    // What `deps` names must outlive it, and it the requests it serves.
    Gateway(GatewayDeps deps, GatewayOptions options);

    [[nodiscard]] flows::Engine& engine() { return engine_; }
    [[nodiscard]] flows::Terminals& terminals() { return terminals_; }
    // Every face on one port.
    [[nodiscard]] net::Handler handler();
    // From here on new requests are answered that the platform is being stopped.
    void begin_drain() { is_draining_ = true; }

  private:
    [[nodiscard]] ports::Channel* find(payments::ChannelKind kind) override;

    task::Time& time_;
    GatewayOptions options_;
    core::NumberSource numbers_;
    flows::LocalWaiters waiters_;
    channels::wechat::WechatChannel wechat_;
    flows::Engine engine_;
    flows::Terminals terminals_;
    bool is_draining_ = false;
};

}  // namespace huitong::app
