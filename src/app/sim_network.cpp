#include "app/sim_network.hpp"

#include <optional>

namespace huitong::app {

using core::Code;
using core::fail;

struct SimNetwork::Exchange {
    explicit Exchange(task::Time& time, net::Origin to) : origin(std::move(to)), changed(time) {}
    net::Origin origin;
    task::Signal changed;
    std::optional<net::Response> response;
    bool is_reset = false;
};

SimNetwork::SimNetwork(boost::asio::any_io_executor executor, task::Time& time, core::Random& random)
    : time_(time), random_(random), group_(std::move(executor), time, [](const std::exception_ptr&) {}) {}

void SimNetwork::listen(const net::Origin& origin, net::Handler handler) {
    handlers_[origin] = std::move(handler);
}

void SimNetwork::close(const net::Origin& origin) {
    handlers_.erase(origin);
    for (const auto& exchange : exchanges_) {
        if (exchange->origin != origin) continue;
        exchange->is_reset = true;
        exchange->changed.notify_all();
    }
}

core::Duration SimNetwork::delay() {
    const auto span = static_cast<std::uint64_t>((most_delay - least_delay).count());
    return least_delay + core::Duration(static_cast<std::int64_t>(random_.below(span + 1)));
}

task::Awaitable<void> SimNetwork::serve(net::Handler handler, std::shared_ptr<Exchange> exchange,
                                        net::Request request) {
    co_await time_.sleep_for(delay());
    if (!handlers_.contains(exchange->origin)) co_return;
    try {
        exchange->response = co_await handler(std::move(request));
    } catch (const std::exception&) {
        exchange->is_reset = true;  // the peer's process is gone, or its handler failed
    }
    exchange->changed.notify_all();
}

task::Task<net::Response> SimNetwork::send(net::Origin origin, net::Request request,
                                           net::CallOptions options) {
    const auto found = handlers_.find(origin);
    const NetworkFault fault = faults_ ? faults_(origin, request) : NetworkFault::none;
    if (found == handlers_.end() || fault == NetworkFault::refuse) {
        co_await time_.sleep_for(delay());
        co_return fail(Code::unavailable, "connect_failed");
    }
    const auto exchange = std::make_shared<Exchange>(time_, origin);
    const auto place = exchanges_.insert(exchanges_.end(), exchange);
    request.peer_ip = "10.0.0.1";
    request.has_client_certificate = !options.client_identity.empty();
    const core::Instant until = time_.now() + options.read_timeout;
    if (fault != NetworkFault::lose_request) group_.spawn(serve(found->second, exchange, std::move(request)));

    const auto is_silent = [fault] {
        return fault == NetworkFault::lose_request || fault == NetworkFault::lose_answer;
    };
    while (!exchange->is_reset && (!exchange->response || is_silent()) && time_.now() < until) {
        co_await exchange->changed.wait_until(until);
    }
    exchanges_.erase(place);
    if (exchange->is_reset) co_return fail(Code::unknown_outcome, "reset");
    if (!exchange->response || is_silent()) co_return fail(Code::unknown_outcome, "read_timeout");
    net::Response response = std::move(*exchange->response);
    const bool is_cut = response.delivery == net::Delivery::drop || fault == NetworkFault::reset_answer;
    if (is_cut) co_return fail(Code::unknown_outcome, "reset");
    if (response.delivery == net::Delivery::truncate) co_return fail(Code::unknown_outcome, "bad_http");
    co_await time_.sleep_for(delay());
    co_return response;
}

}  // namespace huitong::app
