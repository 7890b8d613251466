// Exposition: writes metrics as the Prometheus text format 0.0.4. Whole numbers in; times are microseconds
// and come out as seconds.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/histogram.hpp"

namespace huitong::app {

using MetricLabels = std::vector<std::pair<std::string_view, std::string_view>>;

enum class Unit { plain, microseconds };

class Exposition {
  public:
    static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

    // Begins a metric: its samples follow. `type`: "counter", "gauge" or "histogram".
    void begin(std::string_view name, std::string_view type, std::string_view help, Unit unit = Unit::plain);
    void sample(const MetricLabels& labels, std::int64_t value);
    void histogram(const MetricLabels& labels, const core::Histogram& values);
    // A metric with one sample.
    void gauge(std::string_view name, std::string_view help, std::int64_t value, Unit unit = Unit::plain);
    void counter(std::string_view name, std::string_view help, std::int64_t value);

    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    void line(std::string_view suffix, const MetricLabels& labels, std::string_view value);
    [[nodiscard]] std::string number(std::int64_t value) const;

    std::string name_;
    Unit unit_ = Unit::plain;
    std::string text_;
};

}  // namespace huitong::app
