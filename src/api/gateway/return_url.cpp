#include "api/gateway/return_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/gateway/signature.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"
#include "net/http_client.hpp"

namespace huitong::api::gateway {

namespace {

constexpr std::array<std::string_view, 15> our_names{
    "is_success", "error_code",   "error_message", "terminal_sn", "sn",
    "trade_no",   "client_sn",    "status",        "result_code", "result_message",
    "sign",       "total_amount", "subject",       "operator",    "reflect"};

std::unexpected<core::Error> refuse(std::string message) {
    return core::fail(core::Code::invalid, "bad_params", std::move(message));
}

struct Parts {
    std::string_view before;  // all up to '?'
    std::string_view query;
    std::string_view fragment;  // with '#'
};

Parts split(std::string_view url) {
    const auto hash = std::min(url.find('#'), url.size());
    const std::string_view address = url.substr(0, hash);
    const auto mark = std::min(address.find('?'), address.size());
    return {.before = address.substr(0, mark),
            .query = address.substr(std::min(mark + 1, address.size())),
            .fragment = url.substr(hash)};
}

std::string token_of(const OrderAddress& address, const core::Secret& key) {
    constexpr std::size_t token_length = 32;  // 128 bits
    const std::string text =
        fmt::format("gateway order\n{}\n{}\n{}", address.terminal_sn, address.client_sn, address.return_url);
    return crypto::hmac_sha256_hex(key, text).substr(0, token_length);
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

std::string escape_url(std::string_view text) {
    std::string url;
    for (const char c : text) {
        const bool is_of_urls = c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '>';
        if (is_of_urls) {
            url += c;
        } else {
            url += codec::percent_encode(std::string_view(&c, 1));
        }
    }
    return url;
}

core::Result<std::string> read_return_url(std::string_view text) {
    if (text.empty()) return refuse("return_url不可以为空");
    if (!codec::is_utf8(text) || codec::utf8_length(text) > most_of_return_url)
        return refuse(fmt::format("return_url长度不超过{}位", most_of_return_url));
    if (std::ranges::any_of(text, is_control)) return refuse("return_url含有控制字符");
    std::string url = escape_url(text);
    const auto query = codec::parse_form(split(url).query);
    if (!net::parse_url(url) || !query) return refuse("return_url不是合法的http(s)地址");
    const bool has_ours = std::ranges::any_of(*query, [](const codec::FormField& field) {
        return std::ranges::find(our_names, field.first) != our_names.end();
    });
    if (has_ours) return refuse("return_url的参数与返回参数重名");
    return url;
}

std::string return_link(std::string_view return_url, codec::FormFields fields, const core::Secret& key) {
    const Parts parts = split(return_url);
    std::erase_if(fields, [](const codec::FormField& field) { return field.second.empty(); });
    codec::FormFields all = fields;
    // What is there already arrives as a parameter like the others.
    if (const auto own = codec::parse_form(parts.query)) all.insert(all.end(), own->begin(), own->end());
    fields.emplace_back("sign", sign(all, key));
    const std::string_view join = parts.query.empty() || parts.query.ends_with('&') ? "" : "&";
    return fmt::format("{}?{}{}{}{}", parts.before, parts.query, join, codec::write_form(fields),
                       parts.fragment);
}

std::string write_order_query(const OrderAddress& address, const core::Secret& key) {
    return codec::write_form({{"t", address.terminal_sn},
                              {"c", address.client_sn},
                              {"r", address.return_url},
                              {"k", token_of(address, key)}});
}

std::optional<ClaimedAddress> read_order_query(std::string_view query) {
    const auto fields = codec::parse_form(query);
    if (!fields) return std::nullopt;
    ClaimedAddress claimed{.address = {.terminal_sn = value_of(*fields, "t"),
                                       .client_sn = value_of(*fields, "c"),
                                       .return_url = value_of(*fields, "r")},
                           .token = value_of(*fields, "k")};
    if (claimed.address.terminal_sn.empty() || claimed.token.empty()) return std::nullopt;
    return claimed;
}

bool is_token_of(const ClaimedAddress& claimed, const core::Secret& key) {
    return !key.empty() && crypto::equal_constant_time(claimed.token, token_of(claimed.address, key));
}

}  // namespace huitong::api::gateway
