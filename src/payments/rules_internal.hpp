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

// Found paid after the merchant was told otherwise: refunded in full.
void reopen(Draft& draft, const std::string& owner);

// The channel does not reverse this trade any more; what it was refused for does not pass.
[[nodiscard]] bool is_refused_for_good(const Operation& reverse);
// Asks the channel for the automatic refund of a payment whose reversal it refuses as late.
void refund_instead(Draft& draft, Operation& reverse);
// A query's answer for a pay whose end was lost with the store. False: the usual rules hold.
[[nodiscard]] bool restored_poll_answered(Draft& draft, Operation& pay, const QueryAnswer& answer);
// The payment is proven paid: what was refunded of it can be asked for.
void ask_after_held_refunds(Draft& draft, const std::string& owner);

// An automatic refund was refused with evidence: the reversal takes over again, beginning with a look.
void reverse_instead(Draft& draft, Operation& refund);

}  // namespace huitong::payments
