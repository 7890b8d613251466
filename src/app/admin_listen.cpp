#include "app/admin_listen.hpp"

#include "net/http_client.hpp"

namespace huitong::app {

using core::Code;
using core::fail;

core::Result<ListenPlace> parse_listen(const std::string& text) {
    const auto place = net::parse_base_url("http://" + text);
    const bool has_port = text.rfind(':') != std::string::npos && !text.ends_with(']');
    if (!place || !place->path.empty() || !has_port)
        return fail(Code::invalid, "bad_config", "admin.listen: must be HOST:PORT");
    return ListenPlace{.host = place->origin.host, .port = place->origin.port};
}

core::Result<void> check_admin_listen(const Config& config) {
    if (config.admin_listen.empty()) return {};
    const auto place = parse_listen(config.admin_listen);
    if (!place) return std::unexpected(place.error());
    const bool is_loopback =
        place->host.starts_with("127.") || place->host == "localhost" || place->host == "::1";
    if (is_loopback || !config.tls_key_file.empty()) return {};
    return fail(
        Code::invalid, "bad_config",
        "admin.listen: beyond loopback only with listen.tls_certificate_file and listen.tls_key_file");
}

}  // namespace huitong::app
