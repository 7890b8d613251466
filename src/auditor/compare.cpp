// What must agree at the end of the day: nothing lost, every payment's state with the money at the channel,
// nothing forgotten, what was told with how it ended (docs/invariants.md 2, 4–9).
#include <algorithm>
#include <unordered_set>

#include "auditor/comparison.hpp"

namespace huitong::auditor {

namespace {

// A pay call may still arrive until then, and be looked at a little later.
constexpr core::Duration in_flight = std::chrono::seconds(120);

// What the payer is out of.
std::int64_t net_of(const ChannelOrder* order) {
    return order != nullptr && order->was_paid ? order->amount_fen - order->returned_fen : 0;
}

}  // namespace

std::string key_of(const PaymentRow& row) {
    return key_of(row.channel == "wechat" ? Side::wechat : Side::alipay, row.channel_number);
}

const ChannelRefund* find_refund(const ChannelOrder* order, const std::string& number) {
    if (order == nullptr) return nullptr;
    const auto found = std::ranges::find(order->refunds, number, &ChannelRefund::number);
    return found == order->refunds.end() ? nullptr : &*found;
}

Comparison::Comparison(Auditor::Book& book, const Statement& statement, sql::Session& platform,
                       Patience patience)
    : book_(book),
      platform_(platform),
      patience_(patience),
      now_(book.clock.now()),
      rows_(read_payments(platform)) {
    for (const ChannelOrder& order : statement) stated_.emplace(key_of(order.side, order.number), &order);
    for (const PaymentRow& row : rows_) {
        by_number_.emplace(key_of(row), &row);
        by_sn_.emplace(row.sn, &row);
    }
}

void Comparison::report(std::string_view rule, const PaymentRow& row, std::string text) {
    text += " (" + row.sn + " " + row.state + ")";
    const Order* const order = order_of(row);
    if (order != nullptr) return book_.report(rule, order, row.channel_number, std::move(text));
    const Order nobody_s{.merchant_sn = row.merchant_sn, .client_sn = row.client_sn};
    book_.report(rule, &nobody_s, row.channel_number, std::move(text));
}

Trade* Comparison::trade_of(const PaymentRow& row) {
    const auto found = book_.by_number.find(key_of(row));
    return found == book_.by_number.end() ? nullptr : &book_.trades[found->second];
}

Order* Comparison::order_of(const PaymentRow& row) {
    if (const Trade* const trade = trade_of(row); trade != nullptr && trade->order != nobody)
        return &book_.orders[trade->order];
    // A number that was used twice is kept as NUMBER~SN (docs/backup.md).
    const std::string client_sn = row.client_sn.substr(0, row.client_sn.find('~'));
    const auto found = book_.by_client_sn.find(row.merchant_sn + "/" + client_sn);
    return found == book_.by_client_sn.end() ? nullptr : &book_.orders[found->second];
}

const ChannelOrder* Comparison::stated(const PaymentRow& row) const {
    const auto found = stated_.find(key_of(row));
    return found == stated_.end() ? nullptr : found->second;
}

bool Comparison::is_decided(const PaymentRow& row) {
    const Order* const order = order_of(row);
    return order != nullptr && order->is_decided_as({"paid", "reversed", "closed", "failed"});
}

// By the channel's word it was paid before it was sent: whose money that is, a person said.
bool Comparison::is_of_an_older_payment(const PaymentRow& row) {
    const ChannelOrder* const order = stated(row);
    return is_decided(row) && order != nullptr && order->was_paid && order->paid_at < row.created_at;
}

bool Comparison::is_restored_since(std::optional<core::Instant> at) const {
    return book_.is_in_lost_time(at);
}

void Comparison::run() {
    check_nothing_lost();
    check_unique();
    for (const PaymentRow& row : rows_) {
        check_origin(row);
        check_account(row);
        check_state(row);
        check_patience(row);
        check_told(row);
        check_refund_rows(row);
        check_ledger(row);
    }
    check_totals();
    check_limits();
    check_alerts();
    check_audit();
}

void Comparison::look() {
    check_unique();
    for (const PaymentRow& row : rows_) {
        check_patience(row);
        check_refund_sums(row);
        check_ledger(row);
    }
    check_totals();
    check_limits();
    check_audit();
}

void Comparison::check_nothing_lost() {
    for (const auto& [key, order] : stated_) {
        if (by_number_.contains(key)) continue;
        const auto trade = book_.by_number.find(key);
        const Order* const of =
            trade == book_.by_number.end() ? nullptr : book_.order_of(book_.trades[trade->second]);
        book_.report("payment_lost", of, order->number, "an order at the channel without a payment");
    }
    for (const Trade& trade : book_.trades) {
        const bool has_left = trade.left && !trade.is_unsent;
        if (!has_left || by_number_.contains(key_of(trade.side, trade.number))) continue;
        book_.report("payment_lost", book_.order_of(trade), trade.number,
                     "a pay call left without a payment");
    }
    for (const Order& order : book_.orders) {
        if (order.sn.empty() || by_sn_.contains(order.sn)) continue;
        const bool is_lost_unsent =
            is_restored_since(order.acknowledged) && !book_.has_left_before(order, *book_.restored);
        if (!is_lost_unsent) book_.report("order_lost", &order, {}, "told sn " + order.sn + " is not there");
    }
}

void Comparison::check_unique() {
    std::unordered_set<std::string> client_sns;
    std::unordered_set<std::string> numbers;
    std::unordered_set<std::string> sns;
    for (const PaymentRow& row : rows_) {
        if (!client_sns.insert(row.merchant_sn + "/" + row.client_sn).second)
            report("client_sn_twice", row, "two payments of " + row.client_sn);
        if (!sns.insert(row.sn).second) report("sn_twice", row, "two payments");
        if (!numbers.insert(key_of(row)).second) report("number_twice", row, "two payments of one number");
        for (const OperationRow& one : row.operations) {
            if (one.kind != "refund") continue;
            if (!numbers.insert(row.channel + "/" + one.number).second)
                report("number_twice", row, "two refunds of number " + one.number);
        }
    }
}

// The row is of what a till asked for, and of what left.
void Comparison::check_origin(const PaymentRow& row) {
    const Order* const order = order_of(row);
    if (order == nullptr || order->asks.empty()) return report("row_unasked", row, "no till asked for it");
    const bool is_asked = std::ranges::any_of(order->asks, [&](const PayAsk& ask) {
        return ask.amount == row.amount && ask.terminal_sn == row.terminal_sn;
    });
    if (!is_asked) report("row_differs", row, "no till asked for " + yuan(row.amount) + " there");
    const auto terminal = book_.terminals.find(row.terminal_sn);
    const bool is_placed = terminal == book_.terminals.end() ||
                           (terminal->second.merchant_sn == row.merchant_sn &&
                            (terminal->second.store_sn.empty() || terminal->second.store_sn == row.store_sn));
    if (!is_placed) report("row_differs", row, "of store " + row.store_sn);
    const Trade* const trade = trade_of(row);
    if (trade != nullptr && trade->amount != row.amount)
        report("row_differs", row, "sent over " + yuan(trade->amount) + ", kept over " + yuan(row.amount));
    const bool is_same_sn = order->sn.empty() || order->sn == row.sn || row.client_sn.contains('~');
    if (!is_same_sn) report("row_differs", row, "tills were told sn " + order->sn);
}

// The merchant's own account, under the fees that were agreed for it.
void Comparison::check_account(const PaymentRow& row) {
    if (!book_.has_accounts(row.merchant_sn)) return;
    const Side side = row.channel == "wechat" ? Side::wechat : Side::alipay;
    const Account* const account =
        book_.find_account(row.merchant_sn, side, &Account::id, row.channel_account);
    if (account == nullptr) return report("wrong_account", row, "kept as of account " + row.channel_account);
    const Trade* const trade = trade_of(row);
    if (trade != nullptr && trade->account != account->at_channel)
        report("wrong_account", row, "kept as of " + account->id + ", paid to " + trade->account);
    const bool has_fees =
        row.channel_fee_ppm == account->channel_fee_ppm && row.merchant_fee_ppm == account->merchant_fee_ppm;
    if (!has_fees)
        report("fees_differ", row,
               std::to_string(row.channel_fee_ppm) + " and " + std::to_string(row.merchant_fee_ppm) +
                   " ppm, not as agreed for " + account->id);
}

void Comparison::check_state(const PaymentRow& row) {
    if (row.state == "manual_review") {
        if (row.review_reason.empty()) report("review_without_reason", row, "nobody knows why");
        return;
    }
    const ChannelOrder* const order = stated(row);
    if (order != nullptr && order->returned_fen > order->amount_fen)
        report("returned_above_amount", row, "the payer got " + yuan(order->returned_fen));
    if (row.is_paid()) check_paid(row);
    if (row.is_over()) check_over(row);
}

void Comparison::check_paid(const PaymentRow& row) {
    const ChannelOrder* const order = stated(row);
    if (order == nullptr || !order->was_paid)
        return report("paid_without_money", row, "not paid at the channel");
    if (order->amount_fen != row.amount)
        report("amount_differs", row, "the channel has it over " + yuan(order->amount_fen));
    // Done at the channel, and not yet known to be.
    std::int64_t not_known = 0;
    for (const ChannelRefund& refund : order->refunds) {
        const OperationRow* const one = row.find_number(refund.number);
        const bool is_open = one != nullptr && !one->is_final();
        if (is_open && refund.state == ChannelRefund::State::succeeded) not_known += refund.amount_fen;
    }
    const std::int64_t proven = row.proven_refunds();
    if (order->returned_fen != proven + not_known)
        report("returned_differs", row,
               "the channel returned " + yuan(order->returned_fen) + ", proven are " + yuan(proven));
}

// A watch looks hourly: what was paid since its last look it cannot know. The channel's clock may be some
// minutes off.
bool Comparison::is_yet_to_be_seen(const PaymentRow& row) const {
    constexpr core::Duration between_looks = std::chrono::minutes(70);
    const ChannelOrder* const order = stated(row);
    const bool is_watched = std::ranges::any_of(row.operations, [](const OperationRow& one) {
        return one.kind == "watch" && one.next_at.has_value();
    });
    return is_watched && (order == nullptr || order->is_open || order->paid_at > now_ - between_looks);
}

void Comparison::check_over(const PaymentRow& row) {
    const ChannelOrder* const order = stated(row);
    // What is undone, with a person, or paid since the watch last looked, will be found.
    if (row.is_being_undone() || !row.review_reason.empty() || is_yet_to_be_seen(row)) return;
    if (is_of_an_older_payment(row)) return;
    if (net_of(order) != 0) return report("over_but_paid", row, "the payer is out of " + yuan(net_of(order)));
    const bool may_be_open = order != nullptr && order->is_open && now_ > row.created_at + in_flight;
    if (may_be_open) report("over_but_open", row, "it could still be paid");
}

void Comparison::check_patience(const PaymentRow& row) {
    const core::Instant restored = book_.restored.value_or(core::Instant{});
    core::Instant since = std::max(row.created_at, restored);
    const bool is_open = row.state == "created" || row.state == "pending" || row.state == "reversing";
    bool is_waiting_for_refund = false;
    for (const OperationRow& one : row.operations) {
        const bool is_automatic = one.kind == "refund" && one.request_no.empty();
        const bool is_undoing = one.kind == "reverse" || is_automatic;
        // A refund takes the channel's time.
        if (is_automatic && one.next_at) is_waiting_for_refund = true;
        if (is_undoing) since = std::max(since, one.created_at);
        const core::Duration patience = patience_.unresolved;
        if (one.state == "sent" && std::max(one.lease_until, restored) + patience < now_)
            report("operation_stuck", row, one.kind + " " + one.number + " was sent, and nobody follows it");
        const bool is_under_way = one.state == "prepared" || one.state == "sent" || one.state == "unknown";
        if (one.is_refund_of_merchant() && is_under_way && !one.next_at && row.is_paid())
            report("refund_without_act", row, one.number + " is " + one.state + ", and nothing is to follow");
        if (one.next_at && std::max({*one.next_at, one.lease_until, restored}) + patience < now_)
            report("act_overdue", row, one.kind + " " + one.number + " is long due");
    }
    // Looked at hourly by then; answers may be lost several times in a row.
    const core::Duration patience = is_waiting_for_refund ? 8 * patience_.unresolved : patience_.unresolved;
    if (is_open && since + patience < now_) report("unresolved", row, "not over yet");
}

// What the last definite answer said, and how it ended.
void Comparison::check_told(const PaymentRow& row) {
    const Order* const order = order_of(row);
    if (order == nullptr || order->sn != row.sn || row.state == "manual_review") return;
    const bool is_over = order->last_over && (!order->last_paid || *order->last_over >= *order->last_paid);
    const bool is_pending = row.state == "created" || row.state == "pending";
    const auto told_at = is_over ? order->last_over : order->last_paid;
    if (told_at && order->is_decided_since(*told_at)) return;
    // What a person decided, and tills were told by it, is lost with the disk.
    if (order->is_decided() && is_restored_since(order->decisions.back().at)) return;
    if (is_over) {
        const bool is_undone =
            row.is_over() || row.is_being_undone() || (is_pending && is_restored_since(order->last_over));
        if (!is_undone) report("told_over_but_is_not", row, "tills were told that it is over");
        // A definite word of the channel's own end must be behind it.
        const bool is_gone = net_of(stated(row)) == 0 || row.is_being_undone() || is_yet_to_be_seen(row) ||
                             is_of_an_older_payment(row) || !row.review_reason.empty();
        if (!is_gone) report("told_over_but_paid", row, "the payer is out of " + yuan(net_of(stated(row))));
    } else if (order->last_paid && !order->cancel_asked) {
        const bool is_paid = row.is_paid() || (is_pending && is_restored_since(order->last_paid));
        if (!is_paid) report("told_paid_but_is_not", row, "tills were told that it is paid");
        std::int64_t refunded = 0;
        if (const ChannelOrder* const at_channel = stated(row)) {
            for (const ChannelRefund& refund : at_channel->refunds) {
                if (refund.state == ChannelRefund::State::succeeded) refunded += refund.amount_fen;
            }
        }
        if (is_paid && net_of(stated(row)) != row.amount - refunded)
            report("told_paid_but_lost", row, "the channel's net is " + yuan(net_of(stated(row))));
    }
}

void Auditor::read(sql::Session& platform, const std::function<void()>& judge) {
    platform.begin(sql::Access::read);
    try {
        judge();
    } catch (const sql::SqlError& error) {
        book_->report("rows_unreadable", nullptr, {}, error.what());
    }
    platform.rollback();
}

void Auditor::compare(const Statement& statement, sql::Session& platform, Patience patience) {
    read(platform, [&] { Comparison(*book_, statement, platform, patience).run(); });
}

void Auditor::look(sql::Session& platform, Patience patience) {
    const Statement none;
    read(platform, [&] { Comparison(*book_, none, platform, patience).look(); });
}

}  // namespace huitong::auditor
