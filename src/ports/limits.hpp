// Limits an operator sets on what a terminal, a store or a merchant may receive: per payment and per UTC+8
// day. A day's sum counts payments from their creation on and forgets those that ended unpaid or undone;
// refunds do not give it back. It is a bound for risk, checked and counted in the intent's own SQL
// transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"

namespace huitong::ports {

enum class LimitKind { terminal, store, merchant };
[[nodiscard]] std::string_view to_string(LimitKind kind);

struct Limit {
    LimitKind kind = LimitKind::merchant;
    std::string subject;      // its number
    std::string merchant_sn;  // whose it is
    std::optional<core::Money> per_payment;
    std::optional<core::Money> per_day;

    friend bool operator==(const Limit&, const Limit&) = default;
};

struct LimitSubjects {
    std::string terminal_sn;
    std::string store_sn;
    std::string merchant_sn;
};

}  // namespace huitong::ports
