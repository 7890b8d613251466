#include "ledger/ledger.hpp"

#include "core/assert.hpp"

namespace huitong::ledger {

namespace {

std::string_view to_string(AccountKind kind) {
    switch (kind) {
        case AccountKind::channel_receivable:
            return "channel_receivable";
        case AccountKind::merchant_payable:
            return "merchant_payable";
        case AccountKind::fee_income:
            return "fee_income";
        case AccountKind::channel_fee:
            return "channel_fee";
    }
    return "?";
}

}  // namespace

std::string Account::text() const {
    return std::string(to_string(kind)) + ":" + owner;
}

std::string_view to_string(EntryKind kind) {
    switch (kind) {
        case EntryKind::payment:
            return "payment";
        case EntryKind::reversal:
            return "reversal";
        case EntryKind::refund:
            return "refund";
    }
    return "?";
}

Entry make_payment_entry(core::PaymentSn payment, const Parties& parties, const Amounts& amounts,
                         core::Instant at) {
    HUITONG_ASSERT(amounts.gross.minor() > 0, "a transfer moves more than nothing");
    const Account receivable{AccountKind::channel_receivable, parties.channel_account};
    const Account payable{AccountKind::merchant_payable, parties.merchant_sn};
    Entry entry{.payment = payment,
                .kind = EntryKind::payment,
                .at = at,
                .transfers = {{.debit = receivable, .credit = payable, .amount = amounts.gross}}};
    if (!amounts.merchant_fee.is_zero()) {
        const Account income{AccountKind::fee_income, parties.merchant_sn};
        entry.transfers.push_back({.debit = payable, .credit = income, .amount = amounts.merchant_fee});
    }
    if (!amounts.channel_fee.is_zero()) {
        const Account expense{AccountKind::channel_fee, parties.channel_account};
        entry.transfers.push_back({.debit = expense, .credit = receivable, .amount = amounts.channel_fee});
    }
    return entry;
}

Entry make_reversal_entry(core::PaymentSn payment, const Parties& parties, const Amounts& amounts,
                          core::Instant at) {
    Entry entry = make_payment_entry(payment, parties, amounts, at);
    entry.kind = EntryKind::reversal;
    for (auto& transfer : entry.transfers) std::swap(transfer.debit, transfer.credit);
    return entry;
}

Entry make_refund_entry(core::PaymentSn payment, int ordinal, const Parties& parties, const Amounts& amounts,
                        core::Instant at) {
    Entry entry = make_reversal_entry(payment, parties, amounts, at);
    entry.kind = EntryKind::refund;
    entry.ordinal = ordinal;
    return entry;
}

}  // namespace huitong::ledger
