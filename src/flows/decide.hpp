// A person's decision on a payment in manual review, taken beside the engine: by `huitong admin`, which may
// work on the store of a running `serve`. What is left to do belongs to nobody, so that the serving worker
// picks it up.
#pragma once

#include "flows/engine.hpp"

namespace huitong::flows {

// `decision.owner` is ignored. Written with its audit row. Errors: not_found {no_payment}; conflict
// {not_in_review}; invalid {reason_missing}; unavailable {…}.
[[nodiscard]] task::Task<payments::Aggregate> decide_beside(ports::StorePort& store, core::PaymentSn sn,
                                                            payments::Decision decision, core::Instant now,
                                                            EngineOptions options);
// The same for one refund of the merchant's, in state manual; `decision.seq` and `decision.owner` are
// ignored. Errors: not_found {no_payment, no_refund}; conflict {not_in_review}; invalid {reason_missing};
// unavailable {…}.
[[nodiscard]] task::Task<payments::Aggregate> decide_refund_beside(ports::StorePort& store,
                                                                   core::PaymentSn sn, std::string request_no,
                                                                   payments::RefundDecision decision,
                                                                   core::Instant now, EngineOptions options);

}  // namespace huitong::flows
