// What every endpoint of the upay face is given and how it ends: an authenticated call in, a body out. Rows 6
// to 8 of spec/upay 5.0 are the endpoint's own: field rules, then check_active(), then the story.
#pragma once

#include <optional>
#include <string>

#include "api/upay/routes.hpp"
#include "codec/json.hpp"

namespace huitong::api::upay {

// A request whose signature was found good and whose body is a JSON object.
struct Call {
    codec::Json body;
    std::string raw_body;          // instead, where it is no JSON
    ports::Vendor vendor;          // the signer, where a vendor signs
    ports::TerminalView terminal;  // the signer, where a terminal signs
    bool used_previous_key = false;
    std::string terminal_ip;  // of X-Forwarded-For, else of the connection
    core::Instant arrived_at;
};

// The client's own address as it says, when that looks like one, else that of the connection: it goes to the
// channel as the payer's risk data.
[[nodiscard]] std::string client_ip_of(const net::Request& request);

// The answer for an Error no table of the endpoint knows.
[[nodiscard]] std::string story_failure(const core::Error& error);
// The same, where not_found means that the merchant has no such order or refund.
[[nodiscard]] std::string order_failure(const core::Error& error);
// The outer INVALID_PARAMS answer with the message field rules left in `error.detail`.
[[nodiscard]] std::string params_failure(const core::Error& error);
// Row 7: the answer of upay/v2 when the terminal, its store or its merchant is not active; none: go on.
[[nodiscard]] std::optional<std::string> check_active(const ports::TerminalView& terminal);

[[nodiscard]] task::Awaitable<std::string> activate(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> checkin(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> upload_log(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> pay(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> precreate(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> refund(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> query(const Services& services, Call call);
[[nodiscard]] task::Awaitable<std::string> cancel(const Services& services, Call call);

// GET /upay/qrcode?content=TEXT[&format=svg]: the picture of a code that precreate gave out. For anybody who
// asks; there is nothing in it but what was asked with.
[[nodiscard]] net::Response qr_image(const net::Request& request);

// GET /upay/v2/public_key
[[nodiscard]] net::Response public_key(const Services& services, const net::Request& request);

}  // namespace huitong::api::upay
