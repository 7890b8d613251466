// Base URLs of peers as configuration and merchants' notify_url give them.
#include <charconv>

#include "net/http_client.hpp"
#include "net/text.hpp"

namespace huitong::net {

namespace {

std::unexpected<core::Error> bad_url(std::string detail) {
    return core::fail(core::Code::invalid, "bad_url", std::move(detail));
}

bool is_host_name(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
    });
}

bool is_ipv6_text(std::string_view host) {
    return host.size() >= 2 && std::ranges::all_of(host, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
           });
}

core::Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return bad_url("port");
    return port;
}

core::Result<Origin> parse_authority(std::string_view authority, bool is_tls) {
    Origin origin{is_tls, {}, static_cast<std::uint16_t>(is_tls ? 443 : 80)};
    std::string_view host = authority;
    std::string_view rest;
    const bool is_bracketed = authority.starts_with('[');
    if (is_bracketed) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return bad_url("host");
        host = authority.substr(1, end - 1);
        rest = authority.substr(end + 1);
    } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        rest = authority.substr(colon);
    }
    origin.host.resize(host.size());
    std::ranges::transform(host, origin.host.begin(), to_lower_ascii);
    if (is_bracketed ? !is_ipv6_text(origin.host) : !is_host_name(origin.host)) return bad_url("host");
    if (rest.empty()) return origin;
    if (!rest.starts_with(':')) return bad_url("host");
    const auto port = parse_port(rest.substr(1));
    if (!port) return std::unexpected(port.error());
    origin.port = *port;
    return origin;
}

}  // namespace

std::string Origin::text() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return std::string(is_tls ? "https://" : "http://") + (is_ipv6 ? "[" + host + "]" : host) + ":" +
           std::to_string(port);
}

core::Result<BaseUrl> parse_base_url(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return bad_url("scheme");
    const auto scheme = url.substr(0, scheme_end);
    const bool is_tls = is_same_name(scheme, "https");
    if (!is_tls && !is_same_name(scheme, "http")) return bad_url("scheme");
    const auto rest = url.substr(scheme_end + 3);
    const bool has_bad_character = std::ranges::any_of(rest, [](unsigned char c) {
        return c <= ' ' || c >= 0x7f || c == '?' || c == '#' || c == '@' || c == '\\';
    });
    if (has_bad_character) return bad_url("query, fragment, user or a character that must be escaped");
    const auto slash = std::min(rest.find('/'), rest.size());
    auto origin = parse_authority(rest.substr(0, slash), is_tls);
    if (!origin) return std::unexpected(origin.error());
    BaseUrl base{std::move(*origin), std::string(rest.substr(slash))};
    while (base.path.ends_with('/')) base.path.pop_back();
    return base;
}

core::Result<Url> parse_url(std::string_view url) {
    url = url.substr(0, url.find('#'));
    const auto query = std::min(url.find('?'), url.size());
    auto base = parse_base_url(url.substr(0, query));
    if (!base) return std::unexpected(std::move(base.error()));
    const bool has_bad_character = std::ranges::any_of(
        url.substr(query), [](unsigned char c) { return c <= ' ' || c >= 0x7f || c == '\\'; });
    if (has_bad_character) return bad_url("a character that must be escaped");
    const auto host = url.find("://") + 3;
    const auto path = std::min(url.find_first_of("/?", host), url.size());
    std::string target(url.substr(path));
    if (!target.starts_with('/')) target.insert(0, "/");
    return Url{std::move(base->origin), std::move(target)};
}

}  // namespace huitong::net
