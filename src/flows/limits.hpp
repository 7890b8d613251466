// The desk of the people who set limits, answer alerts and have merchants told once more: each act with its
// audit row, in one transaction (ports/limits.hpp, ports/alerts.hpp; DESIGN.md §4, "People").
#pragma once

#include <optional>
#include <string>

#include "ports/store.hpp"
#include "task/time.hpp"

namespace huitong::flows {

// Bounds that are not named stay as they are.
struct LimitChange {
    ports::LimitKind kind = ports::LimitKind::merchant;
    std::string subject;  // its number
    std::optional<core::Money> per_payment;
    std::optional<core::Money> per_day;
};

// Errors of every act, besides those it names: denied {may_only_read}; unavailable {…}.
class Desk {
  public:
    Desk(ports::StorePort& store, task::Time& time) : store_(store), time_(time) {}

    // The limit as it then stands. not_found {no_merchant, no_store, no_terminal}; invalid {bad_limit}: no
    // bound, or one that is not 0.01 to 10,000,000,000.00 CNY
    [[nodiscard]] task::Task<ports::Limit> set_limit(ports::Operator by, LimitChange change);
    // Both bounds. not_found {no_limit, no_merchant, no_store, no_terminal}
    [[nodiscard]] task::Task<void> remove_limit(ports::Operator by, ports::LimitKind kind,
                                                std::string subject);
    // not_found {no_alert}: none of that id is open
    [[nodiscard]] task::Task<void> acknowledge_alert(ports::Operator by, std::string id);

    // Sent anew, tried as if for the first time. not_found {no_notification}
    [[nodiscard]] task::Task<void> resend_notification(ports::Operator by, core::PaymentSn payment,
                                                       int ordinal);

  private:
    ports::StorePort& store_;
    task::Time& time_;
};

}  // namespace huitong::flows
