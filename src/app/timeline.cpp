#include "app/timeline.hpp"

#include <fmt/format.h>

#include <map>

namespace huitong::app {

std::string describe_entries(const std::vector<ledger::Entry>& entries, std::string_view indent) {
    if (entries.empty()) return fmt::format("{}nothing\n", indent);
    std::string text;
    for (const ledger::Entry& entry : entries) {
        for (const ledger::Transfer& transfer : entry.transfers) {
            text +=
                fmt::format("{}{}: debit {}, credit {}, {}\n", indent, ledger::to_string(entry.kind),
                            transfer.debit.text(), transfer.credit.text(), core::to_string(transfer.amount));
        }
    }
    return text;
}

std::string describe_row(const payments::TimelineRow& row) {
    std::string text = row.happening;
    if (!row.finding.empty()) text += ": " + row.finding;
    if (row.exchange && !row.exchange->call.empty()) {
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(row.exchange->ended_at -
                                                                                row.exchange->started_at);
        text += fmt::format(" [{}, {} ms]", row.exchange->call, took.count());
    }
    return text + fmt::format("  -> {}", payments::to_string(row.state_after));
}

void TimelinePrinter::note(core::Instant at, std::string_view who, std::string_view what) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - start_).count();
    text_ += fmt::format("  +{:5}.{:03} s  {:<8} {}\n", ms / 1000, ms % 1000, who, what);
}

void TimelinePrinter::on_change(const payments::Aggregate* before, const payments::Change& change) {
    if (before == nullptr && change.timeline.empty()) {
        note(change.after.payment.created_at, "gateway", "intent committed, before a byte leaves");
    }
    for (const payments::TimelineRow& row : change.timeline) note(row.at, "gateway", describe_row(row));
    entries_.insert(entries_.end(), change.entries.begin(), change.entries.end());
}

void TimelinePrinter::on_circuit(std::string_view address, bool is_open) {
    text_ +=
        fmt::format("  {} {}\n", address, is_open ? "does not answer: no new payments" : "answers again");
}

void TimelinePrinter::on_trouble(std::string_view where, const core::Error& error) {
    text_ += fmt::format("  trouble in {}: {} {}\n", where, error.reason, error.detail);
}

}  // namespace huitong::app
