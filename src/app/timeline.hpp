// Timeline: an observer that writes what becomes of payments for people to read, with times relative to a
// beginning.
#pragma once

#include <string>

#include "core/time.hpp"
#include "ports/observer.hpp"

namespace huitong::app {

// Amounts per account of the postings of one payment: "merchant_payable:… -12.34 CNY".
[[nodiscard]] std::string describe_entries(const std::vector<ledger::Entry>& entries,
                                           std::string_view indent);
// One readable line of a timeline row, without its time.
[[nodiscard]] std::string describe_row(const payments::TimelineRow& row);

class TimelinePrinter final : public ports::Observer {
  public:
    // From here on times count from `now`.
    void begin(core::Instant now) { start_ = now; }
    // "  +12.345 s  till: …"; what else happened, in the same form.
    void note(core::Instant at, std::string_view who, std::string_view what);
    void on_change(const payments::Aggregate* before, const payments::Change& change) override;
    void on_call(const payments::Payment&, const payments::Answer&) override {}  // the change says it
    void on_circuit(std::string_view address, bool is_open) override;
    void on_trouble(std::string_view where, const core::Error& error) override;

    // What was written so far; emptied.
    [[nodiscard]] std::string take() { return std::move(text_); }
    [[nodiscard]] const std::vector<ledger::Entry>& entries() const { return entries_; }

  private:
    core::Instant start_;
    std::string text_;
    std::vector<ledger::Entry> entries_;
};

}  // namespace huitong::app
