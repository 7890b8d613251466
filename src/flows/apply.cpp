#include "flows/apply.hpp"

#include "core/mutation.hpp"

namespace huitong::flows {

bool is_counted(const payments::Payment& payment) {
    using payments::PaymentState;
    const bool has_come_to_nothing = payment.state == PaymentState::failed ||
                                     payment.state == PaymentState::closed ||
                                     payment.state == PaymentState::reversed;
    // Found paid after it was over and undone again: it was given back to the day's sum the first time.
    return payment.is_limited && !payment.is_reopened && !has_come_to_nothing;
}

std::vector<ports::Notification> notifications_of(const payments::Change& change) {
    constexpr int most_per_change = 16;
    const payments::Payment& after = change.after.payment;
    const bool is_prefixed = (after.notify_flags & payments::notify_sn_prefixed) != 0;
    std::vector<ports::Notification> made;
    int ordinal = static_cast<int>(after.version) * most_per_change;
    for (const payments::NotifyEvent event : payments::notify_events(change)) {
        const core::Instant at = change.timeline.empty() ? after.created_at : change.timeline.back().at;
        made.push_back({.payment = after.sn,
                        .ordinal = ordinal++,
                        .event = event,
                        .url = after.notify_url,
                        .signed_as = is_prefixed ? after.terminal_sn : std::string(),
                        .body = {},
                        .created_at = at,
                        .next_at = at,
                        .delivered_at = std::nullopt});
    }
    return made;
}

void apply_change(ports::Tx& tx, const payments::Aggregate& before, const payments::Change& change) {
    tx.payments().apply(before, change);
    if (!HUITONG_MUTATED("notification_not_written"))
        for (const ports::Notification& told : notifications_of(change)) tx.notifications().add(told);
    const bool is_released = is_counted(before.payment) && !is_counted(change.after.payment);
    if (is_released && !HUITONG_MUTATED("limit_not_given_back")) tx.limits().uncount(before.payment);
}

}  // namespace huitong::flows
