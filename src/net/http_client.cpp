// The client's promise is in the error: everything before the first write is `unavailable`, everything after
// it `unknown_outcome`. One io_context thread; nothing here is thread-safe.
#include "net/http_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <tuple>
#include <vector>

#include "net/deadlines.hpp"
#include "net/stream.hpp"
#include "net/wire.hpp"

namespace huitong::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t max_idle_per_origin = 256;
constexpr core::Duration idle_time = std::chrono::seconds(30);
constexpr core::Duration purge_interval = std::chrono::seconds(1);
constexpr std::size_t read_size = 16 << 10;

std::unexpected<core::Error> unavailable(std::string_view reason, std::string detail) {
    return core::fail(core::Code::unavailable, reason, std::move(detail));
}

std::unexpected<core::Error> unknown(std::string_view reason, std::string detail) {
    return core::fail(core::Code::unknown_outcome, reason, std::move(detail));
}

// Origin, client identity, and who says where it may connect to.
using PoolKey = std::tuple<Origin, std::string, const AddressGuard*>;

struct Connection {
    explicit Connection(asio::io_context& io) : stream(tcp::socket(io)) {}
    Stream stream;
    ReadBuffer buffer;
    core::Instant idle_since;
};

// The deadline of one step of one call: closes the connection under it.
class StepDeadline final : public Deadlines::Item {
  public:
    StepDeadline(std::shared_ptr<Deadlines> owner, Stream& stream)
        : Item(std::move(owner)), stream_(stream) {}

  private:
    void on_deadline() override { stream_.close(); }
    Stream& stream_;
};

// A name look-up that can be given up: getaddrinfo itself cannot be stopped.
struct Lookup {
    explicit Lookup(asio::io_context& io) : resolver(io) {}
    tcp::resolver resolver;
    std::vector<tcp::endpoint> endpoints;
    error_code error;
    bool is_done = false;
    task::Timer* waiter = nullptr;
};

// The address that the guard does not permit.
std::optional<std::string> refused_by(const AddressGuard* guard,
                                      const std::vector<tcp::endpoint>& endpoints) {
    if (guard == nullptr) return std::nullopt;
    for (const tcp::endpoint& endpoint : endpoints) {
        if (!guard->permits(endpoint.address())) return endpoint.address().to_string();
    }
    return std::nullopt;
}

struct Attempt {
    core::Result<Response> result;
    bool died_unanswered = false;  // the connection ended before a byte of the response
};

}  // namespace

struct HttpClient::State {
    State(asio::io_context& context, task::Time& clock)
        : io(context), time(clock), deadlines(std::make_shared<Deadlines>(context.get_executor(), clock)) {}

    asio::io_context& io;
    task::Time& time;
    std::shared_ptr<Deadlines> deadlines;
    std::string ca_pem;
    std::map<std::string, ClientIdentity> identities;
    std::map<std::string, std::shared_ptr<TlsContext>> contexts;  // by identity, made at first use
    std::map<PoolKey, std::vector<std::unique_ptr<Connection>>> idle;
    core::Instant next_purge;

    [[nodiscard]] core::Result<std::shared_ptr<TlsContext>> tls_context(const std::string& identity);
    [[nodiscard]] std::unique_ptr<Connection> take_idle(const PoolKey& key);
    void put_idle(const PoolKey& key, std::unique_ptr<Connection> connection);
    void purge(core::Instant now);

    // Coroutines hold the state, so that a client may go before its calls have ended.
    static task::Task<Response> exchange(std::shared_ptr<State> self, Origin origin, Request request,
                                         CallOptions options);
    static task::Task<std::unique_ptr<Connection>> connect(std::shared_ptr<State> self, Origin origin,
                                                           CallOptions options);
    static task::Task<std::vector<tcp::endpoint>> resolve(std::shared_ptr<State> self, Origin origin,
                                                          core::Instant until);
    // `bytes` and `options` are the caller's, who waits.
    static task::Awaitable<Attempt> attempt(std::shared_ptr<State> self, Connection& connection,
                                            std::string_view bytes, bool is_head, const CallOptions& options);
    static task::Awaitable<error_code> write(Connection& connection, std::string_view bytes);
};

core::Result<std::shared_ptr<TlsContext>> HttpClient::State::tls_context(const std::string& identity) {
    if (const auto known = contexts.find(identity); known != contexts.end()) return known->second;
    const auto found = identities.find(identity);
    if (!identity.empty() && found == identities.end()) {
        return core::fail(core::Code::invalid, "bad_certificate", "no such client identity: " + identity);
    }
    auto context = make_client_tls(ca_pem, identity.empty() ? nullptr : &found->second);
    if (context) contexts.emplace(identity, *context);
    return context;
}

