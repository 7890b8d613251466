// Onboarding: vendors, applications, merchants, stores, activation codes and channel accounts come into being
// here, each with numbers of the lengths spec/upay §7 gives them and an audit row in the same transaction.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/random.hpp"
#include "ports/store.hpp"
#include "task/time.hpp"

namespace huitong::flows {

struct CodeTerms {
    std::optional<int> uses = 1;  // none: unlimited
    core::Duration valid_for = std::chrono::hours(24 * 7);
};

// Errors of every act, besides those it names: denied {may_only_read}; invalid {bad_name}: 1 to 64 bytes, no
// control characters; conflict {name_taken}: vendors and merchants have names of their own, and so have apps
// of a vendor and stores of a merchant; unavailable {…}.
class Onboard {
  public:
    Onboard(ports::StorePort& store, task::Time& time, core::Random& random);

    // 8-digit number, 32 hex characters of key.
    [[nodiscard]] task::Task<ports::Vendor> create_vendor(ports::Operator by, std::string name);
    // 16 digits. not_found {no_vendor}
    [[nodiscard]] task::Task<ports::App> create_app(ports::Operator by, std::string vendor_sn,
                                                    std::string name);
    // not_found {no_app}
    [[nodiscard]] task::Task<void> set_switches(ports::Operator by, std::string app_id,
                                                ports::AppSwitches switches);
    // 13 digits; `sn`: these, not drawn ones, as for a merchant that a restored backup does not know.
    // conflict {exists}; invalid {bad_sn}
    [[nodiscard]] task::Task<ports::Merchant> create_merchant(ports::Operator by, std::string name,
                                                              std::optional<std::string> sn = std::nullopt);
    // As create_merchant. not_found {no_merchant}; conflict {exists}; invalid {bad_sn}
    [[nodiscard]] task::Task<ports::Store> create_store(ports::Operator by, std::string merchant_sn,
                                                        std::string name,
                                                        std::optional<std::string> sn = std::nullopt);
    // 8 digits. not_found {no_store}; invalid {bad_terms}
    [[nodiscard]] task::Task<ports::ActivationCode> create_code(ports::Operator by, std::string store_sn,
                                                                CodeTerms terms);
    // It activates nothing from now on. not_found {no_code}; conflict {code_expired}: it had ended before
    [[nodiscard]] task::Task<void> end_code(ports::Operator by, std::string code);
    // As it is kept: with the channel's own address and way of signing where none is given. not_found
    // {no_merchant}; conflict {exists}; invalid {bad_account}: detail names the field
    [[nodiscard]] task::Task<ports::ChannelAccount> create_account(ports::Operator by,
                                                                   ports::ChannelAccount account);
    // `kind` as DirectoryRepository::set_active takes it, but for "operator" (flows/operators). not_found
    // {not_found}
    [[nodiscard]] task::Task<void> set_active(ports::Operator by, std::string kind, std::string key,
                                              bool is_active);

  private:
    using Insert = std::function<core::Result<void>(ports::Tx&)>;
    // One act: `insert` and its audit row.
    [[nodiscard]] task::Task<void> act(ports::Operator by, std::string what, std::string subject,
                                       std::string detail, Insert insert);
    struct Number {
        std::size_t digits;
        std::optional<std::string> given = std::nullopt;
    };
    // Without a given number tries other numbers of that length when the one drawn is taken.
    [[nodiscard]] task::Task<std::string> act_with_number(
        ports::Operator by, std::string what, Number wanted, std::string detail,
        std::function<core::Result<void>(ports::Tx&, const std::string& number)> insert);

    ports::StorePort& store_;
    task::Time& time_;
    core::Random& random_;
};

}  // namespace huitong::flows
