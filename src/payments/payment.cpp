#include "payments/payment.hpp"

#include <algorithm>

#include "core/mutation.hpp"

namespace huitong::payments {

std::string_view to_string(PaymentState state) {
    switch (state) {
        case PaymentState::created:
            return "created";
        case PaymentState::pending:
            return "pending";
        case PaymentState::paid:
            return "paid";
        case PaymentState::partially_refunded:
            return "partially_refunded";
        case PaymentState::refunded:
            return "refunded";
        case PaymentState::reversing:
            return "reversing";
        case PaymentState::reversed:
            return "reversed";
        case PaymentState::closed:
            return "closed";
        case PaymentState::failed:
            return "failed";
        case PaymentState::manual_review:
            return "manual_review";
    }
    return "?";
}

std::string_view to_string(ReversalBy by) {
    switch (by) {
        case ReversalBy::nobody:
            return "nobody";
        case ReversalBy::engine:
            return "engine";
        case ReversalBy::merchant:
            return "merchant";
    }
    return "?";
}

std::string_view to_string(ChannelKind kind) {
    switch (kind) {
        case ChannelKind::wechat:
            return "wechat";
        case ChannelKind::alipay:
            return "alipay";
    }
    return "?";
}

std::string_view to_string(Product product) {
    switch (product) {
        case Product::barcode:
            return "barcode";
        case Product::qr:
            return "qr";
        case Product::wap:
            return "wap";
        case Product::mini_program:
            return "mini_program";
        case Product::app:
            return "app";
        case Product::h5:
            return "h5";
    }
    return "?";
}

std::string_view to_string(OperationKind kind) {
    switch (kind) {
        case OperationKind::pay:
            return "pay";
        case OperationKind::reverse:
            return "reverse";
        case OperationKind::watch:
            return "watch";
        case OperationKind::refund:
            return "refund";
    }
    return "?";
}

std::string_view to_string(OperationState state) {
    switch (state) {
        case OperationState::prepared:
            return "prepared";
        case OperationState::sent:
            return "sent";
        case OperationState::succeeded:
            return "succeeded";
        case OperationState::refused:
            return "refused";
        case OperationState::unknown:
            return "unknown";
        case OperationState::manual:
            return "manual";
    }
    return "?";
}

std::string_view to_string(Act act) {
    switch (act) {
        case Act::none:
            return "none";
        case Act::send:
            return "send";
        case Act::query:
            return "query";
        case Act::close:
            return "close";
    }
    return "?";
}

bool is_launched(const Payment& payment) {
    return payment.product != Product::barcode;
}

bool is_final(PaymentState state) {
    switch (state) {
        case PaymentState::paid:
        case PaymentState::partially_refunded:
        case PaymentState::refunded:
        case PaymentState::reversed:
        case PaymentState::closed:
        case PaymentState::failed:
            return true;
        case PaymentState::created:
        case PaymentState::pending:
        case PaymentState::reversing:
        case PaymentState::manual_review:
            return false;
    }
    return false;
}

bool is_final(OperationState state) {
    return state == OperationState::succeeded || state == OperationState::refused;
}

const Operation* Aggregate::live(OperationKind kind) const {
    const auto found = std::ranges::find_if(operations, [kind](const Operation& operation) {
        return operation.kind == kind && operation.next_act != Act::none;
    });
    return found == operations.end() ? nullptr : &*found;
}

Operation* Aggregate::live(OperationKind kind) {
    return const_cast<Operation*>(std::as_const(*this).live(kind));
}

const Operation* Aggregate::find(int seq) const {
    const auto found = std::ranges::find(operations, seq, &Operation::seq);
    return found == operations.end() ? nullptr : &*found;
}

Operation* Aggregate::find(int seq) {
    return const_cast<Operation*>(std::as_const(*this).find(seq));
}

const Operation* Aggregate::find_refund(std::string_view request_no) const {
    const auto found = std::ranges::find_if(operations, [request_no](const Operation& operation) {
        return operation.kind == OperationKind::refund && !is_automatic(operation) &&
               operation.request_no == request_no;
    });
    return found == operations.end() ? nullptr : &*found;
}

const Operation* Aggregate::automatic_refund() const {
    const auto found = std::ranges::find_if(operations, is_automatic);
    return found == operations.end() ? nullptr : &*found;
}

core::Money Aggregate::refundable() const {
    core::Money left = payment.amount;
    for (const Operation& operation : operations) {
        const bool is_refund = operation.kind == OperationKind::refund;
        const bool is_held = HUITONG_MUTATED("refund_without_reservation")
                                 ? operation.state == OperationState::succeeded
                                 : operation.state != OperationState::refused;
        if (is_refund && is_held) left = left - operation.amount;
    }
    return left;
}

bool is_automatic(const Operation& refund) {
    return refund.kind == OperationKind::refund && refund.request_no.empty();
}

}  // namespace huitong::payments
