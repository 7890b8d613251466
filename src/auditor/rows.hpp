// The platform's rows as the witness compares them: read from the database by names and columns alone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "sql/session.hpp"

namespace huitong::auditor {

struct OperationRow {
    std::int64_t seq = 0;
    std::string kind;
    std::string state;
    std::string number;
    std::string request_no;
    std::int64_t amount = 0;
    core::Instant lease_until = {};
    std::optional<core::Instant> next_at = {};
    core::Instant created_at = {};

    [[nodiscard]] bool is_refund_of_merchant() const { return kind == "refund" && !request_no.empty(); }
    [[nodiscard]] bool is_final() const { return state == "succeeded" || state == "refused"; }
};

struct PostingRow {
    std::string kind;
    std::int64_t ordinal = 0;
    core::Instant at = {};
    std::string debit;
    std::string credit;
    std::int64_t amount = 0;
    std::string currency;
};

struct PaymentRow {
    std::int64_t id = 0;
    std::string sn;
    std::string merchant_sn;
    std::string store_sn;
    std::string terminal_sn;
    std::string client_sn;
    std::string channel;
    std::string channel_account;
    std::string channel_number;
    std::int64_t amount = 0;
    std::int64_t channel_fee_ppm = 0;
    std::int64_t merchant_fee_ppm = 0;
    bool is_limited = false;
    core::Instant created_at = {};
    std::string state;
    std::int64_t refunded = 0;
    std::string review_reason;
    bool is_reopened = false;
    std::vector<OperationRow> operations = {};
    std::vector<PostingRow> postings = {};

    [[nodiscard]] bool is_paid() const {
        return state == "paid" || state == "partially_refunded" || state == "refunded";
    }
    [[nodiscard]] bool is_over() const {
        return state == "failed" || state == "closed" || state == "reversed";
    }
    // Something is still to be done that would undo it.
    [[nodiscard]] bool is_being_undone() const;
    // Of refunds of the merchant's that are proven.
    [[nodiscard]] std::int64_t proven_refunds() const;
    [[nodiscard]] const OperationRow* find(std::int64_t seq) const;
    [[nodiscard]] const OperationRow* find_number(const std::string& number) const;
};

struct AlertRow {
    std::string id;
    std::string name;
    core::Instant at = {};
    std::optional<core::Instant> delivered_at = {};
    std::int64_t tries = 0;
    core::Instant next_at = {};
    std::int64_t payment = 0;  // its id; 0: of none
};

struct AuditRow {
    std::int64_t id = 0;
    std::int64_t at_us = 0;
    std::string actor;
    std::string act;
    std::string subject;
    std::string detail;
    std::string previous_hash;
    std::string hash;
};

struct UsageRow {
    std::string kind;
    std::string subject;
    std::int64_t day = 0;
    std::int64_t amount = 0;
};

// Throws SqlError.
[[nodiscard]] std::vector<PaymentRow> read_payments(sql::Session& session);
// Postings of no payment that is there: their debit accounts, for people.
[[nodiscard]] std::vector<std::string> read_orphan_postings(sql::Session& session);
[[nodiscard]] std::vector<AlertRow> read_alerts(sql::Session& session);
[[nodiscard]] std::vector<AuditRow> read_audit(sql::Session& session);
[[nodiscard]] std::vector<UsageRow> read_usage(sql::Session& session);

}  // namespace huitong::auditor
