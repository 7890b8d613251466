#include "ports/review.hpp"

namespace huitong::ports {

std::string_view to_string(ProposalState state) {
    switch (state) {
        case ProposalState::proposed:
            return "proposed";
        case ProposalState::confirmed:
            return "confirmed";
        case ProposalState::rejected:
            return "rejected";
        case ProposalState::withdrawn:
            return "withdrawn";
        case ProposalState::lapsed:
            return "lapsed";
    }
    return "?";
}

core::Result<core::PaymentSn> payment_of_proposal(std::string_view id) {
    return core::parse_payment_sn(id.substr(0, id.find('-')));
}

}  // namespace huitong::ports
