// The stories of a terminal: activation, check-in, and the look-up every signed request begins with
// (spec/upay 2.2, 3.1, 3.2). Keys are 32 random hex characters; the current one and the one before it are
// valid.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/numbers.hpp"
#include "ports/store.hpp"
#include "task/time.hpp"

namespace huitong::flows {

struct ActivateCommand {
    std::string vendor_sn;  // the signer, already verified
    std::string app_id;
    std::string code;
    std::string device_id;
    std::string client_sn;
    std::string name;
    std::string os_info;
    std::string sdk_version;
};

struct CheckinCommand {
    std::string terminal_sn;
    bool used_previous_key = false;  // the request was signed with the previous key: its answer was lost
    std::string device_id;           // empty: not said
    std::string os_info;
    std::string sdk_version;
};

class Terminals {
  public:
    Terminals(ports::StorePort& store, task::Time& time, core::Random& random, core::NumberSource& numbers);

    // not_found {no_vendor}
    [[nodiscard]] task::Task<ports::Vendor> find_vendor(std::string vendor_sn);
    // not_found {no_terminal}
    [[nodiscard]] task::Task<ports::TerminalView> find_terminal(std::string terminal_sn);
    // The channels that the merchant has active accounts at.
    [[nodiscard]] task::Task<std::vector<payments::ChannelKind>> find_channels(std::string merchant_sn);
    // A new terminal with its first key. Errors: denied {app_not_of_vendor}; not_found {no_code}; conflict
    // {code_expired, code_used_up, client_sn_taken, device_taken}; denied {store_inactive}.
    [[nodiscard]] task::Task<ports::TerminalView> activate(ActivateCommand command);
    // A new current key; the key that signed this request stays valid as the previous one. Errors: not_found
    // {no_terminal}; denied {device_changed}: device_id is given and differs from that of the activation.
    [[nodiscard]] task::Task<ports::TerminalView> checkin(CheckinCommand command);

  private:
    ports::StorePort& store_;
    task::Time& time_;
    core::Random& random_;
    core::NumberSource& numbers_;
};

}  // namespace huitong::flows
