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
    int ordinal = 1;  // 1 for the first entry of its kind of a payment; (payment, kind, ordinal) is unique
    core::Instant at;
    std::vector<Transfer> transfers;
};

// Who owes whom for one payment.
struct Parties {
    std::string channel_account;
    std::string merchant_sn;
};

[[nodiscard]] Entry make_payment_entry(core::PaymentSn payment, const Parties& parties, core::Money amount,
                                       core::Instant at);
// The exact mirror of the payment entry.
[[nodiscard]] Entry make_reversal_entry(core::PaymentSn payment, const Parties& parties, core::Money amount,
                                        core::Instant at);

}  // namespace huitong::ledger
