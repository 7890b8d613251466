// What the files of the rules share; not for other libraries.
#pragma once

#include "payments/draft.hpp"

namespace huitong::payments {

// The operation a claim names, unless a later attempt holds it: conflict {fenced}.
[[nodiscard]] core::Result<Operation*> claimed(Draft& draft, Claim claim);

// "Already paid" may mean somebody else's payment under a number issued twice: ours cannot be paid before it
// was sent. The channel's clock has whole seconds.
[[nodiscard]] bool is_older_than_ours(const Aggregate& aggregate, const TradeFacts& trade);

// A query's answer, by the kind of the operation that asked.
void poll_answered(Draft& draft, Operation& pay, const QueryAnswer& answer);
void reversal_queried(Draft& draft, Operation& reverse, const QueryAnswer& answer);
void watch_queried(Draft& draft, Operation& watch, const QueryAnswer& answer);

// The next slow query of an operation that machines gave up: hourly, then daily, then never.
void review_again(Draft& draft, Operation& operation);

// A refund that the merchant asked for.
[[nodiscard]] bool is_of_merchant(const Operation& operation);
// One that is done or may be: no reversal beside it.
[[nodiscard]] bool has_refund_that_may_be(const Aggregate& aggregate);
// Paid, whatever was refunded of it since.
[[nodiscard]] bool is_paid_state(PaymentState state);

// The channel refused a merchant's cancel, and the payment stands. A restored one was not yet booked here.
void stay_paid(Draft& draft, Operation& undoing);
// Found paid after the merchant was told otherwise: refunded in full.
void reopen(Draft& draft, const std::string& owner);

// The channel does not reverse this trade any more; what it was refused for does not pass.
[[nodiscard]] bool is_refused_for_good(const Operation& reverse);
// Asks the channel for the automatic refund of a payment whose reversal it refuses as late.
void refund_instead(Draft& draft, Operation& reverse);
// Whether nothing but a payment, a refusal or its undoing has been decided yet.
[[nodiscard]] bool is_waiting(PaymentState state);
// The channel refused the pay call, or it was certainly not sent. `may_exist`: an order may stand there.
void take_refusal(Draft& draft, Operation& pay, const Answer& answer, bool may_exist);

// How an unpaid payment of that kind is undone: by a reversal, or by closing its trade.
[[nodiscard]] Act undoing_act(const Payment& payment);
// What was launched and paid is not reversed but refunded.
[[nodiscard]] bool is_undone_by_refund(const Payment& payment);
// A launched payment that nobody can pay any more. `is_watched`: no trade was seen.
void expire(Draft& draft, Operation& pay, const Answer& answer, bool is_watched);
// The next look at a launched payment that still waits for its payer; at its end, the close.
void await_payer(Draft& draft, Operation& pay, const QueryAnswer& answer);
void close_of_launched_answered(Draft& draft, Operation& pay, const CloseAnswer& answer);

// A query's answer for a pay whose end was lost with the store. False: the usual rules hold.
[[nodiscard]] bool restored_poll_answered(Draft& draft, Operation& pay, const QueryAnswer& answer);
// The payment is proven paid: what was refunded of it can be asked for.
void ask_after_held_refunds(Draft& draft, const std::string& owner);

// An automatic refund was refused with evidence: the reversal takes over again, beginning with a look.
void reverse_instead(Draft& draft, Operation& refund);

}  // namespace huitong::payments
