// HttpServer: HTTP/1.1 (and TLS) listener on our own read and write loop over Beast's parser. Limits are part
// of the contract, because the peer is not trusted: what exceeds them gets 400, 408, 413, 431 or 503, or a
// closed connection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "net/message.hpp"
#include "task/group.hpp"
#include "task/time.hpp"

namespace boost::asio {
class io_context;
}

namespace huitong::net {

struct ServerTls {
    std::string certificate_pem;  // chain
    std::string private_key_pem;
    std::string
        client_ca_pem;  // not empty: ask for a client certificate (not demanded; see has_client_certificate)
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: a free one, see HttpServer::port()
    std::size_t max_body_bytes = 1 << 20;
    std::size_t max_header_bytes = 16 << 10;
    core::Duration header_timeout =
        std::chrono::seconds(10);  // from the first byte of a request to its last header
    core::Duration body_timeout = std::chrono::seconds(10);  // from there to the end of the body
    core::Duration idle_timeout = std::chrono::seconds(75);  // between requests of a connection
    core::Duration write_timeout = std::chrono::seconds(10);
    std::size_t max_connections = 4096;  // more: 503 and close
    std::optional<ServerTls> tls;
};

class HttpServer {
  public:
    HttpServer(boost::asio::io_context& io, task::Time& time, ServerOptions options, Handler handler);
    ~HttpServer();

    // Binds and starts to accept. reason: listen_failed (unavailable)
    [[nodiscard]] core::Result<void> start();
    [[nodiscard]] std::uint16_t port() const;
    // Stops accepting, closes idle connections, lets requests that run finish and be answered ("Connection:
    // close"), and returns when all are done or `until` is reached; then closes what is left.
    [[nodiscard]] task::Awaitable<void> drain(core::Instant until);
    [[nodiscard]] std::size_t connections() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace huitong::net
