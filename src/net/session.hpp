// Session: one accepted connection, from handshake to close: reads a request, runs the handler, writes its
// response, in order, until either side is done. What HttpServer and its sessions share is ServerCore.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <unordered_set>

#include "net/deadlines.hpp"
#include "net/http_server.hpp"
#include "net/stream.hpp"
#include "net/wire.hpp"
#include "task/signal.hpp"

namespace huitong::net {

class Session;

struct ServerCore {
    ServerOptions options;
    Handler handler;
    std::shared_ptr<TlsContext> tls;  // null: plain
    std::shared_ptr<Deadlines> deadlines;
    std::unordered_set<Session*> sessions;
    std::size_t refused_sessions = 0;  // those over max_connections that are being told so
    bool is_stopping = false;
};

class Session final : private Deadlines::Item {
  public:
    // `is_refused`: over max_connections; answered 503 without being read.
    Session(std::shared_ptr<ServerCore> core, boost::asio::ip::tcp::socket socket, bool is_refused);
    ~Session() override;

    [[nodiscard]] task::Awaitable<void> run();
    // Closes a connection on which no request has begun.
    void close_if_idle();
    void close() { stream_.close(); }

  private:
    enum class Phase { handshake, idle, header, body, handling, writing, closing };

    void on_deadline() override;
    void enter(Phase phase, core::Duration time_limit);
    void leave();
    [[nodiscard]] task::Awaitable<bool> handshake();
    [[nodiscard]] task::Awaitable<bool> read_request();
    [[nodiscard]] task::Awaitable<bool> parse_buffered();
    [[nodiscard]] task::Awaitable<Response> handle();
    [[nodiscard]] task::Awaitable<bool> answer(const Response& response, bool is_answer_to_head);
    [[nodiscard]] task::Awaitable<bool> write_all(std::string_view bytes);
    [[nodiscard]] task::Awaitable<void> refuse(int status);
    [[nodiscard]] task::Awaitable<void> finish(bool must_discard);

    std::shared_ptr<ServerCore> core_;
    Stream stream_;
    RequestParser parser_;
    ReadBuffer buffer_;
    std::string out_;
    std::string peer_ip_;
    Phase phase_ = Phase::handshake;
    bool is_refused_;
    bool has_client_certificate_ = false;
    bool has_sent_continue_ = false;
};

}  // namespace huitong::net
