#include "simulate/counts.hpp"

#include "simulate/edges.hpp"

namespace huitong::simulate {

namespace {

struct Floor {
    std::string_view name;
    std::int64_t in_a_thousand_days;
};
constexpr Floor floors[] = {
    {"payments", 100'000},
    {"days of 100 payments or more", 1000},
    {"crashes", 2000},
    {"crash killed between a channel's answer and our commit", 200},
    {"crash the power failed in a commit", 200},
    {"crash after the answer to a pay", 50},
    {"crash after the answer to a reverse", 50},
    {"crash after the answer to a refund", 50},
    {"crash while catching up", 100},
    {"fault in lost time", 500},
    {"fault lose_request", 500},
    {"fault lose_answer", 500},
    {"fault delay_request", 500},
    {"fault delay_answer", 500},
    {"fault copy", 500},
    {"fault reorder", 500},
    {"fault badsign", 500},
    {"fault forge", 500},
    {"forged pay", 50},
    {"forged query", 50},
    {"forged reverse", 50},
    {"forged refund", 50},
    {"forged refundquery", 50},
    {"fault amount", 500},
    {"fault not_found", 500},
    {"fault outage", 500},
    {"fault rate_limit", 500},
    {"days of clocks apart", 250},
    {"fault commit_failed", 500},
    {"fault commit_unknown", 500},
    {"fault disk_full", 500},
    {"fault restore", 400},
    {"fault reset_answer", 500},
    {"fault refuse", 500},
    {"fault hold_back", 500},
    {"fault system_error", 500},
    {"fault unlisted_code", 500},
    {"fault http", 500},
    {"fault body", 500},
    {"fault late", 500},
    {"fault timeout", 500},
    {"fault reset_before", 500},
    {"fault reset_after", 500},
    {"fault refund", 500},
    {"heard amount", 200},
    {"heard not_found", 500},
    {"heard REFUNDCLOSE", 100},
    {"heard CHANGE", 10},
    {"alarm amount_mismatch", 500},
    {"circuit opened", 50},
    {"alert given up", 50},
    {"fault journal_full", 200},
    {"fault slow_journal", 500},
    {"fault till lose_request", 500},
    {"fault till lose_answer", 500},
    {"fault till copy", 500},
    {"fault till refuse", 500},
    {"fault till delay_request", 500},
    {"call during an outage", 5000},
    {"disk lost sectors", 500},
    {"disk torn writes", 500},
    {"people double scan", 500},
    {"people wrong amount", 500},
    {"people pay again", 500},
    {"people new attempt", 500},
    {"people cancel of a paid payment", 500},
    {"people refund", 500},
    {"people at another till", 300},
    {"people by sn", 300},
    {"people by trade_no", 300},
    {"people same code again", 300},
    {"people two refunds at once", 300},
    {"people two amounts at once", 300},
    {"people cancel beside a refund", 300},
    {"people prying", 300},
    {"people precreate", 10'000},
    {"people precreate again", 1000},
    {"people cancel of a launched payment", 1000},
    {"payer paid in a wallet", 500},
    {"payer came too late", 50},
    {"notices that made us look", 3000},
    {"fault notice lose_request", 100},
    {"fault notice lose_answer", 100},
    {"fault notice refuse", 100},
    {"fault notice copy", 100},
    {"fault notice delay_request", 100},
    {"trouble notice bad_signature", 500},
    {"trouble notice unreadable", 100},
};
constexpr std::int64_t edge_floor = 20;

}  // namespace

void Counts::add(std::string_view name, std::int64_t by) {
    const auto place = counts_.find(name);
    if (place == counts_.end()) {
        counts_.emplace(name, by);
    } else {
        place->second += by;
    }
}

void Counts::merge(const Counts& other) {
    for (const auto& [name, count] : other.counts_) add(name, count);
}

std::int64_t Counts::get(std::string_view name) const {
    const auto place = counts_.find(name);
    return place == counts_.end() ? 0 : place->second;
}

std::vector<Missed> missed_floors(const Counts& counts, std::int64_t seeds) {
    std::vector<Missed> missed;
    const auto demand = [&](const std::string& name, std::int64_t floor) {
        const std::int64_t wanted = floor * seeds / 1000;
        if (counts.get(name) < wanted) missed.push_back({name, counts.get(name), wanted});
    };
    for (const Floor& floor : floors) demand(std::string(floor.name), floor.in_a_thousand_days);
    for (const std::string& name : all_edges()) demand(name, edge_floor);
    // Machines decide: less than one payment in a hundred comes to a person.
    const std::int64_t most_reviews = counts.get("payments") / 100;
    if (counts.get("reviews") > most_reviews)
        missed.push_back({"reviews (at most)", counts.get("reviews"), most_reviews});
    // A gateway that answers nothing but errors breaks no rule of the auditor's.
    std::int64_t errors = 0;
    for (const auto& [name, count] : counts.all()) {
        if (name.starts_with("wire gateway_500_") || name.starts_with("wire gateway_http_")) errors += count;
    }
    const std::int64_t most_errors = counts.get("wire till_call") / 50;
    if (errors > most_errors) missed.push_back({"answers that are errors (at most)", errors, most_errors});
    return missed;
}

}  // namespace huitong::simulate
