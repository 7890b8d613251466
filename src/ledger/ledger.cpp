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
    }
    return "?";
}

Entry make_payment_entry(core::PaymentSn payment, const Parties& parties, core::Money amount,
                         core::Instant at) {
    HUITONG_ASSERT(amount.minor() > 0, "a transfer moves more than nothing");
    return Entry{.payment = payment,
                 .kind = EntryKind::payment,
                 .at = at,
                 .transfers = {{.debit = {AccountKind::channel_receivable, parties.channel_account},
                                .credit = {AccountKind::merchant_payable, parties.merchant_sn},
                                .amount = amount}}};
}

Entry make_reversal_entry(core::PaymentSn payment, const Parties& parties, core::Money amount,
                          core::Instant at) {
    Entry entry = make_payment_entry(payment, parties, amount, at);
    entry.kind = EntryKind::reversal;
    for (auto& transfer : entry.transfers) std::swap(transfer.debit, transfer.credit);
    return entry;
}

}  // namespace huitong::ledger
