// Edges: which steps of the payments' and operations' tables were taken, and how calls to channels came out.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "payments/states.hpp"
#include "ports/observer.hpp"
#include "simulate/counts.hpp"

namespace huitong::simulate {

class EdgeCounter final : public ports::Observer {
  public:
    // `say` gets a line for people about every step; may be empty.
    EdgeCounter(Counts& counts, std::function<void(const std::string&)> say)
        : counts_(counts), say_(std::move(say)) {}

    void on_change(const payments::Aggregate* before, const payments::Change& change) override;
    void on_call(const payments::Payment& payment, const payments::Answer& answer) override;
    void on_circuit(std::string_view address, bool is_open) override;
    void on_trouble(std::string_view where, const core::Error& error) override;

  private:
    Counts& counts_;
    std::function<void(const std::string&)> say_;
    std::set<std::int64_t> reviewed_;  // payments that a person had to look at
};

// What a person's decision, which no observer hears of, did.
void count_decision(Counts& counts, const payments::Aggregate& before, const payments::Aggregate& after,
                    const std::string& verdict);

// The names under which every step that the tables allow is counted: "payment pending paid", "operation sent
// unknown". An operation that stays as it was takes no step.
[[nodiscard]] std::vector<std::string> all_edges();

}  // namespace huitong::simulate
