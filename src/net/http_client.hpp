// HttpClient: sends one request and says precisely what is known when it fails. `unavailable`: no byte of the
// request left this machine, so the peer cannot have seen it. `unknown_outcome`: it may have.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/secret.hpp"
#include "net/address_guard.hpp"
#include "net/message.hpp"
#include "task/time.hpp"

namespace boost::asio {
class io_context;
}

namespace huitong::net {

struct Origin {
    bool is_tls = false;
    std::string host;
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const;  // "http://host:port"
    friend auto operator<=>(const Origin&, const Origin&) = default;
};
// "http(s)://host[:port][/base/path]" -> origin and base path without a trailing slash. reason: bad_url
struct BaseUrl {
    Origin origin;
    std::string path;
};
[[nodiscard]] core::Result<BaseUrl> parse_base_url(std::string_view url);
// "http(s)://host[:port][/path][?query]" -> origin and target as they stand, without a fragment. reason:
// bad_url
struct Url {
    Origin origin;
    std::string target;
};
[[nodiscard]] core::Result<Url> parse_url(std::string_view url);

struct CallOptions {
    core::Duration connect_timeout = std::chrono::seconds(2);
    core::Duration read_timeout =
        std::chrono::seconds(10);  // from the last byte sent to the last byte received
    std::size_t max_response_bytes = 4 << 20;
    // Calls that move money set this: a byte written on a pooled connection that turns out dead may have been
    // seen, so they must start on a connection known to be alive (fresh, or checked for end-of-file before
    // the write).
    bool must_not_repeat = true;
    std::string client_identity;  // name registered with add_client_identity; empty: none
    // Every address that the host's name has must be permitted; none: any is.
    std::shared_ptr<const AddressGuard> guard{};
};

// The transport port: real sockets in production, the simulated network in simulation.
class HttpTransport {
  public:
    virtual ~HttpTransport() = default;
    // Errors: unavailable {connect_failed, connect_timeout, tls_failed}; denied {address_refused: by the
    // guard}; unknown_outcome {read_timeout, reset, bad_http, too_large}.
    [[nodiscard]] virtual task::Task<Response> send(Origin origin, Request request, CallOptions options) = 0;
};

// Keeps connections alive, per origin and identity. Used from one io_context thread.
class HttpClient final : public HttpTransport {
  public:
    HttpClient(boost::asio::io_context& io, task::Time& time);
    ~HttpClient() override;

    // A certificate and key to present to servers that ask (WeChat secapi). reason: bad_certificate
    [[nodiscard]] core::Result<void> add_client_identity(std::string name, std::string_view certificate_pem,
                                                         const core::Secret& private_key_pem);
    // Trusts this CA instead of the system's. reason: bad_certificate
    [[nodiscard]] core::Result<void> set_trusted_ca(std::string_view ca_pem);
    [[nodiscard]] task::Task<Response> send(Origin origin, Request request, CallOptions options) override;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace huitong::net
