// TCP and TLS behind one interface, and the TLS contexts of both sides.
#include "net/stream.hpp"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace huitong::net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

struct TlsContext {
    explicit TlsContext(ssl::context::method method) : context(method) {
        context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                            ssl::context::no_sslv3);
        SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    }
    ssl::context context;
};

struct Stream::Tls {
    Tls(std::shared_ptr<TlsContext> ctx, tcp::socket& socket)
        : context(std::move(ctx)), stream(socket, context->context) {}
    std::shared_ptr<TlsContext> context;
    ssl::stream<tcp::socket&> stream;
};

namespace {

auto into(Stream::Error& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

std::unexpected<core::Error> bad_certificate(std::string_view what) {
    ERR_clear_error();
    return core::fail(core::Code::invalid, "bad_certificate", std::string(what));
}

core::Result<void> use_identity(ssl::context& context, std::string_view certificate, std::string_view key) {
    Stream::Error error;
    context.use_certificate_chain(asio::buffer(certificate), error);
    if (error) return bad_certificate("certificate");
    // A key that wants a passphrase must fail, not ask on the terminal.
    context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); },
                                  error);
    context.use_private_key(asio::buffer(key), ssl::context::pem, error);
    if (error || SSL_CTX_check_private_key(context.native_handle()) != 1)
        return bad_certificate("private key");
    return {};
}

core::Result<void> trust(ssl::context& context, std::string_view ca_pem) {
    Stream::Error error;
    context.add_certificate_authority(asio::buffer(ca_pem), error);
    const auto* store = SSL_CTX_get_cert_store(context.native_handle());
    if (error || sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) == 0) return bad_certificate("CA");
    return {};
}

// Tells clients which CA we ask for; some send a certificate only when it is named.
void announce_trusted(ssl::context& context) {
    SSL_CTX* native = context.native_handle();
    const auto* objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(native));
    for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
        X509* certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        if (certificate != nullptr) SSL_CTX_add_client_CA(native, certificate);
    }
}

}  // namespace

core::Result<std::shared_ptr<TlsContext>> make_server_tls(const ServerTls& tls) {
    auto made = std::make_shared<TlsContext>(ssl::context::tls_server);
    auto& context = made->context;
    if (auto used = use_identity(context, tls.certificate_pem, tls.private_key_pem); !used) {
        return std::unexpected(used.error());
    }
    if (tls.client_ca_pem.empty()) return made;
    if (auto trusted = trust(context, tls.client_ca_pem); !trusted) return std::unexpected(trusted.error());
    announce_trusted(context);
    context.set_verify_mode(ssl::verify_peer);
    // Without it OpenSSL refuses to resume a session that carries a client certificate.
    static constexpr unsigned char session_id[] = "huitong";
    SSL_CTX_set_session_id_context(context.native_handle(), session_id, sizeof(session_id) - 1);
    return made;
}

core::Result<std::shared_ptr<TlsContext>> make_client_tls(std::string_view ca_pem,
                                                          const ClientIdentity* identity) {
    auto made = std::make_shared<TlsContext>(ssl::context::tls_client);
    auto& context = made->context;
    context.set_verify_mode(ssl::verify_peer);
    if (ca_pem.empty()) {
        Stream::Error error;
        context.set_default_verify_paths(error);
        if (error) return bad_certificate("system CA store");
    } else if (auto trusted = trust(context, ca_pem); !trusted) {
        return std::unexpected(trusted.error());
    }
    if (identity == nullptr) return made;
    auto used = use_identity(context, identity->certificate_pem, identity->private_key_pem.reveal());
    if (!used) return std::unexpected(used.error());
    return made;
}

Stream::Stream(tcp::socket socket) : socket_(std::move(socket)) {}

Stream::~Stream() = default;

task::Awaitable<void> Stream::handshake_as_server(std::shared_ptr<TlsContext> context, Error& error) {
    tls_ = std::make_unique<Tls>(std::move(context), socket_);
    co_await tls_->stream.async_handshake(ssl::stream_base::server, into(error));
}

task::Awaitable<void> Stream::handshake_as_client(std::shared_ptr<TlsContext> context, std::string host,
                                                  Error& error) {
    tls_ = std::make_unique<Tls>(std::move(context), socket_);
    Error not_an_address;
    (void)asio::ip::make_address(host, not_an_address);
    if (not_an_address) {
        // The macro SSL_set_tlsext_host_name casts in the old style.
        SSL_ctrl(tls_->stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 host.data());
    }
    tls_->stream.set_verify_callback(ssl::host_name_verification(host), error);
    if (error) co_return;
    co_await tls_->stream.async_handshake(ssl::stream_base::client, into(error));
}

bool Stream::has_verified_peer_certificate() const {
    if (!tls_) return false;
    const SSL* native = tls_->stream.native_handle();
    return SSL_get0_peer_certificate(native) != nullptr && SSL_get_verify_result(native) == X509_V_OK;
}

task::Awaitable<std::size_t> Stream::read_some(char* data, std::size_t size, Error& error) {
    if (tls_) return tls_->stream.async_read_some(asio::buffer(data, size), into(error));
    return socket_.async_read_some(asio::buffer(data, size), into(error));
}

task::Awaitable<std::size_t> Stream::write(std::string_view bytes, Error& error) {
    if (tls_) return asio::async_write(tls_->stream, asio::buffer(bytes), into(error));
    return asio::async_write(socket_, asio::buffer(bytes), into(error));
}

std::string_view Stream::write_now(std::string_view bytes, Error& error) {
    if (tls_) return bytes;
    const auto sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return bytes.substr(static_cast<std::size_t>(sent));
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        error.assign(errno, boost::system::system_category());
    return bytes;
}

task::Awaitable<void> Stream::finish_writing() {
    Error ignored;
    if (tls_) co_await tls_->stream.async_shutdown(into(ignored));
    if (socket_.is_open()) socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

task::Awaitable<std::size_t> Stream::discard_some(char* data, std::size_t size, Error& error) {
    return socket_.async_read_some(asio::buffer(data, size), into(error));
}

bool Stream::is_quiet() {
    if (!socket_.is_open()) return false;
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

bool Stream::has_unread() {
    Error error;
    return socket_.is_open() && socket_.available(error) > 0 && !error;
}

void Stream::cancel() {
    Error ignored;
    if (socket_.is_open()) socket_.cancel(ignored);
}

void Stream::close() {
    Error ignored;
    if (socket_.is_open()) socket_.close(ignored);
}

void Stream::reset() {
    Error ignored;
    if (!socket_.is_open()) return;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

}  // namespace huitong::net
