// The books held against the payments: every entry must follow from its payment and its refunds, and every
// payment must have the entries its state demands (DESIGN.md §4 "Ledger", §5 fees). Computed without the code
// that books.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ports/store.hpp"

namespace huitong::flows {

struct LedgerDifference {
    core::PaymentSn payment;
    // payment_entry, reversal_entry, refund_entry (missing, twice or unfounded), refund_fees, amounts (an
    // entry of other accounts, amounts or currency), not_zero (undone, yet something is left), refunded (sum
    // or state of the refunds), transfer (nothing moved), unreadable (a damaged row)
    std::string problem;
    std::string detail;

    friend bool operator==(const LedgerDifference&, const LedgerDifference&) = default;
};

// One payment against its entries, as PaymentRepository::entries gives them.
[[nodiscard]] std::vector<LedgerDifference> check_ledger(const payments::Aggregate& aggregate,
                                                         const std::vector<ledger::Entry>& entries);

struct LedgerReport {
    std::int64_t payments = 0;
    std::int64_t entries = 0;
    std::vector<LedgerDifference> differences;  // in the order of the payments
};
// Every payment there is, each read as of one moment; work may go on meanwhile. `progress` is told the
// payments read so far; may be empty. Errors: unavailable {…}.
[[nodiscard]] task::Task<LedgerReport> verify_ledger(ports::StorePort& store,
                                                     std::function<void(std::int64_t)> progress = {});

// Every entry, by payment in the order of their numbers' keys. Errors: unavailable {…}; internal {bad_row}.
[[nodiscard]] task::Task<void> walk_entries(ports::StorePort& store,
                                            std::function<void(const ledger::Entry&)> visit);

struct Balance {
    std::string account;  // ledger::Account::text()
    core::Money amount;   // debits less credits
};
// By account, then currency; accounts that are back to zero too. Errors: as walk_entries.
[[nodiscard]] task::Task<std::vector<Balance>> read_balances(ports::StorePort& store);

}  // namespace huitong::flows