std::unique_ptr<Connection> HttpClient::State::take_idle(const PoolKey& key) {
    const auto now = time.now();
    purge(now);
    const auto found = idle.find(key);
    if (found == idle.end()) return nullptr;
    auto& list = found->second;
    while (!list.empty()) {
        auto connection = std::move(list.back());
        list.pop_back();
        if (now - connection->idle_since < idle_time && connection->stream.is_quiet()) return connection;
    }
    return nullptr;
}

void HttpClient::State::put_idle(const PoolKey& key, std::unique_ptr<Connection> connection) {
    auto& list = idle[key];
    if (list.size() >= max_idle_per_origin) return;
    connection->idle_since = time.now();
    list.push_back(std::move(connection));
}

void HttpClient::State::purge(core::Instant now) {
    if (now < next_purge) return;
    next_purge = now + purge_interval;
    for (auto& [key, list] : idle) {
        std::erase_if(list,
                      [now](const auto& connection) { return now - connection->idle_since >= idle_time; });
    }
    std::erase_if(idle, [](const auto& entry) { return entry.second.empty(); });
}

task::Task<std::vector<tcp::endpoint>> HttpClient::State::resolve(std::shared_ptr<State> self, Origin origin,
                                                                  core::Instant until) {
    error_code not_an_address;
    const auto address = asio::ip::make_address(origin.host, not_an_address);
    if (!not_an_address) co_return std::vector{tcp::endpoint(address, origin.port)};

    const auto timer = self->time.make_timer();
    const auto lookup = std::make_shared<Lookup>(self->io);
    const auto forget = [](Lookup* waited) {
        waited->waiter = nullptr;
        waited->resolver.cancel();
    };
    const std::unique_ptr<Lookup, decltype(forget)> guard(lookup.get(), forget);
    lookup->waiter = timer.get();
    lookup->resolver.async_resolve(
        origin.host, std::to_string(origin.port), tcp::resolver::numeric_service,
        [lookup](const error_code& error, const tcp::resolver::results_type& found) {
            lookup->is_done = true;
            lookup->error = error;
            for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
            if (lookup->waiter != nullptr) lookup->waiter->cancel();
        });
    co_await timer->wait_until(until);
    if (!lookup->is_done) co_return unavailable("connect_timeout", "resolving " + origin.host);
    if (lookup->error)
        co_return unavailable("connect_failed", "resolving " + origin.host + ": " + lookup->error.message());
    co_return std::move(lookup->endpoints);
}

task::Task<std::unique_ptr<Connection>> HttpClient::State::connect(std::shared_ptr<State> self, Origin origin,
                                                                   CallOptions options) {
    std::shared_ptr<TlsContext> context;
    if (origin.is_tls) {
        auto made = self->tls_context(options.client_identity);
        if (!made) co_return unavailable("tls_failed", made.error().detail);
        context = std::move(*made);
    }
    const auto until = self->time.now() + options.connect_timeout;
    const auto endpoints = co_await resolve(self, origin, until);
    if (!endpoints) co_return std::unexpected(endpoints.error());
    if (const auto refused = refused_by(options.guard.get(), *endpoints))
        co_return core::fail(core::Code::denied, "address_refused", origin.text() + " is at " + *refused);

    auto connection = std::make_unique<Connection>(self->io);
    auto& socket = connection->stream.socket();
    StepDeadline deadline(self->deadlines, connection->stream);
    deadline.set_deadline(until - self->time.now());
    error_code error = asio::error::host_not_found;
    for (const auto& endpoint : *endpoints) {
        connection->stream.close();
        co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
        if (!error || deadline.is_expired()) break;
    }
    if (deadline.is_expired()) co_return unavailable("connect_timeout", origin.text());
    if (error) co_return unavailable("connect_failed", origin.text() + ": " + error.message());
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (context) co_await connection->stream.handshake_as_client(std::move(context), origin.host, error);
    if (deadline.is_expired()) co_return unavailable("connect_timeout", origin.text() + ": TLS handshake");
    if (error) co_return unavailable("tls_failed", origin.text() + ": " + error.message());
    co_return connection;
}

task::Awaitable<error_code> HttpClient::State::write(Connection& connection, std::string_view bytes) {
    error_code error;
    const auto rest = connection.stream.write_now(bytes, error);
    if (!error && !rest.empty()) co_await connection.stream.write(rest, error);
    co_return error;
}

