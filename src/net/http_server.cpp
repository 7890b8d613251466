// Accepts connections, counts what runs on the server's behalf and ends it in drain(). One io_context thread;
// nothing here is thread-safe.
#include "net/http_server.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>

#include "net/session.hpp"

namespace huitong::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Connections beyond max_connections that are told 503; those beyond these are closed at once.
constexpr std::size_t max_refused_sessions = 64;
constexpr core::Duration accept_pause = std::chrono::milliseconds(50);

// One connection lost to a lack of memory or the like; the others go on.
void log_failure(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        fmt::print(stderr, "http: a connection failed: {}\n", error.what());
    } catch (...) {
        fmt::print(stderr, "http: a connection failed\n");
    }
}

}  // namespace

// Coroutines hold it, so that a server may go before the io_context has let go of them.
struct HttpServer::State : ServerCore {
    State(asio::io_context& context, task::Time& clock)
        : io(context), time(clock), acceptor(context), ended(clock) {}

    asio::io_context& io;
    task::Time& time;
    tcp::acceptor acceptor;
    task::Signal ended;
    std::size_t running = 0;  // coroutines

    [[nodiscard]] core::Result<void> listen();
    void stop();
    void close_all();
    static void spawn(const std::shared_ptr<State>& self, task::Awaitable<void> child);
    static task::Awaitable<void> accept_all(std::shared_ptr<State> self);
    static task::Awaitable<void> serve(std::shared_ptr<State> self, tcp::socket socket, bool is_refused);
};

core::Result<void> HttpServer::State::listen() {
    const auto failed = [](std::string detail) {
        return core::fail(core::Code::unavailable, "listen_failed", std::move(detail));
    };
    if (options.tls) {
        auto context = make_server_tls(*options.tls);
        if (!context) return failed("TLS: " + context.error().detail);
        tls = std::move(*context);
    }
    boost::system::error_code error;
    const auto found =
        tcp::resolver(io).resolve(options.host, std::to_string(options.port), tcp::resolver::passive, error);
    if (error || found.empty()) return failed(fmt::format("{}: {}", options.host, error.message()));
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) return {};
    boost::system::error_code ignored;
    acceptor.close(ignored);
    return failed(fmt::format("{} port {}: {}", options.host, options.port, error.message()));
}

void HttpServer::State::spawn(const std::shared_ptr<State>& self, task::Awaitable<void> child) {
    ++self->running;
    asio::co_spawn(self->io, std::move(child), [self](std::exception_ptr failure) {
        --self->running;
        self->ended.notify_all();
        if (failure) log_failure(failure);
    });
}

task::Awaitable<void> HttpServer::State::accept_all(std::shared_ptr<State> self) {
    while (self->acceptor.is_open()) {
        boost::system::error_code error;
        auto socket = co_await self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (!self->acceptor.is_open()) break;
        if (error) {
            // Out of descriptors, most often: wait for sessions to end.
            if (error != asio::error::connection_aborted) co_await self->time.sleep_for(accept_pause);
            continue;
        }
        const bool is_refused =
            self->sessions.size() - self->refused_sessions >= self->options.max_connections;
        if (is_refused && self->refused_sessions >= max_refused_sessions) continue;
        spawn(self, serve(self, std::move(socket), is_refused));
    }
}

task::Awaitable<void> HttpServer::State::serve(std::shared_ptr<State> self, tcp::socket socket,
                                               bool is_refused) {
    Session session(self, std::move(socket), is_refused);
    co_await session.run();
}

void HttpServer::State::stop() {
    is_stopping = true;
    boost::system::error_code ignored;
    if (acceptor.is_open()) acceptor.close(ignored);
}

void HttpServer::State::close_all() {
    for (Session* session : sessions) session->close();
}

HttpServer::HttpServer(asio::io_context& io, task::Time& time, ServerOptions options, Handler handler)
    : state_(std::make_shared<State>(io, time)) {
    state_->options = std::move(options);
    state_->handler = std::move(handler);
    state_->deadlines = std::make_shared<Deadlines>(io.get_executor(), time);
}

HttpServer::~HttpServer() {
    state_->stop();
    state_->close_all();
}

core::Result<void> HttpServer::start() {
    if (auto listening = state_->listen(); !listening) return listening;
    State::spawn(state_, State::accept_all(state_));
    return {};
}

std::uint16_t HttpServer::port() const {
    boost::system::error_code error;
    const auto endpoint = state_->acceptor.local_endpoint(error);
    return error ? state_->options.port : endpoint.port();
}

std::size_t HttpServer::connections() const {
    return state_->sessions.size() - state_->refused_sessions;
}

task::Awaitable<void> HttpServer::drain(core::Instant until) {
    const auto state = state_;
    state->stop();
    for (Session* session : state->sessions) session->close_if_idle();
    while (state->running > 0 && state->time.now() < until) co_await state->ended.wait_until(until);
    state->close_all();
}

}  // namespace huitong::net
