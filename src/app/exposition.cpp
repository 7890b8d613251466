#include "app/exposition.hpp"

#include <fmt/format.h>

namespace huitong::app {

namespace {

// In label values: backslash, quote and line feed; in help texts there is no need to escape the quote.
std::string escaped(std::string_view text, bool is_label) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || (is_label && c == '"')) out += '\\';
        out += c;
    }
    return out;
}

std::string seconds_text(std::int64_t us) {
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t whole = us / million;
    const std::int64_t rest = us % million;
    if (rest == 0) return std::to_string(whole);
    std::string text =
        fmt::format("{}{}.{:06}", us < 0 ? "-" : "", whole < 0 ? -whole : whole, rest < 0 ? -rest : rest);
    while (text.ends_with('0')) text.pop_back();
    return text;
}

}  // namespace

void Exposition::begin(std::string_view name, std::string_view type, std::string_view help, Unit unit) {
    name_ = name;
    unit_ = unit;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(help, false), name, type);
}

std::string Exposition::number(std::int64_t value) const {
    return unit_ == Unit::microseconds ? seconds_text(value) : std::to_string(value);
}

void Exposition::line(std::string_view suffix, const MetricLabels& labels, std::string_view value) {
    text_ += name_;
    text_ += suffix;
    char before = '{';
    for (const auto& [name, text] : labels) {
        text_ += fmt::format("{}{}=\"{}\"", before, name, escaped(text, true));
        before = ',';
    }
    if (!labels.empty()) text_ += '}';
    text_ += ' ';
    text_ += value;
    text_ += '\n';
}

void Exposition::sample(const MetricLabels& labels, std::int64_t value) {
    line("", labels, number(value));
}

void Exposition::histogram(const MetricLabels& labels, const core::Histogram& values) {
    MetricLabels with_bound = labels;
    with_bound.emplace_back("le", "");
    std::int64_t so_far = 0;
    for (std::size_t i = 0; i < values.bounds().size(); ++i) {
        so_far += values.counts()[i];
        const std::string bound = number(values.bounds()[i]);
        with_bound.back().second = bound;
        line("_bucket", with_bound, std::to_string(so_far));
    }
    with_bound.back().second = "+Inf";
    line("_bucket", with_bound, std::to_string(values.count()));
    line("_sum", labels, number(values.sum()));
    line("_count", labels, std::to_string(values.count()));
}

void Exposition::gauge(std::string_view name, std::string_view help, std::int64_t value, Unit unit) {
    begin(name, "gauge", help, unit);
    sample({}, value);
}

void Exposition::counter(std::string_view name, std::string_view help, std::int64_t value) {
    begin(name, "counter", help);
    sample({}, value);
}

}  // namespace huitong::app
