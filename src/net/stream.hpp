// Stream: a TCP connection, with or without TLS, as the read and write loops of server and client see it.
// OpenSSL and Asio's TLS templates stay in stream.cpp and tls.cpp.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "core/secret.hpp"
#include "net/http_server.hpp"

namespace huitong::net {

struct TlsContext;

struct ClientIdentity {
    std::string certificate_pem;
    core::Secret private_key_pem;
};

// TLS 1.2 and newer. reason: bad_certificate (invalid)
[[nodiscard]] core::Result<std::shared_ptr<TlsContext>> make_server_tls(const ServerTls& tls);
// Trusts `ca_pem`, or the system's store when it is empty. `identity` may be null. reason: bad_certificate
// (invalid)
[[nodiscard]] core::Result<std::shared_ptr<TlsContext>> make_client_tls(std::string_view ca_pem,
                                                                        const ClientIdentity* identity);

class Stream {
  public:
    using Error = boost::system::error_code;

    explicit Stream(boost::asio::ip::tcp::socket socket);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] boost::asio::ip::tcp::socket& socket() { return socket_; }

    [[nodiscard]] task::Awaitable<void> handshake_as_server(std::shared_ptr<TlsContext> context,
                                                            Error& error);
    // Sends the name (SNI) and demands a certificate for it.
    [[nodiscard]] task::Awaitable<void> handshake_as_client(std::shared_ptr<TlsContext> context,
                                                            std::string host, Error& error);
    [[nodiscard]] bool has_verified_peer_certificate() const;

    // `data` and `error` must outlive the wait.
    [[nodiscard]] task::Awaitable<std::size_t> read_some(char* data, std::size_t size, Error& error);
    [[nodiscard]] task::Awaitable<std::size_t> write(std::string_view bytes, Error& error);
    // Writes what the kernel takes without waiting and returns the rest (over TLS: everything).
    [[nodiscard]] std::string_view write_now(std::string_view bytes, Error& error);
    // TLS close_notify, then FIN.
    [[nodiscard]] task::Awaitable<void> finish_writing();
    // Raw bytes below TLS, to be thrown away after finish_writing().
    [[nodiscard]] task::Awaitable<std::size_t> discard_some(char* data, std::size_t size, Error& error);

    // Between messages: open, and the peer has sent neither data nor its end.
    [[nodiscard]] bool is_quiet();
    [[nodiscard]] bool has_unread();
    void cancel();
    void close();
    void reset();  // close with RST

  private:
    struct Tls;
    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<Tls> tls_;
};

}  // namespace huitong::net
