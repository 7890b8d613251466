#include "app/gateway.hpp"

#include "api/admin/routes.hpp"
#include "api/gateway/routes.hpp"
#include "api/notify/routes.hpp"
#include "api/upay/notification.hpp"
#include "api/upay/routes.hpp"

namespace huitong::app {

Gateway::Gateway(GatewayDeps deps, GatewayOptions options)
    : time_(deps.time),
      options_(std::move(options)),
      watchers_({&deps.observer, &metrics_}),
      alerts_(flows::AlertDeps{.store = deps.store,
                               .sink = deps.alert_sink,
                               .observer = watchers_,
                               .time = deps.time,
                               .random = deps.random,
                               .executor = deps.executor},
              options_.alerts),
      signing_key_(std::move(deps.signing_key)),
      notifications_(
          flows::NotificationDeps{.store = deps.store,
                                  .postman = deps.postman,
                                  .observer = watchers_,
                                  .time = deps.time,
                                  .executor = deps.executor,
                                  .body_of = api::upay::notification_body,
                                  .sign = [this](std::string_view body) { return signing_key_->sign(body); }},
          options_.notifications),
      observers_({&watchers_, &alerts_, &notifications_}),
      numbers_(deps.time, deps.random),
      waiters_(deps.time, options_.look_again_every),
      wechat_(deps.transport, deps.random, deps.time),
      alipay_(deps.transport, deps.time),
      engine_(flows::EngineDeps{.store = deps.store,
                                .channels = *this,
                                .waiters = waiters_,
                                .observer = observers_,
                                .time = deps.time,
                                .numbers = numbers_,
                                .executor = deps.executor,
                                .journal = deps.journal},
              options_.engine),
      catch_up_({.store = deps.store,
                 .observer = observers_,
                 .time = deps.time,
                 .engine = engine_,
                 .options = options_.engine,
                 .executor = deps.executor,
                 .sent_calls = deps.sent_calls}),
      terminals_(deps.store, deps.time, deps.random, numbers_),
      manage_(ManageDeps{.time = deps.time,
                         .store = deps.store,
                         .engine = engine_,
                         .metrics = metrics_,
                         .notifications = notifications_,
                         .store_stats = std::move(deps.store_stats)},
              options_.metrics_token),
      access_(deps.time, metrics_, deps.log, upay_face(deps)),
      checkout_(deps.time, metrics_, deps.log, checkout_face(), note_of_status,
                std::string(api::gateway::path)),
      notices_(notices()),
      admin_(AdminFaceDeps{.store = deps.store,
                           .time = deps.time,
                           .random = deps.random,
                           .is_draining = [this] { return is_draining_; }},
             {.engine = options_.engine, .second_person_above = options_.second_person_above}),
      admin_access_(deps.time, metrics_, deps.log, admin_.handler(), note_of_status,
                    std::string(api::admin::prefix)) {}

net::Handler Gateway::handler() {
    return [this](net::Request request) {
        if (Manage::is_mine(request.path())) return manage_.answer(std::move(request));
        if (api::notify::is_mine(request.path())) return notices_(std::move(request));
        if (api::gateway::is_mine(request.path())) return checkout_.answer(std::move(request));
        const bool is_admin = options_.serves_admin && api::admin::is_mine(request.path());
        return is_admin ? admin_access_.answer(std::move(request)) : access_.answer(std::move(request));
    };
}

net::Handler Gateway::admin_handler() {
    return [this](net::Request request) { return admin_access_.answer(std::move(request)); };
}

task::Task<void> Gateway::start() {
    const auto may_run = co_await catch_up_.take_in();
    if (!may_run) co_return std::unexpected(may_run.error());
    core::Result<void> started;
    if (*may_run) started = co_await engine_.start();
    if (!started) co_return started;
    catch_up_.start();
    alerts_.start();
    notifications_.start();
    co_return started;
}

void Gateway::request_stop() {
    catch_up_.request_stop();
    engine_.request_stop();
    alerts_.request_stop();
    notifications_.request_stop();
}

task::Awaitable<void> Gateway::stop() {
    // The engine first: what goes wrong in its last moments is an alert still.
    catch_up_.request_stop();
    co_await engine_.stop();
    co_await catch_up_.stop();
    co_await notifications_.stop();
    co_await alerts_.stop();
}

net::Handler Gateway::upay_face(GatewayDeps& deps) {
    auto keep_log = std::move(deps.keep_log);
    if (!keep_log) {
        keep_log = [](const std::string&, std::string_view) -> core::Result<void> {
            return core::fail(core::Code::unavailable, "no_place_for_logs");
        };
    }
    return api::upay::make_handler(api::upay::Services{.stories = api::upay::stories_of(engine_, terminals_),
                                                       .clock = &time_,
                                                       .wait = options_.pay_wait,
                                                       .refund_wait = options_.refund_wait,
                                                       .is_draining = [this] { return is_draining_; },
                                                       .public_url = options_.engine.public_url,
                                                       .public_key = public_key(),
                                                       .keep_log = std::move(keep_log)});
}

net::Handler Gateway::checkout_face() {
    return api::gateway::make_handler({.stories = api::gateway::stories_of(engine_, terminals_),
                                       .clock = &time_,
                                       .is_draining = [this] { return is_draining_; },
                                       .public_url = options_.engine.public_url});
}

net::Handler Gateway::notices() {
    return api::notify::make_handler(
        [this](payments::ChannelKind channel, std::string account_id, ports::RawNotice notice) {
            return engine_.take_notice(channel, std::move(account_id), std::move(notice));
        });
}

ports::Channel* Gateway::find(payments::ChannelKind kind) {
    switch (kind) {
        case payments::ChannelKind::wechat:
            return &wechat_;
        case payments::ChannelKind::alipay:
            return &alipay_;
    }
    return nullptr;
}

}  // namespace huitong::app
