// One comparison: the channels' statements, the witness's book and the platform's rows, as they stand now.
#pragma once

#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "auditor/book.hpp"
#include "auditor/rows.hpp"

namespace huitong::auditor {

// Fen by kind and subject of a limit, and day as 20240305.
using DaySums = std::map<std::tuple<std::string, std::string, std::int64_t>, std::int64_t>;

// Alerts by name and payment.
using Alerted = std::set<std::pair<std::string, std::int64_t>>;

class Comparison {
  public:
    // All must outlive it. Throws SqlError when the rows cannot be read.
    Comparison(Auditor::Book& book, const Statement& statement, sql::Session& platform, Patience patience);

    void run();
    // Only what needs no statement and no quiet.
    void look();

  private:
    // compare.cpp
    void check_nothing_lost();
    void check_unique();
    void check_origin(const PaymentRow& row);
    void check_account(const PaymentRow& row);
    void check_state(const PaymentRow& row);
    void check_paid(const PaymentRow& row);
    void check_over(const PaymentRow& row);
    void check_patience(const PaymentRow& row);
    void check_told(const PaymentRow& row);

    // compare_refunds.cpp
    void check_refund_rows(const PaymentRow& row);
    void check_refund_sums(const PaymentRow& row);
    void check_refund_operation(const PaymentRow& row, const OperationRow& refund);
    void check_refund_learned(const PaymentRow& row, const OperationRow& refund);
    void check_refunds_on_the_wire(const PaymentRow& row, Trade& trade);
    void check_refunds_stated(const PaymentRow& row, const ChannelOrder& stated);
    void check_refunds_told(const PaymentRow& row);

    // compare_ledger.cpp
    void check_ledger(const PaymentRow& row);
    void check_legs(const PaymentRow& row);
    void check_refund_entries(const PaymentRow& row);
    void check_totals();

    // compare_rest.cpp
    void check_limits();
    void check_bounds(const PaymentRow& row);
    void check_usage(const DaySums& wanted);
    void check_day_bounds(const DaySums& wanted);
    void check_alerts();
    void check_delivery(const AlertRow& alert);
    void check_alerted(const PaymentRow& row, const Alerted& alerted);
    void check_audit();
    void check_acts(const std::string& act, std::size_t rows, std::size_t heard);

    void report(std::string_view rule, const PaymentRow& row, std::string text);
    [[nodiscard]] Order* order_of(const PaymentRow& row);
    [[nodiscard]] const ChannelOrder* stated(const PaymentRow& row) const;
    [[nodiscard]] Trade* trade_of(const PaymentRow& row);
    // A person said what it is: the channel need not agree.
    [[nodiscard]] bool is_decided(const PaymentRow& row);
    [[nodiscard]] bool is_of_an_older_payment(const PaymentRow& row);
    [[nodiscard]] bool is_yet_to_be_seen(const PaymentRow& row) const;
    [[nodiscard]] bool is_restored_since(std::optional<core::Instant> at) const;

    Auditor::Book& book_;
    sql::Session& platform_;
    Patience patience_;
    core::Instant now_;
    std::vector<PaymentRow> rows_;
    std::unordered_map<std::string, const ChannelOrder*> stated_;   // by side and number
    std::unordered_map<std::string, const PaymentRow*> by_number_;  // by side and channel number
    std::unordered_map<std::string, const PaymentRow*> by_sn_;
};

[[nodiscard]] const ChannelRefund* find_refund(const ChannelOrder* order, const std::string& number);
[[nodiscard]] std::string key_of(const PaymentRow& row);

}  // namespace huitong::auditor
