// Tables of refund_view.hpp.
#include "api/upay/refund_view.hpp"

#include "core/mutation.hpp"

namespace huitong::api::upay {

namespace {

using payments::Operation;
using payments::OperationKind;
using payments::OperationState;

bool is_later(const Operation& refund, const Operation& than) {
    const bool is_open = !payments::is_final(refund.state);
    const bool was_open = !payments::is_final(than.state);
    if (is_open != was_open) return is_open;
    if (is_open || refund.finished_at == than.finished_at) return refund.seq > than.seq;
    return refund.finished_at > than.finished_at;
}

}  // namespace

RefundStage stage_of(const Operation& refund) {
    switch (refund.state) {
        case OperationState::prepared:
        case OperationState::sent:
            return RefundStage::running;
        case OperationState::succeeded:
            return RefundStage::done;
        case OperationState::refused:
            return RefundStage::refused;
        case OperationState::unknown:
            return refund.last_outcome == payments::Outcome::pending ? RefundStage::running
                                                                     : RefundStage::unknown;
        case OperationState::manual:
            return RefundStage::unknown;
    }
    return RefundStage::unknown;
}

std::string_view refund_status(RefundStage stage) {
    switch (stage) {
        case RefundStage::running:
            return "IN_PROG";
        case RefundStage::done:
            return "SUCCESS";
        case RefundStage::refused:
            return "FAIL_CANCELED";
        case RefundStage::unknown:
            return "REFUND_ERROR";
    }
    return "REFUND_ERROR";
}

const Operation* last_refund(const payments::Aggregate& aggregate) {
    const Operation* last = nullptr;
    for (const Operation& operation : aggregate.operations) {
        if (operation.kind != OperationKind::refund || payments::is_automatic(operation)) continue;
        if (last == nullptr || is_later(operation, *last)) last = &operation;
    }
    return last;
}

Verdict refund_verdict(const payments::Aggregate& aggregate, const Operation& refund) {
    switch (stage_of(refund)) {
        case RefundStage::running:
            return {HUITONG_MUTATED("open_refund_told_as_done") ? "REFUND_SUCCESS" : "REFUND_IN_PROGRESS"};
        case RefundStage::done:
            return {"REFUND_SUCCESS"};
        case RefundStage::refused: {
            const BizError error = refund_error_of(refund.refusal);
            if (error != BizError::order_not_refundable) return {"REFUND_FAIL", error};
            return {"FAIL", error, not_refundable_text(aggregate.payment)};
        }
        case RefundStage::unknown:
            return {"REFUND_ERROR"};
    }
    return {"REFUND_ERROR"};
}

Verdict refund_query_verdict(const Operation& refund) {
    if (stage_of(refund) != RefundStage::refused) return {"SUCCESS"};
    return {"SUCCESS", refund_error_of(refund.refusal)};
}

}  // namespace huitong::api::upay
