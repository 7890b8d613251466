// Double entry, pure. An entry is one event of one payment in one currency, written as transfers: each moves
// an amount from the account it credits to the account it debits, so debits equal credits by construction.
// Entries are appended in the SQL transaction of the state change they belong to and are never changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/money.hpp"
#include "core/numbers.hpp"
#include "core/time.hpp"

namespace huitong::ledger {

enum class AccountKind {
    channel_receivable,  // 应收渠道款: what a channel owes the platform; owner = channel account
    merchant_payable,    // 应付商户款: what the platform owes a merchant; owner = merchant
    fee_income,          // 手续费收入: what the platform keeps of a merchant's payments; owner = merchant
    channel_fee,         // 渠道手续费: what a channel keeps of them; owner = channel account
};

struct Account {
    AccountKind kind = AccountKind::channel_receivable;
    std::string owner;

    // "channel_receivable:wx-1"; the form stored and exported.
    [[nodiscard]] std::string text() const;
    friend bool operator==(const Account&, const Account&) = default;
};

enum class EntryKind {
    payment,   // a payer paid
    reversal,  // that payment undone in full
    refund,    // part or all of it paid back
};
[[nodiscard]] std::string_view to_string(EntryKind kind);

struct Transfer {
    Account debit;
    Account credit;
    core::Money amount;  // above zero
};

struct Entry {
    core::PaymentSn payment;
    EntryKind kind = EntryKind::payment;
    int ordinal = 1;  // of a refund the seq of its operation, else 1; (payment, kind, ordinal) is unique
    core::Instant at;
    std::vector<Transfer> transfers;
};

// Who owes whom for one payment.
struct Parties {
    std::string channel_account;
    std::string merchant_sn;
};

// An amount and what is kept of it; fees may be zero, then they are not written.
struct Amounts {
    core::Money gross;
    core::Money channel_fee;
    core::Money merchant_fee;
};

// The payer's amount is owed by the channel and to the merchant; the merchant pays the platform's fee out of
// it, the channel keeps its own.
[[nodiscard]] Entry make_payment_entry(core::PaymentSn payment, const Parties& parties,
                                       const Amounts& amounts, core::Instant at);
// The exact mirror of the payment entry.
[[nodiscard]] Entry make_reversal_entry(core::PaymentSn payment, const Parties& parties,
                                        const Amounts& amounts, core::Instant at);
// The mirror of the part that is refunded; `amounts` are that part and the fees it gives back.
[[nodiscard]] Entry make_refund_entry(core::PaymentSn payment, int ordinal, const Parties& parties,
                                      const Amounts& amounts, core::Instant at);

}  // namespace huitong::ledger
