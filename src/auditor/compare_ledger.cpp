// The ledger, computed a second time: each payment's balances from its amount, rates and refunds, and the
// sums of all accounts (docs/architecture.md "Fees"; docs/invariants.md 8, 20, 21).
#include <algorithm>
#include <map>

#include "auditor/comparison.hpp"

namespace huitong::auditor {

namespace {

// Debits less credits by account; zeros are left out.
using Balances = std::map<std::string, std::int64_t>;

// whole × part ÷ of, halves away from zero; nothing is negative.
std::int64_t pro_rata(std::int64_t whole, std::int64_t part, std::int64_t of) {
    if (of == 0) return 0;
    __extension__ using Wide = __int128;
    const Wide halves = Wide(whole) * part * 2 / of;
    return static_cast<std::int64_t>((halves + 1) / 2);
}

struct Kept {
    std::int64_t gross = 0;
    std::int64_t channel_fee = 0;
    std::int64_t merchant_fee = 0;
};

// What a payment is in the books when so much of it was refunded.
Kept kept_after(const PaymentRow& row, std::int64_t refunded) {
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t channel_fee = pro_rata(row.amount, row.channel_fee_ppm, million);
    const std::int64_t merchant_fee = pro_rata(row.amount, row.merchant_fee_ppm, million);
    return {.gross = row.amount - refunded,
            .channel_fee = channel_fee - pro_rata(channel_fee, refunded, row.amount),
            .merchant_fee = merchant_fee - pro_rata(merchant_fee, refunded, row.amount)};
}

Balances balances_of(const PaymentRow& row, const Kept& kept) {
    Balances wanted{{"channel_receivable:" + row.channel_account, kept.gross - kept.channel_fee},
                    {"merchant_payable:" + row.merchant_sn, kept.merchant_fee - kept.gross},
                    {"fee_income:" + row.merchant_sn, -kept.merchant_fee},
                    {"channel_fee:" + row.channel_account, kept.channel_fee}};
    std::erase_if(wanted, [](const auto& one) { return one.second == 0; });
    return wanted;
}

void add(Balances& balances, const PostingRow& leg) {
    balances[leg.debit] += leg.amount;
    balances[leg.credit] -= leg.amount;
}

Balances without_zeros(Balances balances) {
    std::erase_if(balances, [](const auto& one) { return one.second == 0; });
    return balances;
}

Balances booked_of(const PaymentRow& row) {
    Balances booked;
    for (const PostingRow& leg : row.postings) add(booked, leg);
    return without_zeros(std::move(booked));
}

std::string text_of(const Balances& balances) {
    std::string text;
    for (const auto& [account, fen] : balances)
        text += (text.empty() ? "" : ", ") + account + " " + yuan(fen);
    return text.empty() ? "nothing" : text;
}

}  // namespace

void Comparison::check_ledger(const PaymentRow& row) {
    check_legs(row);
    const Balances booked = booked_of(row);
    const Balances paid = balances_of(row, kept_after(row, row.proven_refunds()));
    // On the way to be undone it stands in full, or not at all; so does what lies with a person.
    const bool may_be_either = row.state == "reversing" || row.state == "manual_review";
    const bool is_right =
        row.is_paid() ? booked == paid : booked.empty() || (may_be_either && booked == paid);
    if (!is_right)
        report("ledger", row, text_of(booked) + " instead of " + (row.is_paid() ? text_of(paid) : "nothing"));
    check_refund_entries(row);
}

// Each leg moves something between two accounts of this payment's parties.
void Comparison::check_legs(const PaymentRow& row) {
    const auto is_of_parties = [&](const std::string& account) {
        return account == "channel_receivable:" + row.channel_account ||
               account == "channel_fee:" + row.channel_account ||
               account == "merchant_payable:" + row.merchant_sn || account == "fee_income:" + row.merchant_sn;
    };
    std::map<std::pair<std::string, std::int64_t>, Balances> entries;
    for (const PostingRow& leg : row.postings) {
        const bool is_well_formed = leg.amount > 0 && leg.debit != leg.credit && leg.currency == "CNY" &&
                                    is_of_parties(leg.debit) && is_of_parties(leg.credit);
        const bool is_known = leg.kind == "payment" || leg.kind == "reversal" || leg.kind == "refund";
        if (!is_well_formed || !is_known)
            report("ledger_leg", row,
                   leg.kind + " " + leg.debit + " to " + leg.credit + " " + yuan(leg.amount) + leg.currency);
        add(entries[{leg.kind, leg.ordinal}], leg);
    }
    for (const auto& [entry, balances] : entries) {
        const auto& [kind, ordinal] = entry;
        if (kind == "refund") continue;
        if (ordinal != 1) report("ledger_entry", row, "a second " + kind);
        Balances wanted = balances_of(row, kept_after(row, 0));
        if (kind == "reversal") {
            for (auto& [account, fen] : wanted) fen = -fen;
        }
        if (without_zeros(balances) != wanted)
            report("ledger_entry", row, kind + ": " + text_of(balances) + " instead of " + text_of(wanted));
    }
}

// After each refund the books hold what is left of the payment, fees too. Of refunds booked in the same
// instant only the sum is known.
void Comparison::check_refund_entries(const PaymentRow& row) {
    Balances booked;
    std::int64_t refunded = 0;
    std::int64_t last_ordinal = 0;
    for (std::size_t i = 0; i < row.postings.size(); ++i) {
        const PostingRow& leg = row.postings[i];
        add(booked, leg);
        if (leg.kind != "refund") continue;
        const OperationRow* const refund = row.find(leg.ordinal);
        const bool is_proven =
            refund != nullptr && refund->is_refund_of_merchant() && refund->state == "succeeded";
        if (!is_proven) return report("ledger_entry", row, "a refund that is not proven is booked");
        if (leg.ordinal != last_ordinal) refunded += refund->amount;
        last_ordinal = leg.ordinal;
        const bool is_last = i + 1 == row.postings.size() || row.postings[i + 1].at != leg.at;
        const bool is_foreign = row.amount <= 0 || refunded > row.amount;
        if (!is_last || is_foreign) continue;
        const Balances wanted = balances_of(row, kept_after(row, refunded));
        if (without_zeros(booked) != wanted)
            report("ledger_entry", row,
                   "after refunds of " + yuan(refunded) + ": " + text_of(without_zeros(booked)) +
                       " instead of " + text_of(wanted));
    }
}

// What every account holds is what the payments that stand paid leave in it.
void Comparison::check_totals() {
    for (const std::string& account : read_orphan_postings(platform_))
        book_.report("ledger_orphan", nullptr, {}, "a posting to " + account + " of no payment");
    Balances wanted;
    Balances booked;
    for (const PaymentRow& row : rows_) {
        for (const PostingRow& leg : row.postings) add(booked, leg);
        const bool may_be_either = row.state == "reversing" || row.state == "manual_review";
        const bool is_booked = row.is_paid() || (may_be_either && !booked_of(row).empty());
        if (!is_booked) continue;
        for (const auto& [account, fen] : balances_of(row, kept_after(row, row.proven_refunds())))
            wanted[account] += fen;
    }
    wanted = without_zeros(std::move(wanted));
    booked = without_zeros(std::move(booked));
    if (booked != wanted)
        book_.report("ledger_total", nullptr, {}, text_of(booked) + " instead of " + text_of(wanted));
}

}  // namespace huitong::auditor
