#include "simulate/edges.hpp"

#include <array>
#include <string_view>

namespace huitong::simulate {

namespace {

using payments::Aggregate;
using payments::OperationState;
using payments::PaymentEvent;
using payments::PaymentState;

constexpr std::array<std::string_view, payments::payment_event_count> event_names{
    "waiting",          "paid",
    "refused",          "reversal_begun",
    "reversal_proven",  "nothing_to_reverse",
    "reversal_refused", "given_up",
    "decided_paid",     "decided_reversed",
    "decided_closed",   "decided_failed",
    "refunded_in_part", "refunded_in_full",
    "expired"};

std::string edge(PaymentState from, PaymentEvent event) {
    return "payment " + std::string(payments::to_string(from)) + " " +
           std::string(event_names[static_cast<std::size_t>(event)]);
}

std::string edge(OperationState from, OperationState to) {
    return "operation " + std::string(payments::to_string(from)) + " " + std::string(payments::to_string(to));
}

void count_operations(Counts& counts, const Aggregate* before, const Aggregate& after) {
    for (std::size_t i = 0; i < after.operations.size(); ++i) {
        const bool was_there = before != nullptr && i < before->operations.size();
        const OperationState from = was_there ? before->operations[i].state : OperationState::prepared;
        if (from != after.operations[i].state) counts.add(edge(from, after.operations[i].state));
    }
}

}  // namespace

void EdgeCounter::on_change(const Aggregate* before, const payments::Change& change) {
    for (const payments::Move& move : change.moves) counts_.add(edge(move.from, move.event));
    for (const payments::Alarm& alarm : change.alarms) counts_.add("alarm " + alarm.name);
    if (before == nullptr) counts_.add("payments");
    const payments::Payment& payment = change.after.payment;
    if (!payment.review_reason.empty() && reviewed_.insert(payment.sn.value).second) {
        counts_.add("reviews");
        counts_.add("review " + payment.review_reason);
    }
    count_operations(counts_, before, change.after);
    for (const payments::TimelineRow& row : change.timeline) {
        if (row.happening == "notice received") counts_.add("notices that made us look");
    }
    if (!say_) return;
    std::string line = payment.client_sn + " " + payment.channel_number + " is " +
                       std::string(payments::to_string(payment.state));
    for (const payments::TimelineRow& row : change.timeline) line += "; " + row.happening + " " + row.finding;
    say_(line);
}

void EdgeCounter::on_call(const payments::Payment&, const payments::Answer& answer) {
    counts_.add("calls");
    counts_.add("call " + std::string(payments::to_string(answer.outcome)));
    for (const std::string_view code : {"PROCESSING", "REFUNDCLOSE", "CHANGE", "NOBODY_WROTE_THIS_DOWN"}) {
        if (answer.code == code) counts_.add("heard " + answer.code);
    }
}

void EdgeCounter::on_circuit(std::string_view, bool is_open) {
    counts_.add(is_open ? "circuit opened" : "circuit closed");
}

void EdgeCounter::on_trouble(std::string_view where, const core::Error& error) {
    counts_.add("trouble " + std::string(where) + " " + error.reason);
}

void count_decision(Counts& counts, const Aggregate& before, const Aggregate& after,
                    const std::string& verdict) {
    count_operations(counts, &before, after);
    const PaymentState from = before.payment.state;
    if (from != PaymentState::manual_review || after.payment.state == from) return;
    if (verdict == "reverse_again") return counts.add(edge(from, PaymentEvent::reversal_begun));
    counts.add("payment manual_review decided_" + verdict);
}

std::vector<std::string> all_edges() {
    std::vector<std::string> names;
    for (std::size_t from = 0; from < payments::payment_state_count; ++from) {
        for (std::size_t event = 0; event < payments::payment_event_count; ++event) {
            const auto state = static_cast<PaymentState>(from);
            const auto happening = static_cast<PaymentEvent>(event);
            if (payments::next_state(state, happening)) names.push_back(edge(state, happening));
        }
    }
    for (std::size_t from = 0; from < payments::operation_state_count; ++from) {
        for (std::size_t to = 0; to < payments::operation_state_count; ++to) {
            const auto before = static_cast<OperationState>(from);
            const auto after = static_cast<OperationState>(to);
            if (from != to && payments::may_become(before, after)) names.push_back(edge(before, after));
        }
    }
    return names;
}

}  // namespace huitong::simulate
