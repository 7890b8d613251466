#include "app/sim_network.hpp"

#include <algorithm>

#include "app/sim_process.hpp"

namespace huitong::app {

using core::Code;
using core::fail;

struct SimNetwork::Exchange {
    Exchange(task::Time& time, net::Origin to, std::uint64_t number)
        : origin(std::move(to)), call(number), changed(time) {}
    net::Origin origin;
    std::uint64_t call;
    task::Signal changed;
    std::optional<net::Response> response;
    bool is_reset = false;
};

SimNetwork::SimNetwork(boost::asio::any_io_executor executor, task::Time& time, core::Random& random)
    : time_(time), random_(random), group_(std::move(executor), time, [](const std::exception_ptr& failure) {
          // A handler broke: whoever runs the simulation hears of it.
          std::rethrow_exception(failure);
      }) {}

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
                                        net::Request request, core::Duration late, Copy copy) {
    co_await time_.sleep_for(delay() + late);
    if (!handlers_.contains(exchange->origin)) co_return;
    const bool is_copy = copy == Copy::yes;
    if (tap_ != nullptr) tap_->on_arrived(exchange->call, is_copy);
    try {
        net::Response response = co_await handler(std::move(request));
        if (tap_ != nullptr) tap_->on_answered(exchange->call, response, is_copy);
        if (!is_copy) exchange->response = std::move(response);
    } catch (const ProcessDied&) {
        if (!is_copy) exchange->is_reset = true;
    }
    exchange->changed.notify_all();
}

task::Task<net::Response> SimNetwork::hear(std::shared_ptr<Exchange> exchange, Fate fate,
                                           core::Instant until) {
    const bool is_silent =
        fate.fault == NetworkFault::lose_request || fate.fault == NetworkFault::lose_answer;
    while (!exchange->is_reset && (!exchange->response || is_silent) && time_.now() < until) {
        co_await exchange->changed.wait_until(until);
    }
    if (exchange->is_reset) co_return fail(Code::unknown_outcome, "reset");
    if (!exchange->response || is_silent) co_return fail(Code::unknown_outcome, "read_timeout");
    net::Response response = std::move(*exchange->response);
    const bool is_cut = response.delivery == net::Delivery::drop || fate.fault == NetworkFault::reset_answer;
    if (is_cut) co_return fail(Code::unknown_outcome, "reset");
    if (response.delivery == net::Delivery::truncate) co_return fail(Code::unknown_outcome, "bad_http");
    const core::Instant here = time_.now() + delay() + fate.answer_delay;
    co_await time_.sleep_until(std::min(here, std::max(until, time_.now())));
    if (here > until) co_return fail(Code::unknown_outcome, "read_timeout");
    if (fate.tamper) fate.tamper(response);
    co_return response;
}

task::Task<net::Response> SimNetwork::send(net::Origin origin, net::Request request,
                                           net::CallOptions options) {
    const auto exchange = std::make_shared<Exchange>(time_, origin, ++calls_);
    const std::uint64_t call = exchange->call;
    if (tap_ != nullptr) tap_->on_sent(call, origin, request);
    const auto found = handlers_.find(origin);
    Fate fate = faults_ ? faults_(origin, request) : Fate();
    core::Result<net::Response> heard = fail(Code::unavailable, "connect_failed");
    if (found == handlers_.end() || fate.fault == NetworkFault::refuse) {
        co_await time_.sleep_for(delay());
    } else {
        const auto place = exchanges_.insert(exchanges_.end(), exchange);
        request.peer_ip = "10.0.0.1";
        request.has_client_certificate = !options.client_identity.empty();
        const core::Instant until = time_.now() + options.read_timeout;
        if (fate.copy_after)
            group_.spawn(
                serve(found->second, exchange, request, fate.request_delay + *fate.copy_after, Copy::yes));
        if (fate.fault != NetworkFault::lose_request)
            group_.spawn(serve(found->second, exchange, std::move(request), fate.request_delay, Copy::no));
        heard = co_await hear(exchange, std::move(fate), until);
        exchanges_.erase(place);
    }
    if (tap_ != nullptr) tap_->on_heard(call, heard);
    co_return heard;
}

}  // namespace huitong::app
