// Routing only: a path belongs to the control plane, to a channel, or to nobody.
#include "sim/simulators.hpp"

#include "sim/control.hpp"
#include "sim/wallet.hpp"

namespace huitong::sim {

Simulators::Simulators(task::Time& time, core::Random& random, Options options)
    : options_(std::move(options)),
      clock_(time),
      journal_(options_.journal_limit),
      notices_(clock_, time, journal_),
      wechat_({clock_, random, options_, faults_, journal_, violations_, notices_}),
      alipay_({clock_, random, options_, faults_, journal_, violations_, notices_}) {}

Service* Simulators::find_channel(std::string_view name) {
    for (Service* const channel : {static_cast<Service*>(&wechat_), static_cast<Service*>(&alipay_)}) {
        if (channel->desk().profile().channel == name) return channel;
    }
    return nullptr;
}

void Simulators::reset() {
    notices_.clear();
    wechat_.clear();
    alipay_.clear();
    faults_.clear();
    journal_.clear();
    violations_.clear();
}

task::Awaitable<net::Response> Simulators::serve(net::Request request, bool has_channels, bool has_control) {
    const std::string_view path = request.path();
    if (has_control && is_wallet_path(path)) co_return co_await wallet(*this, std::move(request));
    if (has_control && path.starts_with(control_prefix)) co_return control(*this, request);
    if (has_channels && wechat::Channel::knows(path)) co_return co_await wechat_.serve(std::move(request));
    if (has_channels && alipay::Channel::knows(path)) co_return co_await alipay_.serve(std::move(request));
    co_return net::make_response(404, "text/plain", "no such path\n");
}

net::Handler Simulators::channel_handler() {
    return [this](net::Request request) { return serve(std::move(request), true, false); };
}

net::Handler Simulators::control_handler() {
    return [this](net::Request request) { return serve(std::move(request), false, true); };
}

net::Handler Simulators::handler() {
    return [this](net::Request request) { return serve(std::move(request), true, true); };
}

}  // namespace huitong::sim
