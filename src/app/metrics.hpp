// Metrics: what the platform counts in memory, for /metrics (docs/operations.md names every one). An observer
// like the log. No label ever holds a payment, a merchant or anything else of unbounded number.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/exposition.hpp"
#include "ports/observer.hpp"

namespace huitong::app {

using LabelValues = std::vector<std::string>;

// One metric with labels: a value of T for each combination that occurred. Combinations beyond `most_series`
// share one whose labels all read "other": a label that turns out unbounded costs precision, not memory.
template <class T>
class Family {
  public:
    static constexpr std::size_t most_series = 300;

    explicit Family(std::vector<std::string_view> labels, T blank = T{})
        : labels_(std::move(labels)), blank_(blank) {}

    [[nodiscard]] T& at(LabelValues values) {
        const auto found = series_.find(values);
        if (found != series_.end()) return found->second;
        if (series_.size() >= most_series) values.assign(labels_.size(), "other");
        return series_.try_emplace(std::move(values), blank_).first->second;
    }
    // `each(labels, value)` in a fixed order.
    void visit(const auto& each) const {
        for (const auto& [values, value] : series_) {
            MetricLabels labels;
            for (std::size_t i = 0; i < labels_.size(); ++i) labels.emplace_back(labels_[i], values[i]);
            each(labels, value);
        }
    }

  private:
    std::vector<std::string_view> labels_;
    T blank_;
    std::map<LabelValues, T> series_;
};

class Metrics final : public ports::Observer {
  public:
    Metrics();

    void on_change(const payments::Aggregate* before, const payments::Change& change) override;
    void on_call(const payments::Payment& payment, const payments::Answer& answer) override;
    void on_circuit(std::string_view address, bool is_open) override;
    void on_trouble(std::string_view where, const core::Error& error) override;
    // A request was answered. `path` is one of a face's own, or "other".
    void on_request(std::string_view path, std::string_view result, core::Duration took);

    void write(Exposition& out) const;

  private:
    using Counters = Family<std::int64_t>;
    using Histograms = Family<core::Histogram>;

    Counters transitions_;
    Counters alarms_;
    Counters calls_;
    Histograms call_us_;
    Counters circuits_;
    Counters troubles_;
    Counters requests_;
    Histograms request_us_;
};

}  // namespace huitong::app
