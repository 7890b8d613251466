// The checks of what leaves for the channels: every call that moves money must have been asked for, once,
// over the right amount and in its time (spec/channels 1A.4, 1A.6, 1A.9, 3.9; docs/invariants.md).
#include <algorithm>

#include "auditor/book.hpp"

namespace huitong::auditor {

namespace {

constexpr core::Duration send_by = std::chrono::seconds(5);
constexpr core::Duration tolerance = std::chrono::seconds(1);
constexpr core::Duration earliest_reversal = std::chrono::seconds(15);
constexpr core::Duration around_midnight = std::chrono::minutes(2);
constexpr core::Duration longest_held_back = std::chrono::minutes(30);
constexpr core::Duration most_apart = std::chrono::seconds(150);  // two clocks
constexpr core::Duration query_spacing = std::chrono::seconds(1);
constexpr core::Duration deadline = std::chrono::seconds(30);
constexpr core::Duration refund_spacing = std::chrono::seconds(60);

// The channel that a code's first digits name (spec/upay 4.5), unless a payway does.
std::optional<Side> side_asked(const PayAsk& ask) {
    if (ask.payway == "3") return Side::wechat;
    if (ask.payway == "1" || ask.payway == "2") return Side::alipay;
    const std::string_view head = std::string_view(ask.code).substr(0, 2);
    if (head >= "10" && head <= "15") return Side::wechat;
    if (head >= "25" && head <= "30") return Side::alipay;
    return std::nullopt;
}

// Channels cut and clean texts; only what they have no reason to touch is compared.
bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

}  // namespace

// A merchant's money goes to its own accounts, and what follows a pay call goes where that went.
void Auditor::Book::check_account(const Trade& trade, const ChannelCall& call) {
    const Order* const order = order_of(trade);
    if (call.account != trade.account)
        report(
            "wrong_account", order, trade.number,
            "paid to " + trade.account + ", its " + std::string(to_string(call.op)) + " to " + call.account);
    const bool is_known = order != nullptr && has_accounts(order->merchant_sn);
    if (is_known &&
        find_account(order->merchant_sn, call.side, &Account::at_channel, call.account) == nullptr)
        report("wrong_account", order, trade.number,
               "a " + std::string(to_string(call.op)) + " to " + call.account);
}

// After a restore nothing new begins before the channels spoke of everything that was lost (docs/backup.md).
void Auditor::Book::check_caught_up() {
    is_catching_up = false;
    // What a channel left unanswered for so long has come to a person.
    if (clock.now() >= *restored + std::chrono::minutes(30)) return;
    for (const Trade& trade : trades) {
        const bool is_lost = trade.left && *trade.left > backup_at && *trade.left < *restored;
        const bool is_heard = trade.heard && *trade.heard >= *restored;
        const Order* const order = order_of(trade);
        const bool is_decided = order != nullptr && order->is_decided();
        const bool is_over = trade.is_unsent || trade.is_refused;  // by its own answer, which nothing changes
        if (is_lost && !is_heard && !is_decided && !is_over)
            report("begun_before_caught_up", order, trade.number,
                   "a new pay call left before this was known again");
    }
}

void Auditor::Book::pay_left(ChannelWire& wire) {
    const ChannelCall& call = wire.call;
    if (is_catching_up) check_caught_up();
    if (wire.trade != nobody) {
        Trade& known = trades[wire.trade];
        if (known.left && !known.is_unsent)
            report("pay_sent_twice", order_of(known), call.number, "the pay call of one number left twice");
        known.is_unsent = false;
        known.left = clock.now();
        return;
    }
    wire.trade = trades.size();
    by_number.emplace(key_of(call.side, call.number), wire.trade);
    trades.push_back({.side = call.side,
                      .number = call.number,
                      .account = call.account,
                      .amount = call.amount.value_or(-1)});
    Trade& trade = trades.back();
    trade.left = clock.now();
    link_pay(trade, call);
}

// The order whose till showed this code; of several, one that has no number yet.
void Auditor::Book::link_pay(Trade& trade, const ChannelCall& call) {
    const auto found = by_code.find(call.code);
    if (found == by_code.end())
        return report("pay_unasked", nullptr, call.number, "no till showed code " + masked_code(call.code));
    const auto& candidates = found->second;
    const auto is_free = [&](std::size_t index) {
        return std::ranges::all_of(orders[index].trades,
                                   [&](std::size_t one) { return trades[one].is_unsent; });
    };
    const auto has_amount = [&](std::size_t index) {
        return std::ranges::any_of(orders[index].asks, [&](const PayAsk& ask) {
            // A code may have been shown for another order before.
            const bool is_named = !is_plain(ask.subject) || ask.subject == call.subject;
            return is_named && ask.code == call.code && ask.amount == call.amount && !ask.is_sent_on;
        });
    };
    auto chosen = std::ranges::find_if(
        candidates, [&](std::size_t index) { return is_free(index) && has_amount(index); });
    if (chosen == candidates.end()) chosen = std::ranges::find_if(candidates, is_free);
    const bool is_second = chosen == candidates.end();
    trade.order = is_second ? candidates.front() : *chosen;
    Order& order = orders[trade.order];
    if (is_second)
        report("two_numbers", &order, call.number,
               "a second number for the order of " + trades[order.trades.front()].number);
    order.trades.push_back(by_number.at(key_of(call.side, call.number)));
    const auto of_amount = std::ranges::find_if(
        order.asks, [&](const PayAsk& one) { return one.code == call.code && one.amount == call.amount; });
    const auto ask =
        of_amount != order.asks.end() ? of_amount : std::ranges::find(order.asks, call.code, &PayAsk::code);
    ask->is_sent_on = true;
    const bool is_lost = is_in_lost_time(order.acknowledged);
    if (order.first_over && !is_lost) report("pay_after_over", &order, call.number, "told over, then sent");
    check_pay_terms(trade, order, *ask, call);
}

void Auditor::Book::check_pay_terms(const Trade& trade, const Order& order, const PayAsk& ask,
                                    const ChannelCall& call) {
    if (call.amount != ask.amount)
        report("pay_amount", &order, trade.number,
               "asked " + yuan(ask.amount.value_or(-1)) + ", sent " + yuan(trade.amount));
    if (const auto side = side_asked(ask); side && *side != call.side)
        report("pay_wrong_channel", &order, trade.number, "sent to " + std::string(to_string(call.side)));
    if (is_plain(ask.subject) && call.subject != ask.subject)
        report("pay_subject", &order, trade.number, "asked " + ask.subject + ", sent " + call.subject);
    if (!call.terminal_sn.empty() && call.terminal_sn != ask.terminal_sn)
        report("pay_terminal", &order, trade.number,
               "asked at " + ask.terminal_sn + ", sent " + call.terminal_sn);
    if (clock.now() > ask.arrived_at + send_by + tolerance)
        report("pay_sent_late", &order, trade.number, "left more than 5 s after it was asked for");
}

void Auditor::Book::query_left(Trade& trade) {
    const core::Instant now = clock.now();
    if (trade.query_left && now < *trade.query_left + query_spacing)
        report("queries_too_near", order_of(trade), trade.number, "two queries left within a second");
    trade.query_left = now;
}

// A reversal is never sent blind, not before WeChat takes it, and begun on the sale's own day.
void Auditor::Book::check_reversal_time(const Trade& trade, const Order* order) {
    const core::Instant now = clock.now();
    if (!trade.left || trade.is_unsent) return;
    if (trade.side == Side::wechat && now < *trade.left + earliest_reversal)
        report("reversal_too_early", order, trade.number, "left within 15 s of the pay call");
    const bool is_looked_at = trade.query_left && *trade.query_left >= *trade.left;
    if (!trade.is_pay_answered && !is_looked_at)
        report("reversal_blind", order, trade.number, "the pay call is unanswered, and no query left since");
    if (trade.reversal_left) return;
    const auto is_today = [&](core::Instant at) {
        return core::to_beijing_date(at) == core::to_beijing_date(now);
    };
    // The day is the channel's, whose clock may be before ours.
    const bool is_of_today = is_today(*trade.left) || is_today(*trade.left + most_apart) ||
                             (trade.paid_heard && is_today(*trade.paid_heard));
    // What a restore brought back comes to its end whatever the day; but a till may ask on that day only.
    const bool is_asked_today = order != nullptr && order->cancel_asked && is_today(*order->cancel_asked);
    // Asked for on the sale's day, and held back since: no call may leave that the journal does not hold.
    const bool is_held_back =
        order != nullptr && order->cancel_asked &&
        core::to_beijing_date(*order->cancel_asked) == core::to_beijing_date(*trade.left) &&
        now <= *order->cancel_asked + longest_held_back;
    const bool is_free = (order != nullptr && order->is_decided()) || is_held_back ||
                         (is_in_lost_time(trade.left) && !is_asked_today);
    if (!is_of_today && now > *trade.left + around_midnight && !is_free)
        report("reversal_other_day", order, trade.number, "begun on another day than the sale's");
}

void Auditor::Book::reversal_left(ChannelWire& wire) {
    Trade& trade = trades[wire.trade];
    const core::Instant now = clock.now();
    Order* const order = order_of(trade);
    if (wire.call.op == ChannelOp::reverse && !trade.is_launched) check_reversal_time(trade, order);
    if (!trade.reversal_left) trade.reversal_left = now;
    // Nothing that is closed was paid.
    if (wire.call.op == ChannelOp::reverse) trade.may_reversal_work = true;
    if (order == nullptr) return;
    if (trade.is_launched) return check_launch_ended(trade, *order);
    check_reversal_reason(trade, *order);
    const bool has_refund = std::ranges::any_of(
        trade.refunds, [](const Refund& refund) { return !refund.is_automatic && refund.may_be_done(); });
    if (has_refund && !order->is_decided())
        report("reversal_beside_refund", order, trade.number, "reversed, while a refund may have been done");
}

void Auditor::Book::check_reversal_reason(Trade& trade, Order& order) {
    if (order.cancel_asked || order.is_decided() || order.first_over) return;
    if (order.first_paid)
        return report("reversal_unasked", &order, trade.number, "told PAID, and nobody asked for a cancel");
    const bool has_failed = trade.is_refused || trade.has_pay_failed || trade.was_undone;
    const bool is_past_deadline = !trade.left || clock.now() >= *trade.left + deadline - send_by - tolerance;
    if (!has_failed && !is_past_deadline)
        report("reversal_unasked", &order, trade.number,
               "before the deadline, and nobody asked for a cancel");
}

void Auditor::Book::refund_left(ChannelWire& wire) {
    const ChannelCall& call = wire.call;
    Trade& trade = trades[wire.trade];
    Order* const order = order_of(trade);
    const core::Instant now = clock.now();
    const std::int64_t amount = call.refund.value_or(-1);
    if (call.amount && *call.amount != trade.amount)
        report("refund_total", order, call.refund_number, "names another total than the order's");
    const auto [place, is_free] =
        by_refund_number.try_emplace(key_of(call.side, call.refund_number), wire.trade);
    if (!is_free && place->second != wire.trade)
        report("refund_number_of_two", order, call.refund_number, "one refund number for two orders");
    for (const Refund& other : trade.refunds) {
        const bool is_near =
            other.number != call.refund_number && other.left > 0 && now < other.last_left + refund_spacing;
        if (trade.side == Side::wechat && is_near)
            report("refunds_too_near", order, call.refund_number, "within 60 s of " + other.number);
    }
    Refund* refund = trade.find_refund(call.refund_number);
    const bool is_new = refund == nullptr;
    if (is_new) {
        trade.refunds.push_back({.number = call.refund_number, .amount = amount});
        refund = &trade.refunds.back();
        refund->is_automatic = call.refund_number.starts_with('A');
    } else if (refund->amount != amount) {
        report("refund_amount", order, call.refund_number,
               "sent over " + yuan(refund->amount) + ", then over " + yuan(amount));
    }
    refund->last_left = now;
    ++refund->left;
    ++refund->unanswered;
    refund->is_seen_gone = refund->is_given_up = false;
    if (is_new && order != nullptr) check_refund_reason(trade, *refund);
    std::int64_t sum = 0;
    for (const Refund& one : trade.refunds) {
        if (one.may_be_done()) sum += one.amount;
    }
    if (sum > trade.amount)
        report("refunds_above_amount", order, call.refund_number,
               "refunds of " + yuan(sum) + " may be done of " + yuan(trade.amount));
}

void Auditor::Book::check_refund_reason(Trade& trade, Refund& refund) {
    Order& order = *order_of(trade);
    if (!refund.is_automatic) return check_merchant_refund(trade, order, refund);
    if (refund.amount != trade.amount)
        report("automatic_refund_amount", &order, refund.number, "not over the whole amount");
    const auto automatic = std::ranges::count_if(
        trade.refunds, [](const Refund& one) { return one.is_automatic && !one.is_closed; });
    if (automatic > 1) report("two_automatic_refunds", &order, refund.number, "a second automatic refund");
    const bool may_be = order.first_over || order.is_decided() || trade.was_reversal_refused ||
                        trade.is_refused || trade.has_pay_failed || trade.was_undone ||
                        (trade.is_launched && (order.cancel_asked || !order.launch_told));
    if (!may_be) report("refund_unasked", &order, refund.number, "nothing was over, and nobody asked for it");
    const bool is_paid_for_good = order.first_paid && !order.cancel_asked && !order.is_decided();
    if (is_paid_for_good)
        report("refund_unasked", &order, refund.number, "told PAID, and nobody asked for it");
}

// A number stands for one request: by its amount, which is all that the wire shows of it.
void Auditor::Book::check_merchant_refund(Trade& trade, Order& order, Refund& refund) {
    if (trade.may_reversal_work && !order.is_decided())
        report("refund_beside_reversal", &order, refund.number, "refunded, while a reversal may have worked");
    if (!trade.is_proven_paid && !order.is_decided())
        report("refund_of_unpaid", &order, refund.number, "refunded, though never proven paid");
    RefundAsk* taken = nullptr;
    for (RefundAsk& ask : order.refunds) {
        if (ask.amount != refund.amount) continue;
        const Refund* const former = ask.number.empty() ? nullptr : trade.find_refund(ask.number);
        if (former == nullptr || former->is_closed) {
            ask.number = refund.number;
            return;
        }
        taken = &ask;
    }
    if (taken == nullptr)
        return report("refund_unasked", &order, refund.number,
                      "nobody asked for a refund of " + yuan(refund.amount));
    report("two_refund_numbers", &order, refund.number,
           taken->request_no + " was sent as " + taken->number + " before");
}

}  // namespace huitong::auditor
