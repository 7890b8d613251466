// What leaves for the channels, and what the platform hears of them: only what the channel really answered
// and the network left untouched counts as the channel's word.
#include <algorithm>

#include "auditor/book.hpp"

namespace huitong::auditor {

namespace {

// A pay call may still take effect that long after it left (docs/architecture.md; the platform counts from
// its intent, which is up to 5 s older).
constexpr core::Duration in_flight_bound = std::chrono::seconds(84);

std::string line_of(const ChannelCall& call) {
    std::string line = "gateway→" + std::string(to_string(call.side)) + " " + std::string(to_string(call.op));
    if (!call.number.empty()) line += " " + call.number;
    if (!call.refund_number.empty()) line += " " + call.refund_number;
    const auto amount = call.refund ? call.refund : call.amount;
    if (amount) line += " " + yuan(*amount) + " CNY";
    if (!call.code.empty()) line += " code " + masked_code(call.code);
    return line;
}

std::string line_of(const ChannelCall& call, const ChannelAnswer& answer) {
    std::string line = std::string(to_string(call.side)) + " answered the " +
                       std::string(to_string(call.op)) + " " + answer.code;
    if (answer.amount) line += " " + yuan(*answer.amount) + " CNY";
    return line;
}

}  // namespace

void Auditor::Book::channel_sent(std::uint64_t id, ChannelCall call) {
    count(std::string(to_string(call.side)) + "_" + std::string(to_string(call.op)));
    ChannelWire& wire = channel_calls[id];
    wire.call = std::move(call);
    wire.left = clock.now();
    wire.life = life;
    const ChannelCall& sent = wire.call;
    auto found = by_number.find(key_of(sent.side, sent.number));
    if (found != by_number.end()) wire.trade = found->second;
    if (sent.number.empty()) {
        found = by_refund_number.find(key_of(sent.side, sent.refund_number));
        if (found != by_refund_number.end()) wire.trade = found->second;
    }
    if (sent.op == ChannelOp::pay) pay_left(wire);
    if (sent.op == ChannelOp::launch) launch_left(wire);
    // A look may leave before a pay call that is held up.
    if (wire.trade == nobody && sent.op == ChannelOp::query)
        early_queries.insert(key_of(sent.side, sent.number));
    if (wire.trade == nobody) return;
    Trade& trade = trades[wire.trade];
    if (sent.op == ChannelOp::pay && early_queries.contains(key_of(sent.side, sent.number)))
        trade.query_left = trade.left;
    wire.was_reversal_sent = trade.reversal_left.has_value();
    note(order_of(trade), line_of(sent));
    check_account(trade, sent);
    if (sent.op == ChannelOp::query) query_left(trade);
    if (sent.op == ChannelOp::reverse || sent.op == ChannelOp::close) reversal_left(wire);
    if (sent.op == ChannelOp::refund) refund_left(wire);
}

void Auditor::Book::channel_arrived(ChannelWire& wire, bool is_copy) {
    if (wire.trade == nobody || !is_copy) return;
    note(order_of(trades[wire.trade]), "a copy of that arrived: " + std::string(to_string(wire.call.op)));
}

void Auditor::Book::channel_answered(ChannelWire& wire, const net::Response& response, bool is_copy) {
    ChannelAnswer answer = read_channel_answer(wire.call, response);
    if (wire.trade != nobody) {
        Trade& trade = trades[wire.trade];
        note(order_of(trade), line_of(wire.call, answer) + (is_copy ? " (to the copy)" : ""));
        // The truth about a refund, heard or not.
        if (Refund* const refund = trade.find_refund(wire.call.refund_number)) {
            const bool is_taken = answer.says == Says::accepted || answer.says == Says::refunded ||
                                  answer.says == Says::abnormal;
            if (is_taken) refund->is_accepted = true;
            if (is_taken) refund->is_closed = false;
            if (answer.says == Says::refund_closed) refund->is_accepted = false;
            if (answer.says == Says::refund_closed) refund->is_closed = true;
        }
    }
    wire.answers.emplace_back(response.body, std::move(answer));
}

void Auditor::Book::channel_heard(ChannelWire& wire, const core::Result<net::Response>& answer) {
    // A reversal may leave before a pay call that is held up, and be executed behind it.
    if (wire.trade == nobody && wire.call.op == ChannelOp::reverse) {
        const auto found = by_number.find(key_of(wire.call.side, wire.call.number));
        if (found != by_number.end()) wire.trade = found->second;
    }
    Order* const order = wire.trade == nobody ? nullptr : order_of(trades[wire.trade]);
    // A process that is gone hears nothing.
    if (wire.life == life && !answer) {
        note(order, "gateway heard nothing (" + answer.error().reason + ")");
        if (answer.error().code == core::Code::unavailable) learn_not_sent(wire);
    } else if (wire.life == life && wire.trade != nobody) {
        const auto genuine =
            std::ranges::find_if(wire.answers, [&](const auto& one) { return one.first == answer->body; });
        if (genuine != wire.answers.end() && answer->status == 200) {
            learn(wire, genuine->second);
        } else {
            note(order, "gateway heard what the channel never said: " +
                            read_channel_answer(wire.call, *answer).code);
        }
    }
    wire.answers.clear();
}

void Auditor::Book::learn_not_sent(ChannelWire& wire) {
    if (wire.trade == nobody) return;
    Trade& trade = trades[wire.trade];
    if (wire.call.op == ChannelOp::pay) trade.is_unsent = true;
    if (wire.call.op == ChannelOp::launch) trade.is_unsent = --trade.launches_open == 0;
    Refund* const refund = trade.find_refund(wire.call.refund_number);
    if (wire.call.op == ChannelOp::refund && refund != nullptr) {
        --refund->left;
        refund->forget_call(wire.left);
    }
}

void Auditor::Book::learn(ChannelWire& wire, const ChannelAnswer& answer) {
    Trade& trade = trades[wire.trade];
    const ChannelOp op = wire.call.op;
    trade.heard = clock.now();
    if (op == ChannelOp::refund || op == ChannelOp::refund_query) return learn_of_refund(trade, wire, answer);
    if (op == ChannelOp::launch) return learn_of_launch(trade, answer.says);
    if (op == ChannelOp::reverse && answer.says == Says::refused) {
        trade.may_reversal_work = false;
        trade.was_reversal_refused = true;
    }
    if (op == ChannelOp::pay && answer.is_signed) trade.has_arrived = true;
    if (op == ChannelOp::pay && (answer.is_signed || answer.says == Says::refused))
        trade.is_pay_answered = true;
    switch (answer.says) {
        case Says::paid:
            learn_alive(trade, wire);
            [[fallthrough]];
        case Says::paid_and_back:
            trade.has_arrived = true;
            if (answer.amount == trade.amount) {
                trade.is_proven_paid = true;
                if (!trade.paid_heard) trade.paid_heard = clock.now();
            } else {
                trade.other_amount_heard = clock.now();
            }
            if (answer.says == Says::paid_and_back && wire.was_reversal_sent)
                trade.is_undone = trade.was_undone = true;
            break;
        case Says::waiting:
            trade.has_arrived = true;
            learn_alive(trade, wire);
            break;
        case Says::pay_failed:
            trade.has_arrived = trade.has_pay_failed = true;
            break;
        case Says::refused:
            if (op == ChannelOp::pay) trade.is_refused = true;
            break;
        case Says::undone:
        case Says::absent:
            learn_undone(trade, wire, answer.says);
            break;
        case Says::unknown:
        case Says::accepted:
        case Says::refunded:
        case Says::refund_closed:
        case Says::abnormal:
            break;
    }
}

// What lagged behind when it said that the trade is undone proves nothing any more.
void Auditor::Book::learn_alive(Trade& trade, const ChannelWire& wire) {
    if (wire.left > trade.undone_asked_at) trade.is_undone = trade.is_undone_late = false;
}

void Auditor::Book::learn_undone(Trade& trade, const ChannelWire& wire, Says says) {
    if (trade.is_launched) return learn_undone_launch(trade, wire, says);
    trade.is_undone = trade.was_undone = true;
    trade.undone_asked_at = std::max(trade.undone_asked_at, wire.left);
    if (wire.call.op != ChannelOp::query) return;
    // Before a reversal of ours nothing but a trade that is there can be closed.
    if (says == Says::undone && !wire.was_reversal_sent) trade.has_arrived = true;
    if (trade.left && wire.left >= *trade.left + in_flight_bound) trade.is_undone_late = true;
}

void Auditor::Book::learn_of_refund(Trade& trade, const ChannelWire& wire, const ChannelAnswer& answer) {
    Refund* const refund = trade.find_refund(wire.call.refund_number);
    if (refund == nullptr) return;
    const bool is_right_amount = !answer.amount || *answer.amount == refund->amount;
    switch (answer.says) {
        case Says::refunded:
            if (is_right_amount) refund->is_proven = true;
            break;
        case Says::refused:
            if (wire.call.op == ChannelOp::refund) refund->forget_call(wire.left);
            break;
        case Says::absent:
        case Says::refund_closed:
            refund->is_seen_gone = true;
            if (wire.left >= refund->last_left + in_flight_bound) refund->settle(wire.left);
            break;
        case Says::accepted:
        case Says::abnormal:
        case Says::unknown:
        case Says::waiting:
        case Says::paid:
        case Says::paid_and_back:
        case Says::pay_failed:
        case Says::undone:
            break;
    }
}

}  // namespace huitong::auditor
