// What a merchant hears of a payment at its notify_url: which moves of the state table are told, and to whom
// (spec/upay 2.4).
#pragma once

#include <string_view>
#include <vector>

#include "payments/rules.hpp"

namespace huitong::payments {

enum class NotifyEvent { paid, canceled, refunded };
[[nodiscard]] std::string_view to_string(NotifyEvent event);

// Payment::notify_flags: what the application wants beside "paid", fixed at creation.
inline constexpr int notify_canceled = 1;
inline constexpr int notify_refunded = 2;
inline constexpr int notify_sn_prefixed = 4;  // the terminal's number stands before the signature

// What the merchant is told of because of this change, in the order of its moves; nothing where it gave no
// address. What happens unseen by the merchant, to a payment that was over before, is not told.
[[nodiscard]] std::vector<NotifyEvent> notify_events(const Change& change);

}  // namespace huitong::payments
