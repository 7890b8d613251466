#include "load/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace huitong::load {

namespace {

// The platform's number inside its number at a channel (core/numbers.hpp): one letter, then 16 digits.
std::string_view sn_in(std::string_view channel_number) {
    constexpr std::size_t sn_size = 16;
    return channel_number.size() > sn_size ? channel_number.substr(1, sn_size) : std::string_view{};
}

bool is_kept(std::string_view state) {
    return state == "paid" || state == "partially_refunded" || state == "refunded";
}

bool is_undone(std::string_view state) {
    return state == "reversed" || state == "closed" || state == "failed";
}

bool agrees(std::string_view status, std::string_view state) {
    if (status == "PAID") return state == "paid";
    if (status == "PARTIAL_REFUNDED") return state == "partially_refunded";
    if (status == "REFUNDED") return state == "refunded";
    return is_undone(state);
}

// What a till that was told so has of the payer's money.
std::int64_t told_fen(const Order& order) {
    if (order.status == "PAID") return order.amount_fen;
    return order.status == "PARTIAL_REFUNDED" ? order.amount_fen - order.refund_fen : 0;
}

class Auditor {
  public:
    Auditor(const std::deque<Order>& told, const std::optional<std::vector<ChannelOrder>>& channel,
            const std::optional<LedgerView>& ledger)
        : told_(told), channel_(channel), ledger_(ledger) {
        if (channel_) {
            for (const ChannelOrder& order : *channel_) {
                channel_by_sn_[sn_in(order.number)].push_back(&order);
                channel_by_number_[order.number] = &order;
            }
        }
        if (ledger_) {
            for (const LedgerPayment& each : ledger_->of_run) {
                if (!ledger_by_client_sn_.emplace(each.client_sn, &each).second)
                    find(Fault::doubled, each.client_sn, "two payments in the store");
            }
        }
    }

    Audit run() {
        audit_.has_channel = channel_.has_value();
        audit_.has_ledger = ledger_.has_value();
        audit_.orders = static_cast<std::int64_t>(told_.size());
        for (const Order& order : told_) {
            told_by_client_sn_[order.client_sn] = &order;
            audit_.told_fen += told_fen(order);
            if (!order.sn.empty()) ++audit_.acknowledged;
            check_told(order);
            if (ledger_) check_ledger(order);
            if (channel_) check_channel(order);
        }
        if (ledger_) check_of_run();
        if (channel_ && ledger_) check_unknown_orders();
        return std::move(audit_);
    }

  private:
    void find(Fault fault, std::string order, std::string detail) {
        audit_.findings.push_back({fault, std::move(order), std::move(detail)});
    }

    void check_told(const Order& order) {
        if (!order.contradiction.empty()) find(Fault::lost, order.client_sn, order.contradiction);
        if (order.pay == Standing::open) find(Fault::unresolved, order.client_sn, "the payment");
        if (order.cancel == Standing::open) find(Fault::unresolved, order.client_sn, "its cancel");
        if (order.refund == Standing::open) find(Fault::unresolved, order.client_sn, "its refund");
    }

    [[nodiscard]] const LedgerPayment* booked(const Order& order) const {
        const auto found = ledger_by_client_sn_.find(order.client_sn);
        return found == ledger_by_client_sn_.end() ? nullptr : found->second;
    }

    void check_ledger(const Order& order) {
        const LedgerPayment* const payment = booked(order);
        if (payment == nullptr) {
            if (!order.sn.empty()) find(Fault::lost, order.client_sn, "acknowledged, and not in the store");
            return;
        }
        if (!order.sn.empty() && payment->sn != order.sn)
            find(Fault::lost, order.client_sn, fmt::format("told as {}, kept as {}", order.sn, payment->sn));
        if (payment->amount_fen != order.amount_fen)
            find(Fault::lost, order.client_sn, fmt::format("{} fen in the store", payment->amount_fen));
        if (order.pay == Standing::not_done && (is_kept(payment->state) || payment->posted_fen != 0))
            find(Fault::lost, order.client_sn, "told as certainly not done, and is " + payment->state);
        if (order.is_open() || order.status.empty()) return;
        if (!agrees(order.status, payment->state))
            find(Fault::lost, order.client_sn, fmt::format("told {}, is {}", order.status, payment->state));
    }

    // The channel's orders of a payment, by the number that it was told or that the store has.
    [[nodiscard]] const std::vector<const ChannelOrder*>& made(const Order& order) const {
        static const std::vector<const ChannelOrder*> none;
        const LedgerPayment* const payment = booked(order);
        const std::string_view sn = payment == nullptr ? order.sn : payment->sn;
        const auto found = channel_by_sn_.find(sn);
        return sn.empty() || found == channel_by_sn_.end() ? none : found->second;
    }

