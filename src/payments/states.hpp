// The state tables of payments and operations: every state times every event of a payment, and every step of
// an operation, is decided here and nowhere else.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "payments/payment.hpp"

namespace huitong::payments {

enum class PaymentEvent {
    waiting,         // the pay call brought no decision: poll
    paid,            // proof of payment
    refused,         // the channel's proof that it will not be paid, or we know that it was not sent
    reversal_begun,  // deadline, merchant's cancel, or a payment found paid after the merchant was told
                     // otherwise
    reversal_proven,
    nothing_to_reverse,  // the channel's proof that nothing was paid and nothing can be
    reversal_refused,    // merchant asked, the channel refused with evidence, the payment still stands
    given_up,            // machines cannot decide
    decided_paid,        // a person decided, with evidence
    decided_reversed,
    decided_closed,
    decided_failed,
    refunded_in_part,  // a refund of the merchant's is proven, and something is left
    refunded_in_full,
    expired,  // launched, and the payer did not pay in time: the channel's proof that nobody can any more
};

inline constexpr std::size_t payment_state_count = 10;
inline constexpr std::size_t payment_event_count = 15;
inline constexpr std::size_t operation_state_count = 6;

namespace detail {

using S = PaymentState;
inline constexpr std::optional<PaymentState> no = std::nullopt;

// Rows: from, in the order of PaymentState. Columns: event, in the order of PaymentEvent.
inline constexpr std::array<std::array<std::optional<S>, payment_event_count>, payment_state_count> table{{
    // waiting, paid, refused, begun, proven, nothing, refused (reversal), given_up,
    // decided: paid, reversed, closed, failed; refunded: in part, in full; expired
    {S::pending, S::paid, S::failed, S::reversing, no, no, no, no,        //
     no, no, no, no, no, no, no},                                         // created
    {no, S::paid, S::failed, S::reversing, no, no, no, S::manual_review,  //
     no, no, no, no, no, no, S::closed},                                  // pending
    {no, no, no, S::reversing, no, no, no, no,                            //
     no, no, no, no, S::partially_refunded, S::refunded, no},             // paid
    {no, no, no, no, no, no, no, no,                                      //
     no, no, no, no, S::partially_refunded, S::refunded, no},             // partially_refunded
    {no, no, no, no, no, no, no, no,                                      //
     no, no, no, no, no, no, no},                                         // refunded
    {no, no, no, no, S::reversed, S::closed, S::paid, S::manual_review,   //
     no, no, no, no, no, no, no},                                         // reversing
    {no, no, no, S::reversing, no, no, no, no,                            //
     no, no, no, no, no, no, no},                                         // reversed
    {no, no, no, S::reversing, no, no, no, no,                            //
     no, no, no, no, no, no, no},                                         // closed
    {no, no, no, S::reversing, no, no, no, no,                            //
     no, no, no, no, no, no, no},                                         // failed
    {no, no, no, S::reversing, S::reversed, no, no, no,                   //
     S::paid, S::reversed, S::closed, S::failed, no, no, no},             // manual_review
}};

// Rows: from, columns: to, both in the order of OperationState.
inline constexpr std::array<std::array<bool, operation_state_count>, operation_state_count> steps{{
    // prepared, sent, succeeded, refused, unknown, manual
    {true, true, true, false, false, true},    // prepared: also ended without being sent
    {true, true, true, true, true, true},      // sent: prepared again where it certainly did not leave
    {false, false, true, false, true, false},  // succeeded: asked after anew when a disk was lost
    {true, false, false, true, false, false},  // refused: a refund that is asked for again
    {false, true, true, true, true, true},     // unknown
    {false, false, true, true, true, true},  // manual: a person or late proof ends it, a person drives it on
}};

}  // namespace detail

// The state after `event`, or none when that event cannot happen in that state.
[[nodiscard]] constexpr std::optional<PaymentState> next_state(PaymentState from, PaymentEvent event) {
    return detail::table[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
}

// Whether an operation of one state may stand in the other after one change; also that it stays.
[[nodiscard]] constexpr bool may_become(OperationState from, OperationState to) {
    return detail::steps[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

static_assert(static_cast<std::size_t>(PaymentState::manual_review) + 1 == payment_state_count);
static_assert(static_cast<std::size_t>(OperationState::manual) + 1 == operation_state_count);
static_assert(!may_become(OperationState::succeeded, OperationState::refused) &&
                  !may_become(OperationState::unknown, OperationState::prepared),
              "proof stands, and what may have been done is never begun as if it had not been");
static_assert(static_cast<std::size_t>(PaymentEvent::expired) + 1 == payment_event_count);
static_assert(next_state(PaymentState::reversing, PaymentEvent::paid) == std::nullopt,
              "a success seen while reversing never flips to paid");
static_assert(next_state(PaymentState::partially_refunded, PaymentEvent::reversal_begun) == std::nullopt &&
                  next_state(PaymentState::refunded, PaymentEvent::reversal_begun) == std::nullopt,
              "what was refunded in part or in full is never reversed");
static_assert(next_state(PaymentState::failed, PaymentEvent::paid) == std::nullopt &&
                  next_state(PaymentState::reversed, PaymentEvent::paid) == std::nullopt &&
                  next_state(PaymentState::closed, PaymentEvent::paid) == std::nullopt,
              "what the merchant was told is over is refunded when found paid, never set to paid");

}  // namespace huitong::payments
