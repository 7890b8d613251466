// A browser at an order, and what it is answered with: pages, redirects, the order's status.
#pragma once

#include <string>

#include "api/gateway/browser.hpp"
#include "api/gateway/page.hpp"
#include "api/gateway/routes.hpp"
#include "api/upay/rejection.hpp"
#include "codec/form.hpp"

namespace huitong::api::gateway {

struct Visit {
    ports::TerminalView terminal;
    core::Secret key;  // of the terminal, that vouches for this visit and signs its way back
    std::string client_sn;
    std::string return_url;  // as read_return_url leaves it
    Browser browser;
};

// Whose order it is, as its payer knows him.
[[nodiscard]] const std::string& merchant_of(const Visit& visit);

[[nodiscard]] PageState state_of(const payments::Aggregate& order, core::Instant now);

// `path_below`: "/order"; as a browser that is here asks for it.
[[nodiscard]] std::string local_address(const Services& services, std::string_view path_below,
                                        std::string_view query);
// The same for who is elsewhere.
[[nodiscard]] std::string public_address(const Services& services, const Visit& visit);

[[nodiscard]] net::Response page_response(int status, std::string html);
[[nodiscard]] net::Response redirect_response(int status, std::string location, std::string html);

// The page of the order, or where its payer goes on to: what is paid leads back to the merchant.
[[nodiscard]] net::Response show_order(const Services& services, const Visit& visit,
                                       const payments::Aggregate& order);
[[nodiscard]] net::Response show_status(const Services& services, const Visit& visit,
                                        const payments::Aggregate& order);

// A page with the contract's code. `location`: where the browser is sent with it; empty: it stays.
[[nodiscard]] net::Response show_rejection(Language language, const upay::Rejection& rejection,
                                           std::string location = {});

}  // namespace huitong::api::gateway