task::Awaitable<Attempt> HttpClient::State::attempt(std::shared_ptr<State> self, Connection& connection,
                                                    std::string_view bytes, bool is_head,
                                                    const CallOptions& options) {
    ResponseParser parser(options.max_response_bytes, is_head);
    ReadBuffer& buffer = connection.buffer;
    StepDeadline deadline(self->deadlines, connection.stream);
    deadline.set_deadline(options.read_timeout);
    // A server may answer and close without reading everything: what it said is read even when the write
    // failed.
    const error_code write_error = co_await write(connection, bytes);
    if (deadline.is_expired()) co_return Attempt{unknown("read_timeout", "while sending")};
    deadline.set_deadline(options.read_timeout);
    bool has_answer = false;
    while (!parser.is_done()) {
        error_code error;
        char* room = buffer.room(read_size);
        const auto got = co_await connection.stream.read_some(room, buffer.room_size(), error);
        if (deadline.is_expired() && got == 0)
            co_return Attempt{unknown("read_timeout", has_answer ? "amid the response" : "no response")};
        buffer.commit(got);
        has_answer = has_answer || got > 0;
        if (got > 0) buffer.consume(parser.feed(buffer.view()));
        if (error == asio::error::eof && has_answer && !parser.is_done())
            parser.feed_end();
        else if (error && !parser.is_done())
            co_return Attempt{unknown("reset", error.message()), !has_answer};
        if (parser.failure() == ResponseParser::Failure::too_large)
            co_return Attempt{unknown("too_large", "response")};
        if (parser.failure() != ResponseParser::Failure::none)
            co_return Attempt{unknown("bad_http", "response")};
    }
    if (write_error || !parser.keeps_alive() || !buffer.empty() || deadline.is_expired())
        connection.stream.close();
    co_return Attempt{parser.take()};
}

task::Task<Response> HttpClient::State::exchange(std::shared_ptr<State> self, Origin origin, Request request,
                                                 CallOptions options) {
    const auto bytes = to_wire(origin, request);
    if (!bytes) co_return std::unexpected(bytes.error());
    const bool is_head = request.method == "HEAD";
    const PoolKey key{origin, options.client_identity, options.guard.get()};

    auto connection = self->take_idle(key);
    bool has_sent_before = false;
    if (connection) {
        auto tried = co_await attempt(self, *connection, *bytes, is_head, options);
        has_sent_before = !options.must_not_repeat && tried.died_unanswered;
        if (!has_sent_before) {
            if (tried.result && connection->stream.socket().is_open())
                self->put_idle(key, std::move(connection));
            co_return std::move(tried.result);
        }
    }
    auto fresh = co_await connect(self, origin, options);
    if (!fresh && has_sent_before) co_return unknown("reset", "then " + fresh.error().detail);
    if (!fresh) co_return std::unexpected(fresh.error());
    connection = std::move(*fresh);
    auto tried = co_await attempt(self, *connection, *bytes, is_head, options);
    if (tried.result && connection->stream.socket().is_open()) self->put_idle(key, std::move(connection));
    co_return std::move(tried.result);
}

HttpClient::HttpClient(asio::io_context& io, task::Time& time) : state_(std::make_shared<State>(io, time)) {}

HttpClient::~HttpClient() {
    state_->idle.clear();
}

core::Result<void> HttpClient::add_client_identity(std::string name, std::string_view certificate_pem,
                                                   const core::Secret& private_key_pem) {
    ClientIdentity identity{std::string(certificate_pem), private_key_pem};
    auto context = make_client_tls(state_->ca_pem, &identity);
    if (!context) return std::unexpected(context.error());
    std::erase_if(state_->idle,
                  [&](const auto& entry) { return std::get<std::string>(entry.first) == name; });
    state_->contexts.insert_or_assign(name, std::move(*context));
    state_->identities.insert_or_assign(std::move(name), std::move(identity));
    return {};
}

core::Result<void> HttpClient::set_trusted_ca(std::string_view ca_pem) {
    if (ca_pem.empty()) return core::fail(core::Code::invalid, "bad_certificate", "empty CA");
    const auto context = make_client_tls(ca_pem, nullptr);
    if (!context) return std::unexpected(context.error());
    state_->ca_pem = ca_pem;
    state_->contexts.clear();
    state_->idle.clear();
    return {};
}

task::Task<Response> HttpClient::send(Origin origin, Request request, CallOptions options) {
    return State::exchange(state_, std::move(origin), std::move(request), std::move(options));
}

}  // namespace huitong::net
