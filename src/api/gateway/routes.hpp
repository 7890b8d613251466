// The WAP gateway (spec/upay 3.9): a merchant's page sends the payer's browser here with a signed query, and
// the browser goes back to the merchant's return_url with what became of the order.
//
//   GET  /gateway?QUERY           the order of that query: made if there is none, otherwise shown
//   POST /gateway/wechat?QUERY    the same, paid with the wallet that the payer chose; leads back to the page
//   POST /gateway/alipay?QUERY
//   GET  /gateway/order?ADDRESS   the same page by its short address (return_url.hpp)
//   GET  /gateway/status?ADDRESS  JSON: state, left_s, and once it is paid next: where to go on
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "flows/engine.hpp"
#include "flows/terminals.hpp"
#include "net/message.hpp"

namespace huitong::api::gateway {

inline constexpr std::string_view path = "/gateway";
[[nodiscard]] bool is_mine(std::string_view request_path);

// The stories this face tells, each as flows/engine.hpp and flows/terminals.hpp describe it.
struct Stories {
    std::function<task::Task<ports::TerminalView>(std::string terminal_sn)> find_terminal;
    std::function<task::Task<std::vector<payments::ChannelKind>>(std::string merchant_sn)> find_channels;
    std::function<task::Task<payments::Aggregate>(flows::LaunchCommand)> launch;
    std::function<task::Task<payments::Aggregate>(std::string merchant_sn, std::string client_sn)> find;
};
// Both must outlive the stories.
[[nodiscard]] Stories stories_of(flows::Engine& engine, flows::Terminals& terminals);

struct Services {
    Stories stories;
    const core::Clock* clock = nullptr;  // outlives the handler
    std::function<bool()> is_draining;   // none: never
    std::string public_url;              // where browsers reach this face, without '/' at the end
};

[[nodiscard]] net::Handler make_handler(Services services);

}  // namespace huitong::api::gateway
