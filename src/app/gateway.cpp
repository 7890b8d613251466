#include "app/gateway.hpp"

#include "api/upay/routes.hpp"

namespace huitong::app {

Gateway::Gateway(GatewayDeps deps, GatewayOptions options)
    : time_(deps.time),
      options_(options),
      numbers_(deps.time, deps.random),
      waiters_(deps.time),
      wechat_(deps.transport, deps.random, deps.time),
      engine_(flows::EngineDeps{.store = deps.store,
                                .channels = *this,
                                .waiters = waiters_,
                                .observer = deps.observer,
                                .time = deps.time,
                                .numbers = numbers_,
                                .executor = deps.executor},
              flows::EngineOptions{.wechat = options.policy}),
      terminals_(deps.store, deps.time, deps.random, numbers_) {}

net::Handler Gateway::handler() {
    return api::upay::make_handler(api::upay::Services{.stories = api::upay::stories_of(engine_, terminals_),
                                                       .clock = &time_,
                                                       .wait = options_.pay_wait,
                                                       .is_draining = [this] { return is_draining_; }});
}

ports::Channel* Gateway::find(payments::ChannelKind kind) {
    return kind == payments::ChannelKind::wechat ? &wechat_ : nullptr;
}

}  // namespace huitong::app
