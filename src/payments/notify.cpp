#include "payments/notify.hpp"

#include <optional>

namespace huitong::payments {

namespace {

// A cancel that the channel refused leaves it paid, which was told when it was paid.
std::optional<NotifyEvent> event_of(const Payment& after, const Move& move) {
    const auto to = next_state(move.from, move.event);
    if (!to) return std::nullopt;
    switch (*to) {
        case PaymentState::paid:
            if (after.was_paid_before_reversal) return std::nullopt;
            return NotifyEvent::paid;
        case PaymentState::partially_refunded:
        case PaymentState::refunded:
            return NotifyEvent::refunded;
        case PaymentState::reversed:
        case PaymentState::closed:
        case PaymentState::failed:
            return NotifyEvent::canceled;
        case PaymentState::created:
        case PaymentState::pending:
        case PaymentState::reversing:
        case PaymentState::manual_review:
            return std::nullopt;
    }
    return std::nullopt;
}

bool is_wanted(NotifyEvent event, int flags) {
    switch (event) {
        case NotifyEvent::paid:
            return true;
        case NotifyEvent::canceled:
            return (flags & notify_canceled) != 0;
        case NotifyEvent::refunded:
            return (flags & notify_refunded) != 0;
    }
    return false;
}

}  // namespace

std::string_view to_string(NotifyEvent event) {
    switch (event) {
        case NotifyEvent::paid:
            return "paid";
        case NotifyEvent::canceled:
            return "canceled";
        case NotifyEvent::refunded:
            return "refunded";
    }
    return "?";
}

std::vector<NotifyEvent> notify_events(const Change& change) {
    const Payment& after = change.after.payment;
    std::vector<NotifyEvent> events;
    if (after.notify_url.empty() || after.is_reopened) return events;
    for (const Move& move : change.moves) {
        const auto event = event_of(after, move);
        if (event && is_wanted(*event, after.notify_flags)) events.push_back(*event);
    }
    return events;
}

}  // namespace huitong::payments
