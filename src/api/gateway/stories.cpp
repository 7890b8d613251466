// The real stories behind the gateway. A file of its own, so that its unit tests need no engine.
#include <utility>

#include "api/gateway/routes.hpp"

namespace huitong::api::gateway {

Stories stories_of(flows::Engine& engine, flows::Terminals& terminals) {
    return Stories{
        .find_terminal = [&](std::string sn) { return terminals.find_terminal(std::move(sn)); },
        .find_channels = [&](std::string merchant) { return terminals.find_channels(std::move(merchant)); },
        .launch = [&](flows::LaunchCommand command) { return engine.launch(std::move(command)); },
        .find =
            [&](std::string merchant_sn, std::string client_sn) {
                return engine.find(std::move(merchant_sn), {}, std::move(client_sn));
            },
    };
}

}  // namespace huitong::api::gateway
