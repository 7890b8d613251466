// The rules of the pay story, pure and synchronous: an aggregate and something that happened give the change
// to commit. Stories (flows/) fetch the aggregate, ask the channel and commit; they decide nothing. DESIGN.md
// §4 and §5, spec/channels 3.5–3.10.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "ledger/ledger.hpp"
#include "payments/answers.hpp"
#include "payments/payment.hpp"
#include "payments/policy.hpp"
#include "payments/states.hpp"

namespace huitong::payments {

// Something an operator must hear of; written with the change and raised after its commit.
struct Alarm {
    std::string
        name;  // amount_mismatch, older_payment, unexplained_refund, paid_after_close, manual_review, …
    std::string detail;
};

// One row of a payment's timeline: what happened, what we made of it, and the raw bytes behind it.
struct TimelineRow {
    core::Instant at;
    int seq = 1;            // operation
    std::string happening;  // "pay answered", "reversal begun", "alarm amount_mismatch", …
    std::string finding;    // outcome and code: "refused NOTENOUGH", "unknown read_timeout"
    PaymentState state_after = PaymentState::created;
    std::optional<Exchange> exchange;
};

// A step in the state table of payments.
struct Move {
    PaymentState from = PaymentState::created;
    PaymentEvent event = PaymentEvent::waiting;
};

// What one happening changes. Applied as a whole in one SQL transaction, guarded by the version it saw.
struct Change {
    Aggregate after;
    std::vector<Move> moves = {};  // of the payment, in their order
    std::vector<ledger::Entry> entries = {};
    std::vector<Alarm> alarms = {};
    std::vector<TimelineRow> timeline = {};
};

// What a new payment is made of.
struct NewPayment {
    Payment payment;    // identity, amounts and times filled in by the caller; state created
    std::string owner;  // this process
};
// The intent: the payment and its pay operation, inserted as sent, in one commit.
[[nodiscard]] Aggregate make_intent(NewPayment intent, const Policy& policy);

// The act that is due next and when; none when nothing is left to do (or another process holds it).
struct Step {
    int seq = 0;
    OperationKind kind = OperationKind::pay;
    Act act = Act::none;
    core::Instant at;
    int attempt = 0;
};
[[nodiscard]] std::optional<Step> next_step(const Aggregate& aggregate);

// Names the claim an answer belongs to.
struct Claim {
    int seq = 1;
    int attempt = 0;
};

// Takes over every unfinished operation whose lease has ended, or every one when `is_owner_gone` (start of
// the only process on this store). A pay call found unanswered is unknown from here on: it is queried, never
// sent again. none: nothing to claim.
[[nodiscard]] std::optional<Change> on_claim(const Aggregate& before, const std::string& owner,
                                             bool is_owner_gone, core::Instant now, const Policy& policy);

// What a launch came to; and whether the same call is to be made again, at once and by whoever made it.
[[nodiscard]] core::Result<Change> on_launch_answer(const Aggregate& before, Claim claim,
                                                    const LaunchAnswer& answer, core::Instant now,
                                                    const Policy& policy);
[[nodiscard]] bool is_to_be_launched_again(const Aggregate& aggregate, core::Instant now,
                                           const Policy& policy);
// A notice of the channel's: a reason to look now. none: there is nothing to look for.
[[nodiscard]] std::optional<Change> on_notice(const Aggregate& before, const Notice& notice,
                                              const std::string& owner, core::Instant now,
                                              const Policy& policy);

// Errors of the on_… functions: conflict {fenced: the claim is older than the operation's attempt}.
[[nodiscard]] core::Result<Change> on_pay_answer(const Aggregate& before, Claim claim,
                                                 const PayAnswer& answer, core::Instant now,
                                                 const Policy& policy);
[[nodiscard]] core::Result<Change> on_query_answer(const Aggregate& before, Claim claim,
                                                   const QueryAnswer& answer, core::Instant now,
                                                   const Policy& policy);
// Of reversals, closes and refunds: the commit of this change comes before the first byte of the call.
[[nodiscard]] core::Result<Change> on_sent(const Aggregate& before, Claim claim, core::Instant now,
                                           const Policy& policy);
[[nodiscard]] core::Result<Change> on_reverse_answer(const Aggregate& before, Claim claim,
                                                     const ReverseAnswer& answer, core::Instant now,
                                                     const Policy& policy);

// What closing an unpaid trade came to: of a launched payment, or where a reversal is refused as late.
[[nodiscard]] core::Result<Change> on_close_answer(const Aggregate& before, Claim claim,
                                                   const CloseAnswer& answer, core::Instant now,
                                                   const Policy& policy);
// `is_query`: the answer of a refund query, not of the refund call itself.
[[nodiscard]] core::Result<Change> on_refund_answer(const Aggregate& before, Claim claim,
                                                    const RefundAnswer& answer, bool is_query,
                                                    core::Instant now, const Policy& policy);

// A merchant asks for all or part of a payment back. The request reserves its amount; only proof of refusal
// releases it.
struct RefundRequest {
    std::string
        request_no;  // the merchant's number of this refund: unique per payment, the same in a repetition
    core::Money amount;
    std::string operator_name;
    std::string terminal_sn;
    std::string reason;
    std::string owner;  // this process
};
// A request_no that was used before, with the same amount: a refund that was refused is begun again (under
// the same number at the channel, unless the channel closed that one), one whose outcome is not known is
// driven again at once. Errors, all conflict: request_conflict (used before for another amount);
// already_refunded (used before and proven); already_asked (it is under way: nothing to write, wait for it);
// not_refundable (state); too_late (its days for refunds are over); nothing_left (refunded in full);
// not_enough_left; too_many_refunds.
[[nodiscard]] core::Result<Change> on_refund(const Aggregate& before, const RefundRequest& request,
                                             core::Instant now, const Policy& policy);

// A merchant asks to undo the payment in full (upay cancel and revoke).
struct CancelRequest {
    std::string operator_name;
    std::string terminal_sn;
    std::string owner;  // this process
};
// Errors: conflict {already_asked: a reversal the merchant asked for is running: nothing to write, wait for
// it; already_reversed: nothing to do; not_cancellable: state or review does not allow it; not_same_day: paid
// on another UTC+8 day}. A cancel while a reversal runs joins it.
[[nodiscard]] core::Result<Change> on_cancel(const Aggregate& before, const CancelRequest& request,
                                             core::Instant now, const Policy& policy);

// A person decides what machines could not.
enum class Verdict { paid, reversed, closed, failed, reverse_again };
[[nodiscard]] std::string_view to_string(Verdict verdict);
struct Decision {
    Verdict verdict = Verdict::reverse_again;
    std::string operator_name;
    std::string reason;  // kept in the timeline and the audit log; must not be empty
    std::string owner;
};
// Errors: conflict {not_in_review; seen_paid: the channel showed it paid, so it is neither closed nor failed;
// told_over: the merchant was told that it is over, so it can only be undone; refund_exists: a refund of ours
// may have been done}; invalid {reason_missing}.
[[nodiscard]] core::Result<Change> on_decision(const Aggregate& before, const Decision& decision,
                                               core::Instant now, const Policy& policy);

// A person decides on a refund that machines could not prove (its operation is in state manual).
enum class RefundVerdict { refunded, not_refunded, again };
[[nodiscard]] std::string_view to_string(RefundVerdict verdict);
struct RefundDecision {
    int seq = 0;  // the refund's
    RefundVerdict verdict = RefundVerdict::again;
    std::string operator_name;
    std::string reason;  // must not be empty
    std::string owner;
};
// Errors: conflict {not_in_review}; not_found {no_refund}; invalid {reason_missing}.
[[nodiscard]] core::Result<Change> on_refund_decision(const Aggregate& before, const RefundDecision& decision,
                                                      core::Instant now, const Policy& policy);

// After a restore (rules_restore.cpp). A call that left before the store was lost, with the payment as it
// stood then: what of it the store does not know. `known` is null where the store has no such payment:
// `after` is to be inserted then. none: the store knows as much or more.
[[nodiscard]] std::optional<Change> on_lost_call(const Aggregate* known, const Aggregate& sent, int seq,
                                                 core::Instant now, const Policy& policy);
// A payment that the backup has as unfinished may have ended since. none: nothing to ask anew.
[[nodiscard]] std::optional<Change> on_store_restored(const Aggregate& before, core::Instant now,
                                                      const Policy& policy);
// The channel has said what became of everything about it that was lost, or a person must.
[[nodiscard]] bool is_known_again(const Aggregate& aggregate);

}  // namespace huitong::payments
