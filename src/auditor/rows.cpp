// Reads the rows of rows.hpp; SQL that both engines take.
#include "auditor/rows.hpp"

#include <algorithm>
#include <unordered_map>

namespace huitong::auditor {

namespace {

// The values of one row, from left to right.
class Reader {
  public:
    explicit Reader(sql::Row& row) : row_(row) {}

    std::string text() {
        auto* const value = std::get_if<std::string>(&row_.at(next_++));
        return value == nullptr ? std::string() : std::move(*value);
    }
    std::int64_t number() {
        const auto* const value = std::get_if<std::int64_t>(&row_.at(next_++));
        return value == nullptr ? 0 : *value;
    }
    bool flag() { return number() != 0; }
    core::Instant instant() { return core::from_us(number()); }
    std::optional<core::Instant> instant_if_any() {
        const auto* const value = std::get_if<std::int64_t>(&row_.at(next_++));
        return value == nullptr ? std::nullopt : std::optional(core::from_us(*value));
    }

  private:
    sql::Row& row_;
    std::size_t next_ = 0;
};

using Places = std::unordered_map<std::int64_t, std::size_t>;

void read_operations(sql::Session& session, std::vector<PaymentRow>& payments, const Places& places) {
    static constexpr std::string_view all =
        "select id, seq, kind, state, number, request_no, amount_minor, lease_until, next_at, created_at"
        " from operation order by id, seq";
    for (sql::Row& row : session.query(all, {})) {
        Reader read(row);
        const auto place = places.find(read.number());
        if (place == places.end()) continue;
        payments[place->second].operations.push_back({.seq = read.number(),
                                                      .kind = read.text(),
                                                      .state = read.text(),
                                                      .number = read.text(),
                                                      .request_no = read.text(),
                                                      .amount = read.number(),
                                                      .lease_until = read.instant(),
                                                      .next_at = read.instant_if_any(),
                                                      .created_at = read.instant()});
    }
}

void read_postings(sql::Session& session, std::vector<PaymentRow>& payments, const Places& places) {
    static constexpr std::string_view all =
        "select id, kind, ordinal, at, debit, credit, amount_minor, amount_currency"
        " from posting order by id, at, kind, ordinal, leg";
    for (sql::Row& row : session.query(all, {})) {
        Reader read(row);
        const auto place = places.find(read.number());
        if (place == places.end()) continue;
        payments[place->second].postings.push_back({.kind = read.text(),
                                                    .ordinal = read.number(),
                                                    .at = read.instant(),
                                                    .debit = read.text(),
                                                    .credit = read.text(),
                                                    .amount = read.number(),
                                                    .currency = read.text()});
    }
}

}  // namespace

bool PaymentRow::is_being_undone() const {
    if (state == "reversing") return true;
    return std::ranges::any_of(operations, [](const OperationRow& one) {
        const bool is_undoing = one.kind == "reverse" || (one.kind == "refund" && one.request_no.empty());
        return is_undoing && one.next_at.has_value();
    });
}

std::int64_t PaymentRow::proven_refunds() const {
    std::int64_t sum = 0;
    for (const OperationRow& one : operations) {
        if (one.is_refund_of_merchant() && one.state == "succeeded") sum += one.amount;
    }
    return sum;
}

const OperationRow* PaymentRow::find(std::int64_t seq) const {
    const auto found = std::ranges::find(operations, seq, &OperationRow::seq);
    return found == operations.end() ? nullptr : &*found;
}

const OperationRow* PaymentRow::find_number(const std::string& number) const {
    const auto found = std::ranges::find_if(
        operations, [&](const OperationRow& one) { return one.kind == "refund" && one.number == number; });
    return found == operations.end() ? nullptr : &*found;
}

std::vector<PaymentRow> read_payments(sql::Session& session) {
    static constexpr std::string_view all =
        "select id, sn, merchant_sn, store_sn, terminal_sn, client_sn, channel, channel_account,"
        " channel_number, amount_minor, channel_fee_ppm, merchant_fee_ppm, is_limited, created_at, state,"
        " refunded_minor, review_reason, is_reopened from payments order by id";
    std::vector<PaymentRow> payments;
    Places places;
    for (sql::Row& row : session.query(all, {})) {
        Reader read(row);
        const std::int64_t id = read.number();
        places.emplace(id, payments.size());
        payments.push_back({.id = id,
                            .sn = std::to_string(read.number()),
                            .merchant_sn = read.text(),
                            .store_sn = read.text(),
                            .terminal_sn = read.text(),
                            .client_sn = read.text(),
                            .channel = read.text(),
                            .channel_account = read.text(),
                            .channel_number = read.text(),
                            .amount = read.number(),
                            .channel_fee_ppm = read.number(),
                            .merchant_fee_ppm = read.number(),
                            .is_limited = read.flag(),
                            .created_at = read.instant(),
                            .state = read.text(),
                            .refunded = read.number(),
                            .review_reason = read.text(),
                            .is_reopened = read.flag()});
    }
    read_operations(session, payments, places);
    read_postings(session, payments, places);
    return payments;
}

std::vector<std::string> read_orphan_postings(sql::Session& session) {
    static constexpr std::string_view orphans =
        "select debit from posting where not exists (select 1 from payment where payment.id = posting.id)";
    std::vector<std::string> accounts;
    for (sql::Row& row : session.query(orphans, {})) accounts.push_back(Reader(row).text());
    return accounts;
}

std::vector<AlertRow> read_alerts(sql::Session& session) {
    static constexpr std::string_view all =
        "select id, name, at, delivered_at, tries, next_at, payment from alert order by at, id";
    std::vector<AlertRow> alerts;
    for (sql::Row& row : session.query(all, {})) {
        Reader read(row);
        alerts.push_back({.id = read.text(),
                          .name = read.text(),
                          .at = read.instant(),
                          .delivered_at = read.instant_if_any(),
                          .tries = read.number(),
                          .next_at = read.instant(),
                          .payment = read.number()});
    }
    return alerts;
}

std::vector<AuditRow> read_audit(sql::Session& session) {
    static constexpr std::string_view all =
        "select id, at, actor, act, subject, detail, previous_hash, hash from audit order by id";
    std::vector<AuditRow> rows;
    for (sql::Row& row : session.query(all, {})) {
        Reader read(row);
        rows.push_back({.id = read.number(),
                        .at_us = read.number(),
                        .actor = read.text(),
                        .act = read.text(),
                        .subject = read.text(),
                        .detail = read.text(),
                        .previous_hash = read.text(),
                        .hash = read.text()});
    }
    return rows;
}

std::vector<UsageRow> read_usage(sql::Session& session) {
    static constexpr std::string_view all = "select kind, subject, day, amount_minor from limit_usage";
    std::vector<UsageRow> rows;
    for (sql::Row& row : session.query(all, {})) {
        Reader read(row);
        rows.push_back(
            {.kind = read.text(), .subject = read.text(), .day = read.number(), .amount = read.number()});
    }
    return rows;
}

}  // namespace huitong::auditor
