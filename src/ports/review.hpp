// A proposal: a decision on a payment or a refund in review that takes effect only when a second person
// confirms it (flows/review.hpp). Rows stay, whatever became of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"
#include "core/numbers.hpp"
#include "core/time.hpp"

namespace huitong::ports {

enum class ProposalState {
    proposed,
    confirmed,  // by another person: it took effect
    rejected,   // by another person
    withdrawn,  // by whoever proposed it
    lapsed,     // the payment changed before anybody answered
};
[[nodiscard]] std::string_view to_string(ProposalState state);

struct Proposal {
    std::string id;  // the payment's number, "-", six letters or digits
    core::PaymentSn payment;
    std::string request_no;  // of the refund it is about; empty: the payment itself
    std::string verdict;     // payments::Verdict or RefundVerdict, as to_string writes it
    std::string reason;
    core::Money amount;                // of the payment or the refund
    std::int64_t payment_version = 0;  // what was looked at; a changed payment must be looked at again
    std::string proposed_by;
    core::Instant proposed_at;
    ProposalState state = ProposalState::proposed;
    std::string decided_by;
    std::optional<core::Instant> decided_at;
    std::string answer;  // why it was rejected

    friend bool operator==(const Proposal&, const Proposal&) = default;
};

// The payment in a proposal's id. reason: bad_sn
[[nodiscard]] core::Result<core::PaymentSn> payment_of_proposal(std::string_view id);

}  // namespace huitong::ports
