// The upay face: one handler for all its endpoints (spec/upay sections 3 and 5.0). It checks, translates and
// answers; what happens to money is the stories' (flows/).
#pragma once

#include <functional>
#include <string>

#include "core/time.hpp"
#include "flows/engine.hpp"
#include "flows/terminals.hpp"
#include "net/message.hpp"

namespace huitong::api::upay {

// The stories this face tells, each as flows/engine.hpp and flows/terminals.hpp describe it. Functions, so
// that the face is tested without an engine behind it.
struct Stories {
    std::function<task::Task<ports::Vendor>(std::string vendor_sn)> find_vendor;
    std::function<task::Task<ports::TerminalView>(std::string terminal_sn)> find_terminal;
    std::function<task::Task<ports::TerminalView>(flows::ActivateCommand)> activate;
    std::function<task::Task<ports::TerminalView>(flows::CheckinCommand)> checkin;
    std::function<task::Task<payments::Aggregate>(flows::PayCommand)> pay;
    std::function<task::Task<payments::Aggregate>(flows::LaunchCommand)> launch;
    std::function<task::Task<payments::Aggregate>(flows::CancelCommand)> cancel;
    std::function<task::Task<payments::Aggregate>(std::string merchant_sn, std::string sn,
                                                  std::string client_sn)>
        find;
    std::function<task::Task<flows::FoundRefund>(flows::RefundCommand)> refund;
    std::function<task::Task<payments::Aggregate>(std::string merchant_sn, std::string sn,
                                                  std::string client_sn)>
        find_for_refund;
    std::function<task::Task<flows::FoundRefund>(std::string merchant_sn, std::string sn,
                                                 std::string client_sn, std::string request_no)>
        find_refund;
};
// Both must outlive the stories.
[[nodiscard]] Stories stories_of(flows::Engine& engine, flows::Terminals& terminals);

struct Services {
    Stories stories;
    const core::Clock* clock = nullptr;  // outlives the handler
    core::Duration wait =
        std::chrono::seconds(35);  // pay and cancel answer this long after arrival at the latest
    core::Duration refund_wait =
        std::chrono::seconds(15);       // the same for refund; what is above 35 s counts as 35 s
    std::function<bool()> is_draining;  // none: never
    std::string public_url;             // of this face, for links in its answers
    std::string public_key;             // PEM of what verifies our notifications; empty: there is none
    // Keeps what a terminal uploaded. Errors: unavailable.
    std::function<core::Result<void>(const std::string& terminal_sn, std::string_view bytes)> keep_log;
};

// Answers every API-level error with HTTP 200, as clients need it; 404 and 405 only for a wrong path or
// method.
[[nodiscard]] net::Handler make_handler(Services services);

}  // namespace huitong::api::upay
