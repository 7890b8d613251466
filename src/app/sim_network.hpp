// SimNetwork: the HTTP transport of the simulated platform. Handlers listen under origins; requests travel
// with a delay from the seed, and get lost as a network loses them: before the peer saw them, or after.
// DESIGN.md §4, last point.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>

#include "core/random.hpp"
#include "net/http_client.hpp"
#include "task/group.hpp"

namespace huitong::app {

enum class NetworkFault {
    none,
    refuse,        // no connection: unavailable/connect_failed
    lose_request,  // never arrives; the caller waits until its read time-out
    lose_answer,   // executed; the caller waits until its read time-out
    reset_answer,  // executed; the connection breaks instead of an answer
};

class SimNetwork final : public net::HttpTransport {
  public:
    SimNetwork(boost::asio::any_io_executor executor, task::Time& time, core::Random& random);

    // Replaces the handler of that origin ("http://gateway:80"). The handler must live until close() and the
    // end of the requests it got.
    void listen(const net::Origin& origin, net::Handler handler);
    // No handler any more: new requests are refused, running ones see their connection reset.
    void close(const net::Origin& origin);
    // Asked for every request; empty: no faults.
    void set_faults(std::function<NetworkFault(const net::Origin&, const net::Request&)> faults) {
        faults_ = std::move(faults);
    }

    [[nodiscard]] task::Task<net::Response> send(net::Origin origin, net::Request request,
                                                 net::CallOptions options) override;
    // Requests that handlers have not answered yet, also those nobody waits for any more.
    [[nodiscard]] std::size_t running() const { return group_.size(); }

  private:
    struct Exchange;
    [[nodiscard]] task::Awaitable<void> serve(net::Handler handler, std::shared_ptr<Exchange> exchange,
                                              net::Request request);
    // One way, uniform in [least, most].
    [[nodiscard]] core::Duration delay();

    task::Time& time_;
    core::Random& random_;
    std::function<NetworkFault(const net::Origin&, const net::Request&)> faults_;
    static constexpr core::Duration least_delay = std::chrono::milliseconds(1);
    static constexpr core::Duration most_delay = std::chrono::milliseconds(20);
    std::map<net::Origin, net::Handler> handlers_;
    std::list<std::shared_ptr<Exchange>> exchanges_;
    task::Group group_;
};

}  // namespace huitong::app
