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

// Found paid after the merchant was told otherwise: undone again.
void reopen(Draft& draft, const std::string& owner);

}  // namespace huitong::payments
