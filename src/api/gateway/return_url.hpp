// Where the browser goes in the end: the merchant's return_url with what became of the order, signed
// (spec/upay 3.9), and the gateway's own short address of an order, to which wallets send the payer back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/form.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::api::gateway {

inline constexpr std::size_t most_of_return_url = 128;  // characters

// Bytes that no URL holds percent-encoded, all others as they are.
[[nodiscard]] std::string escape_url(std::string_view text);

// As it can stand in a header: bytes that no URL holds are escaped. invalid {bad_params}, with the message
// for the client: no http(s) address, too long, or its query has a name of ours.
[[nodiscard]] core::Result<std::string> read_return_url(std::string_view text);

// `return_url`, its own query kept, with the fields that have a value and the signature over all of them.
[[nodiscard]] std::string return_link(std::string_view return_url, codec::FormFields fields,
                                      const core::Secret& key);

// The address of an order's page: it needs no signed query, and nobody who has no key of the terminal makes
// one. The same words are asked with for the order's status.
struct OrderAddress {
    std::string terminal_sn;
    std::string client_sn;
    std::string return_url;
};
// The query of it, without '?'.
[[nodiscard]] std::string write_order_query(const OrderAddress& address, const core::Secret& key);
struct ClaimedAddress {
    OrderAddress address;
    std::string token;
};
// none: it is none. What others have added to it does not matter.
[[nodiscard]] std::optional<ClaimedAddress> read_order_query(std::string_view query);
[[nodiscard]] bool is_token_of(const ClaimedAddress& claimed, const core::Secret& key);

}  // namespace huitong::api::gateway
