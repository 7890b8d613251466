// Orders that the payer begins: made known at the channel, or given to the payer as a string that his wallet
// takes there; closed when nobody paid in time (spec/upay 3.5, 5.2; spec/channels 1A.7, 1A.8, 2.4, 2.8).
#include <algorithm>

#include "auditor/book.hpp"

namespace huitong::auditor {

namespace {

constexpr core::Duration send_by = std::chrono::seconds(6);
constexpr core::Duration repeated_until = std::chrono::seconds(35);
// A code that was shown may be paid for four minutes, and is closed a minute later.
constexpr core::Duration code_lives = std::chrono::minutes(4);
constexpr core::Duration closed_from = std::chrono::seconds(294);

}  // namespace

// The order of that subject and amount which has no number yet.
std::size_t Auditor::Book::find_launched(const ChannelCall& call) const {
    const auto found = by_subject.find(call.subject);
    if (found == by_subject.end()) return nobody;
    const auto fits = std::ranges::find_if(found->second, [&](std::size_t index) {
        const Order& order = orders[index];
        return order.trades.empty() && std::ranges::any_of(order.asks, [&](const PayAsk& ask) {
                   return ask.subject == call.subject && ask.amount == call.amount;
               });
    });
    return fits == found->second.end() ? nobody : *fits;
}

std::size_t Auditor::Book::add_launched(const ChannelCall& call, std::size_t order) {
    const std::size_t index = trades.size();
    by_number.emplace(key_of(call.side, call.number), index);
    trades.push_back({.side = call.side,
                      .number = call.number,
                      .account = call.account,
                      .amount = call.amount.value_or(-1),
                      .order = order});
    trades.back().left = clock.now();
    trades.back().is_launched = true;
    orders[order].trades.push_back(index);
    for (PayAsk& ask : orders[order].asks) ask.is_sent_on = ask.is_sent_on || ask.amount == call.amount;
    return index;
}

void Auditor::Book::launch_left(ChannelWire& wire) {
    const ChannelCall& call = wire.call;
    if (wire.trade != nobody) {
        Trade& known = trades[wire.trade];
        if (call.amount != known.amount)
            report("launch_differs", order_of(known), call.number, "launched again over another amount");
        if (clock.now() > *known.left + repeated_until)
            report("launched_late", order_of(known), call.number, "launched again after half a minute");
        ++known.launches_open;
        known.is_unsent = known.is_refused = false;
        return;
    }
    if (is_catching_up) check_caught_up();
    const std::size_t of = find_launched(call);
    if (of == nobody) return report("pay_unasked", nullptr, call.number, "no till asked for " + call.subject);
    wire.trade = add_launched(call, of);
    trades[wire.trade].launches_open = 1;
    const Order& order = orders[of];
    const auto ask = std::ranges::find(order.asks, call.amount, &PayAsk::amount);
    if (clock.now() > ask->arrived_at + send_by)
        report("pay_sent_late", &order, call.number, "launched more than 5 s after it was asked for");
}

// No call leaves for such a string: what was given to the payer is what the order is.
void Auditor::Book::launch_given(const ChannelCall& call, std::size_t order) {
    if (by_number.contains(key_of(call.side, call.number))) return;
    if (!orders[order].trades.empty())
        report("two_numbers", &orders[order], call.number, "a second number was given to the payer");
    const auto is_asked = [&](const PayAsk& ask) { return ask.amount == call.amount; };
    if (std::ranges::none_of(orders[order].asks, is_asked))
        report("pay_amount", &orders[order], call.number, "given over " + yuan(call.amount.value_or(-1)));
    add_launched(call, order);
}

// What the payer was given stays good for its time, unless its merchant asks to end it.
void Auditor::Book::check_launch_ended(const Trade& trade, const Order& order) {
    if (order.cancel_asked || order.is_decided() || order.first_over || !order.launch_told) return;
    if (order.first_paid)
        return report("reversal_unasked", &order, trade.number, "told PAID, and nobody asked for a cancel");
    if (clock.now() < *trade.left + closed_from)
        report("closed_early", &order, trade.number, "before its time, and nobody asked for a cancel");
}

void Auditor::Book::learn_of_launch(Trade& trade, Says says) {
    if (says == Says::waiting) trade.has_arrived = true;
    if (says != Says::refused) return;
    trade.is_refused = --trade.launches_open == 0;
}

// The channel's own end, or its word that nothing is there when nobody could begin any more.
void Auditor::Book::learn_undone_launch(Trade& trade, const ChannelWire& wire, Says says) {
    const bool is_late = wire.left >= *trade.left + code_lives;
    if (says == Says::absent && wire.call.op == ChannelOp::query && !is_late) return;
    trade.is_undone = trade.was_undone = true;
    trade.undone_asked_at = std::max(trade.undone_asked_at, wire.left);
}

}  // namespace huitong::auditor
