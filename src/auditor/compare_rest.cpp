// Limits counted, alerts delivered, the audit log unbroken (docs/architecture.md "Which account, which
// limits", docs/operations.md "Alerts", docs/invariants.md 15).
#include <algorithm>
#include <map>

#include "auditor/comparison.hpp"
#include "crypto/digest.hpp"

namespace huitong::auditor {

namespace {

// 20240305, in UTC+8.
std::int64_t day_of(core::Instant at) {
    const core::Date date = core::to_beijing_date(at);
    return std::int64_t{static_cast<int>(date.year())} * 10'000 + static_cast<unsigned>(date.month()) * 100 +
           static_cast<unsigned>(date.day());
}

bool is_of(const Limit& limit, const PaymentRow& row) {
    if (limit.kind == "terminal") return limit.subject == row.terminal_sn;
    if (limit.kind == "store") return limit.subject == row.store_sn;
    return limit.kind == "merchant" && limit.subject == row.merchant_sn;
}

// Lengths before values, so that no two rows have the same text.
std::string hash_of(const AuditRow& row) {
    std::string text = row.previous_hash;
    const auto add = [&text](const std::string& part) { text += std::to_string(part.size()) + ":" + part; };
    add(std::to_string(row.id));
    add(std::to_string(row.at_us));
    add(row.actor);
    add(row.act);
    add(row.subject);
    add(row.detail);
    return crypto::sha256_hex(text);
}

constexpr core::Instant never = core::from_us(253'402'300'799'000'000);  // the end of the year 9999

}  // namespace

// What came to nothing is given back to its day, once and for good.
void Comparison::check_limits() {
    DaySums wanted;
    for (const PaymentRow& row : rows_) {
        if (!book_.limits.empty()) check_bounds(row);
        const bool is_counted = row.is_limited && !row.is_over() && !row.is_reopened;
        if (!is_counted) continue;
        const std::int64_t day = day_of(row.created_at);
        wanted[{"terminal", row.terminal_sn, day}] += row.amount;
        wanted[{"store", row.store_sn, day}] += row.amount;
        wanted[{"merchant", row.merchant_sn, day}] += row.amount;
    }
    check_usage(wanted);
    // What a restore brings back was let through before, whatever was since.
    if (!book_.restored) check_day_bounds(wanted);
}

// No payment is above the bounds it was let through under, and it counts where a day is bounded.
void Comparison::check_bounds(const PaymentRow& row) {
    bool is_bounded = false;
    for (const Limit& limit : book_.limits) {
        if (!is_of(limit, row)) continue;
        is_bounded = is_bounded || limit.per_day;
        if (limit.per_payment && row.amount > *limit.per_payment)
            report(
                "limit_per_payment", row,
                limit.kind + " " + limit.subject + " may receive " + yuan(*limit.per_payment) + " at once");
    }
    if (row.is_limited != is_bounded)
        report("limit_counts", row, is_bounded ? "counts for no day" : "counts, and no day is bounded");
}

void Comparison::check_usage(const DaySums& wanted) {
    DaySums counted;
    for (const UsageRow& usage : read_usage(platform_))
        counted[{usage.kind, usage.subject, usage.day}] += usage.amount;
    for (const auto& [place, fen] : wanted) counted.try_emplace(place, 0);
    for (const auto& [place, fen] : counted) {
        const auto found = wanted.find(place);
        const std::int64_t right = found == wanted.end() ? 0 : found->second;
        if (fen == right) continue;
        const auto& [kind, subject, day] = place;
        book_.report("limit_usage", nullptr, {},
                     kind + " " + subject + " on " + std::to_string(day) + ": " + yuan(fen) + " counted, " +
                         yuan(right) + " is right");
    }
}

void Comparison::check_day_bounds(const DaySums& wanted) {
    for (const auto& [place, fen] : wanted) {
        const auto& [kind, subject, day] = place;
        for (const Limit& limit : book_.limits) {
            const bool is_above = limit.per_day && fen > *limit.per_day;
            if (limit.kind == kind && limit.subject == subject && is_above)
                book_.report("limit_per_day", nullptr, {},
                             kind + " " + subject + " on " + std::to_string(day) + ": " + yuan(fen) +
                                 " let through of " + yuan(*limit.per_day));
        }
    }
}

void Comparison::check_alerts() {
    Alerted alerted;
    for (const AlertRow& alert : read_alerts(platform_)) {
        alerted.emplace(alert.name, alert.payment);
        check_delivery(alert);
    }
    for (const PaymentRow& row : rows_) check_alerted(row, alerted);
}

void Comparison::check_delivery(const AlertRow& alert) {
    const std::string text = alert.name + " " + alert.id + " of " + core::to_rfc3339(alert.at);
    if (alert.delivered_at) {
        if (!book_.delivered_alerts.contains(alert.id))
            book_.report("alert_not_received", nullptr, {}, text + " is noted as delivered");
        return;
    }
    const bool is_given_up = alert.next_at >= never && alert.tries > 0;
    if (!is_given_up && alert.next_at + patience_.undelivered < now_)
        book_.report("alert_undelivered", nullptr, {}, text + " waits since long");
    if (alert.next_at >= never && alert.tries == 0)
        book_.report("alert_undelivered", nullptr, {}, text + " was given up untried");
}

// What people have to hear of, they are told.
void Comparison::check_alerted(const PaymentRow& row, const Alerted& alerted) {
    const Order* const order = order_of(row);
    const bool was_seen = order != nullptr && order->in_review && !is_restored_since(order->in_review);
    if ((row.state == "manual_review" || was_seen) && !alerted.contains({"manual_review", row.id}))
        report("review_without_alert", row, "no person was told");
    // A restore loses alerts with the rows that they are about.
    if (book_.restored) return;
    if (row.is_reopened && !alerted.contains({"paid_after_close", row.id}))
        report("reopened_without_alert", row, "found paid after it was over, and no person was told");
    const Trade* const trade = trade_of(row);
    const bool is_other = trade != nullptr && trade->other_amount_heard;
    // By that name, or with a payment that is a person's case for another reason too.
    const bool is_told =
        alerted.contains({"amount_mismatch", row.id}) || alerted.contains({"manual_review", row.id});
    if (is_other && !is_told)
        report("amount_without_alert", row, "paid over another amount, and no person was told");
}

void Comparison::check_audit() {
    std::int64_t last = 0;
    std::string hash(64, '0');
    std::map<std::string, std::size_t> acts;
    for (const AuditRow& row : read_audit(platform_)) {
        const bool is_linked = row.id == last + 1 && row.previous_hash == hash && row.hash == hash_of(row);
        if (!is_linked)
            return book_.report("audit_chain", nullptr, {}, "broken at row " + std::to_string(row.id));
        last = row.id;
        hash = row.hash;
        ++acts[row.act];
    }
    std::size_t decided = 0;
    for (const Order& order : book_.orders) {
        decided += static_cast<std::size_t>(std::ranges::count_if(
            order.decisions, [&](const Decision& one) { return !is_restored_since(one.at); }));
    }
    const auto refunds_decided = static_cast<std::size_t>(std::ranges::count_if(
        book_.refund_decisions, [&](core::Instant at) { return !is_restored_since(at); }));
    check_acts("payment.decide", acts["payment.decide"], decided);
    check_acts("refund.decide", acts["refund.decide"], refunds_decided);
}

// Of a decision whose COMMIT was not answered nobody heard: there may be more rows.
void Comparison::check_acts(const std::string& act, std::size_t rows, std::size_t heard) {
    if (rows < heard)
        book_.report(
            "audit_missing", nullptr, {},
            std::to_string(heard) + " times " + act + ", and " + std::to_string(rows) + " rows of it");
}

}  // namespace huitong::auditor