    void check_channel(const Order& order) {
        std::int64_t paid = 0;
        std::int64_t net_fen = 0;
        for (const ChannelOrder* const each : made(order)) {
            if (each->was_paid) ++paid;
            net_fen += each->net_fen();
            check_calls(order, *each);
            check_refunds(order, *each);
            if (each->amount_fen != order.amount_fen)
                find(Fault::money, order.client_sn, fmt::format("{} fen at the channel", each->amount_fen));
        }
        audit_.channel_fen += net_fen;
        if (paid > 1) find(Fault::doubled, order.client_sn, fmt::format("paid {} times", paid));
        if (order.is_open() || (order.status.empty() && order.pay != Standing::not_done)) return;
        const bool is_kept_money = told_fen(order) > 0 || order.status == "REFUNDED";
        if (is_kept_money && paid == 0)
            find(Fault::lost, order.client_sn, "told " + order.status + ", never paid at the channel");
        else if (net_fen != told_fen(order))
            find(Fault::money, order.client_sn,
                 fmt::format("told {}: {} fen, {} fen at the channel",
                             order.status.empty() ? "not done" : order.status, told_fen(order), net_fen));
    }

    void check_calls(const Order& order, const ChannelOrder& made) {
        if (made.pay_calls <= 1) return;
        find(Fault::doubled, order.client_sn, fmt::format("{} pay calls", made.pay_calls));
    }

    // Refunds that the engine makes itself are numbered A…; this one asks the till nothing.
    void check_refunds(const Order& order, const ChannelOrder& made) {
        std::int64_t accepted = 0;
        std::int64_t asked_for = 0;
        for (const ChannelRefund& refund : made.refunds) {
            if (!refund.is_accepted) continue;
            ++accepted;
            const bool is_automatic = refund.number.starts_with('A');
            const bool is_asked =
                order.refund != Standing::never_asked && refund.amount_fen == order.refund_fen;
            if (!is_automatic && is_asked) ++asked_for;
            if (!is_automatic && !is_asked)
                find(Fault::doubled, order.client_sn,
                     fmt::format("a refund of {} fen that was not asked for", refund.amount_fen));
        }
        if (accepted > 1) find(Fault::doubled, order.client_sn, fmt::format("{} refunds", accepted));
        if (order.refund == Standing::done && asked_for == 0)
            find(Fault::lost, order.client_sn, "told refunded, and nothing at the channel");
        if (made.refunded_fen > made.amount_fen)
            find(Fault::doubled, order.client_sn,
                 fmt::format("{} fen back of {}", made.refunded_fen, made.amount_fen));
    }

    void check_of_run() {
        for (const LedgerPayment& payment : ledger_->of_run) {
            audit_.ledger_fen += payment.posted_fen;
            for (const std::string& difference : payment.differences)
                find(Fault::money, payment.client_sn, "ledger verify: " + difference);
            const auto told = told_by_client_sn_.find(payment.client_sn);
            if (told == told_by_client_sn_.end())
                find(Fault::money, payment.client_sn, "in the store, and asked for by nobody");
            if (!is_kept(payment.state) && !is_undone(payment.state)) {
                const bool is_found = told != told_by_client_sn_.end() && told->second->is_open();
                if (!is_found) find(Fault::unresolved, payment.client_sn, "is " + payment.state);
                continue;
            }
            check_money(payment);
        }
    }

    // State, ledger and channel of a payment that is over.
    void check_money(const LedgerPayment& payment) {
        const std::int64_t kept_fen = is_kept(payment.state) ? payment.amount_fen - payment.refunded_fen : 0;
        std::int64_t channel_fen = kept_fen;
        if (channel_) {
            const auto found = channel_by_number_.find(payment.channel_number);
            channel_fen = found == channel_by_number_.end() ? 0 : found->second->net_fen();
        }
        if (payment.posted_fen == kept_fen && channel_fen == kept_fen) return;
        find(Fault::money, payment.client_sn,
             fmt::format("{}: {} fen by its state, {} in the ledger{}", payment.state, kept_fen,
                         payment.posted_fen,
                         channel_ ? fmt::format(", {} at the channel", channel_fen) : std::string()));
    }

    void check_unknown_orders() {
        std::set<std::string_view> known;
        for (const LedgerPayment& payment : ledger_->of_run) known.insert(payment.channel_number);
        for (const ChannelOrder& order : *channel_) {
            if (known.contains(order.number) || ledger_->other_numbers.contains(order.number)) continue;
            find(Fault::money, order.number,
                 fmt::format("an order of {} fen at the channel that the store does not know",
                             order.amount_fen));
        }
    }

    const std::deque<Order>& told_;
    const std::optional<std::vector<ChannelOrder>>& channel_;
    const std::optional<LedgerView>& ledger_;
    std::map<std::string_view, std::vector<const ChannelOrder*>> channel_by_sn_;
    std::map<std::string_view, const ChannelOrder*> channel_by_number_;
    std::map<std::string_view, const LedgerPayment*> ledger_by_client_sn_;
    std::map<std::string_view, const Order*> told_by_client_sn_;
    Audit audit_;
};

}  // namespace

std::string_view to_string(Fault fault) {
    switch (fault) {
        case Fault::lost:
            return "lost";
        case Fault::doubled:
            return "double";
        case Fault::unresolved:
            return "unresolved";
        case Fault::money:
            return "money";
    }
    return "";
}

std::int64_t Audit::count(Fault fault) const {
    return std::ranges::count(findings, fault, &Finding::fault);
}

Audit audit(const std::deque<Order>& told, const std::optional<std::vector<ChannelOrder>>& channel,
            const std::optional<LedgerView>& ledger) {
    return Auditor(told, channel, ledger).run();
}

}  // namespace huitong::load
