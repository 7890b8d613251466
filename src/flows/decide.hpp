// A person's decision on a payment or a refund in manual review, taken beside the engine: by `huitong admin`,
// which may work on the store of a running `serve`, and by the admin API. What is left to do belongs to
// nobody, so that the serving worker picks it up. Above an amount that the platform's owner sets, a decision
// takes effect only when another person, an approver, confirms it (DESIGN.md §4, "People").
#pragma once

#include "core/random.hpp"
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

// What somebody wants done with what is in review.
struct Wish {
    core::PaymentSn payment;
    std::string request_no;  // of the refund; empty: the payment itself
    std::string verdict;     // payments::Verdict or RefundVerdict, as to_string writes it
    std::string reason;
};

struct ReviewOptions {
    EngineOptions engine = {};
    // Minor units of CNY: what is decided on a greater amount, or on one of another currency, takes two
    // persons; below 0: nothing does.
    std::int64_t second_person_above = -1;
};

struct Decided {
    payments::Aggregate order;                // as it then stands
    std::optional<ports::Proposal> proposal;  // what was proposed, confirmed, rejected or withdrawn
};

// Errors of every act, besides those it names: denied {may_only_read}; unavailable {…}.
class Reviews {
  public:
    Reviews(ports::StorePort& store, task::Time& time, core::Random& random, ReviewOptions options)
        : store_(store), time_(time), random_(random), options_(std::move(options)) {}

    // Done, or proposed: then `proposal` is there and the payment is as it was. A proposal that the payment
    // has changed under lapses. Errors: not_found {no_payment, no_refund}; conflict {already_proposed, and
    // those of payments::on_decision}; invalid {bad_verdict, reason_missing}.
    [[nodiscard]] task::Task<Decided> decide(ports::Operator by, Wish wish);
    // Takes effect. Errors: denied {approver_needed, same_person}; not_found {no_proposal}; conflict
    // {not_open, payment_changed: since it was proposed, and those of payments::on_decision}.
    [[nodiscard]] task::Task<Decided> confirm(ports::Operator by, std::string id);
    // Errors: as confirm; invalid {reason_missing}.
    [[nodiscard]] task::Task<ports::Proposal> reject(ports::Operator by, std::string id, std::string reason);
    // By whoever proposed it. Errors: denied {not_proposer}; not_found {no_proposal}; conflict {not_open}.
    [[nodiscard]] task::Task<ports::Proposal> withdraw(ports::Operator by, std::string id);

  private:
    [[nodiscard]] bool takes_two(core::Money amount) const;

    ports::StorePort& store_;
    task::Time& time_;
    core::Random& random_;
    ReviewOptions options_;
};

}  // namespace huitong::flows
