// SimNetwork: the HTTP transport of the simulated platform. Handlers listen under origins; requests travel
// with a delay from the seed, and get lost, late, doubled or spoiled as on a network: before the peer saw
// them, or after. DESIGN.md §4, last point.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>

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

// What becomes of one request and its answer.
struct Fate {
    NetworkFault fault = NetworkFault::none;
    core::Duration request_delay{0};  // beside the usual delay
    core::Duration answer_delay{0};
    std::optional<core::Duration> copy_after = {};    // the request arrives a second time, so long after the
                                                      // first; nobody hears what is answered to the copy
    std::function<void(net::Response&)> tamper = {};  // what the caller gets is not what was answered

    Fate() = default;
    Fate(NetworkFault only) : fault(only) {}  // NOLINT: a fault is a fate
};

// Listens on the wires. Calls are numbered from 1; it changes nothing.
class WireTap {
  public:
    virtual ~WireTap() = default;
    virtual void on_sent(std::uint64_t call, const net::Origin& to, const net::Request& request) = 0;
    virtual void on_arrived(std::uint64_t call, bool is_copy) = 0;
    virtual void on_answered(std::uint64_t call, const net::Response& answer, bool is_copy) = 0;
    virtual void on_heard(std::uint64_t call, const core::Result<net::Response>& answer) = 0;
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
    using Faults = std::function<Fate(const net::Origin&, const net::Request&)>;
    void set_faults(Faults faults) { faults_ = std::move(faults); }
    // Must outlive the network; null: nobody.
    void set_tap(WireTap* tap) { tap_ = tap; }

    [[nodiscard]] task::Task<net::Response> send(net::Origin origin, net::Request request,
                                                 net::CallOptions options) override;
    // Requests that handlers have not answered yet, also those nobody waits for any more.
    [[nodiscard]] std::size_t running() const { return group_.size(); }

  private:
    struct Exchange;
    enum class Copy { no, yes };
    [[nodiscard]] task::Awaitable<void> serve(net::Handler handler, std::shared_ptr<Exchange> exchange,
                                              net::Request request, core::Duration late, Copy copy);
    // What the caller gets, and when.
    [[nodiscard]] task::Task<net::Response> hear(std::shared_ptr<Exchange> exchange, Fate fate,
                                                 core::Instant until);
    // One way, uniform in [least, most].
    [[nodiscard]] core::Duration delay();

    task::Time& time_;
    core::Random& random_;
    Faults faults_;
    WireTap* tap_ = nullptr;
    std::uint64_t calls_ = 0;
    static constexpr core::Duration least_delay = std::chrono::milliseconds(1);
    static constexpr core::Duration most_delay = std::chrono::milliseconds(20);
    std::map<net::Origin, net::Handler> handlers_;
    std::list<std::shared_ptr<Exchange>> exchanges_;
    task::Group group_;
};

}  // namespace huitong::app
