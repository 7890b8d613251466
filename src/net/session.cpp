// The hot path of a request is one read, one parse, the handler and one write; everything else happens only
// when a request comes in pieces or a peer misbehaves.
#include "net/session.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace huitong::net {

namespace {

constexpr std::size_t read_size = 8 << 10;
constexpr std::size_t max_discarded_bytes = 16 << 20;
constexpr std::size_t max_kept_output = 64 << 10;
// How long a peer may take to read our last words before the connection goes.
constexpr core::Duration linger_time = std::chrono::seconds(1);

std::string peer_text(const boost::asio::ip::tcp::socket& socket) {
    Stream::Error error;
    auto address = socket.remote_endpoint(error).address();
    if (error) return {};
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

Session::Session(std::shared_ptr<ServerCore> core, boost::asio::ip::tcp::socket socket, bool is_refused)
    : Item(core->deadlines),
      core_(std::move(core)),
      stream_(std::move(socket)),
      parser_(core_->options.max_header_bytes, core_->options.max_body_bytes),
      peer_ip_(peer_text(stream_.socket())),
      is_refused_(is_refused) {
    core_->sessions.insert(this);
    if (is_refused_) ++core_->refused_sessions;
    Stream::Error ignored;
    stream_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

Session::~Session() {
    core_->sessions.erase(this);
    if (is_refused_) --core_->refused_sessions;
}

void Session::on_deadline() {
    // Someone who began a request is told why it ends; the read loop does that when its read is cancelled.
    if (phase_ == Phase::header || phase_ == Phase::body)
        stream_.cancel();
    else
        stream_.close();
}

void Session::enter(Phase phase, core::Duration time_limit) {
    phase_ = phase;
    set_deadline(time_limit);
}

void Session::leave() {
    phase_ = Phase::handling;
    clear_deadline();
}

void Session::close_if_idle() {
    const bool is_waiting = phase_ == Phase::idle && !stream_.has_unread();
    if (is_waiting || phase_ == Phase::handshake) stream_.close();
}

task::Awaitable<void> Session::run() {
    if (core_->tls && !co_await handshake()) co_return;
    if (is_refused_) {
        co_await refuse(503);
        co_return;
    }
    while (co_await read_request()) {
        const bool is_head = parser_.is_head();
        const Response response = co_await handle();
        if (!co_await answer(response, is_head)) break;
    }
    stream_.close();
}

task::Awaitable<bool> Session::handshake() {
    Stream::Error error;
    enter(Phase::handshake, core_->options.header_timeout);
    co_await stream_.handshake_as_server(core_->tls, error);
    leave();
    has_client_certificate_ = !error && stream_.has_verified_peer_certificate();
    co_return !error;
}

// True when the parser holds a whole request; else the connection is to be closed.
task::Awaitable<bool> Session::read_request() {
    const ServerOptions& options = core_->options;
    parser_.restart();
    has_sent_continue_ = false;
    if (buffer_.empty() && core_->is_stopping) co_return false;
    enter(Phase::idle, options.idle_timeout);
    for (;;) {
        if (!buffer_.empty() && !co_await parse_buffered()) co_return false;
        if (parser_.is_done()) break;
        Stream::Error error;
        char* room = buffer_.room(read_size);
        const auto got = co_await stream_.read_some(room, buffer_.room_size(), error);
        if (is_expired() && phase_ != Phase::idle) {
            co_await refuse(408);
            co_return false;
        }
        if (error) co_return false;
        buffer_.commit(got);
    }
    leave();
    co_return true;
}

// Feeds the parser and moves the deadline on; false when the request was refused or the peer is gone.
task::Awaitable<bool> Session::parse_buffered() {
    buffer_.consume(parser_.feed(buffer_.view()));
    if (const int status = parser_.refusal(); status != 0) {
        co_await refuse(status);
        co_return false;
    }
    if (parser_.is_done()) co_return true;
    if (!parser_.has_header()) {
        if (phase_ == Phase::idle) enter(Phase::header, core_->options.header_timeout);
        co_return true;
    }
    if (parser_.expects_continue() && !has_sent_continue_ && buffer_.empty()) {
        has_sent_continue_ = true;
        if (!co_await write_all("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
    }
    if (phase_ != Phase::body) enter(Phase::body, core_->options.body_timeout);
    co_return true;
}

task::Awaitable<Response> Session::handle() {
    Request request = parser_.take();
    request.peer_ip = peer_ip_;
    request.has_client_certificate = has_client_certificate_;
    const std::string name = request.method + " " + std::string(request.path());
    try {
        co_return co_await core_->handler(std::move(request));
    } catch (const std::exception& failure) {
        fmt::print(stderr, "http: handler of {} failed: {}\n", name, failure.what());
    } catch (...) {
        fmt::print(stderr, "http: handler of {} failed\n", name);
    }
    co_return make_response(500, "text/plain", "internal error\n");
}

// True when the connection may carry another request.
task::Awaitable<bool> Session::answer(const Response& response, bool is_answer_to_head) {
    if (response.delivery == Delivery::drop) {
        stream_.reset();
        co_return false;
    }
    const auto wish = response.headers.find("connection");
    ResponseFraming framing;
    framing.is_http10 = parser_.is_http10();
    framing.is_answer_to_head = is_answer_to_head;
    framing.keeps_alive = parser_.keeps_alive() && !core_->is_stopping && !(wish && *wish == "close") &&
                          response.delivery == Delivery::complete;
    out_.clear();
    append_response(out_, response, framing);
    if (response.delivery == Delivery::truncate) out_.resize(out_.size() - (response.body.size() + 1) / 2);
    Stream::Error error;
    const auto rest = stream_.write_now(out_, error);
    if (error) co_return false;
    if (!rest.empty() && !co_await write_all(rest)) co_return false;
    if (out_.capacity() > max_kept_output) out_ = {};
    if (!framing.keeps_alive) co_await finish(false);
    co_return framing.keeps_alive;
}

task::Awaitable<bool> Session::write_all(std::string_view bytes) {
    Stream::Error error;
    enter(Phase::writing, core_->options.write_timeout);
    co_await stream_.write(bytes, error);
    leave();
    co_return !error;
}

task::Awaitable<void> Session::refuse(int status) {
    auto response = make_response(status, "text/plain", fmt::format("{} {}\n", status, status_text(status)));
    out_.clear();
    append_response(out_, response, {.keeps_alive = false});
    if (co_await write_all(out_)) co_await finish(true);
    stream_.close();
}

// Ends our side and, when the peer is still sending, reads on for a while: closing with unread data would
// make the kernel send RST, which can destroy the response before the peer has read it.
task::Awaitable<void> Session::finish(bool must_discard) {
    enter(Phase::closing, linger_time);
    co_await stream_.finish_writing();
    if (!must_discard && buffer_.empty() && !stream_.has_unread()) co_return;
    Stream::Error error;
    for (std::size_t discarded = 0; discarded < max_discarded_bytes && !error;) {
        char* room = buffer_.room(read_size);
        discarded += co_await stream_.discard_some(room, buffer_.room_size(), error);
    }
}

}  // namespace huitong::net
