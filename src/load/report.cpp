#include "load/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace huitong::load {

namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::size_t most_findings_shown = 20;

struct Percentile {
    std::string_view name;
    std::int64_t ppm;
};
constexpr Percentile percentiles[] = {
    {"p50", 500'000}, {"p90", 900'000}, {"p99", 990'000}, {"p99_9", 999'000}};

double seconds_of(core::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

double kept_per_s(const Measures& measures, core::Duration length) {
    const double seconds = seconds_of(std::max(measures.sending, length));
    return seconds > 0 ? static_cast<double>(measures.sent) / seconds : 0;
}

Json decimal(double value) {
    return codec::JsonNumber{fmt::format("{:.3f}", value)};
}

JsonObject view_latency(const core::LogHistogram& histogram) {
    JsonObject view;
    for (const Percentile& each : percentiles)
        view.emplace_back(each.name, Json::number(histogram.percentile(each.ppm)));
    view.emplace_back("max", Json::number(histogram.max()));
    return view;
}

JsonObject view_tally(const Tally& tally) {
    JsonObject words;
    for (const auto& [word, count] : tally.words) words.emplace_back(word, Json::number(count));
    JsonObject view{{"count", Json::number(tally.latency_us.count())}};
    for (const Verdict verdict : verdicts)
        view.emplace_back(to_string(verdict), Json::number(tally.of(verdict)));
    view.emplace_back("latency_us", view_latency(tally.latency_us));
    view.emplace_back("answers", std::move(words));
    return view;
}

JsonObject view_run(const RunOptions& options) {
    JsonArray targets;
    for (const net::Origin& target : options.targets) targets.emplace_back(target.text());
    return {{"name", options.name},
            {"targets", std::move(targets)},
            {"terminals", Json::number(static_cast<std::int64_t>(options.terminals.size()))},
            {"connections", Json::number(options.connections)},
            {"arrivals", options.plan.arrivals == Arrivals::even ? "even" : "poisson"},
            {"seed", codec::JsonNumber{std::to_string(options.plan.seed)}}};
}

JsonObject view_rate(const Report& report) {
    const Measures& measures = report.measures;
    return {{"asked_per_s", decimal(report.options.plan.rate_per_s)},
            {"kept_per_s", decimal(kept_per_s(measures, report.options.plan.length))},
            {"sent", Json::number(measures.sent)},
            {"seconds", decimal(seconds_of(measures.lasting))},
            {"paid_instead", Json::number(measures.paid_instead)},
            {"behind_us", view_latency(measures.behind_us)}};
}

JsonObject view_audit(const Report& report) {
    const Audit& audit = report.audit;
    JsonArray not_audited;
    for (const std::string& each : report.not_audited) not_audited.emplace_back(each);
    JsonArray findings;
    for (const Finding& each : audit.findings)
        findings.emplace_back(
            JsonObject{{"fault", to_string(each.fault)}, {"order", each.order}, {"detail", each.detail}});
    JsonObject view{{"channel", Json(audit.has_channel)},
                    {"ledger", Json(audit.has_ledger)},
                    {"not_audited", std::move(not_audited)},
                    {"orders", Json::number(audit.orders)},
                    {"acknowledged", Json::number(audit.acknowledged)}};
    for (const Fault fault : faults) view.emplace_back(to_string(fault), Json::number(audit.count(fault)));
    view.emplace_back("told_fen", Json::number(audit.told_fen));
    view.emplace_back("channel_fen", audit.has_channel ? Json::number(audit.channel_fen) : Json());
    view.emplace_back("ledger_fen", audit.has_ledger ? Json::number(audit.ledger_fen) : Json());
    view.emplace_back("findings", std::move(findings));
    return view;
}

std::string text_of_tally(std::string_view name, const Tally& tally) {
    std::string text =
        fmt::format("{:<10}{:>9}{:>10}{:>9}{:>9}", name, tally.latency_us.count(),
                    tally.of(Verdict::definite), tally.of(Verdict::refused), tally.of(Verdict::unknown));
    const auto in_ms = [](std::int64_t us) { return static_cast<double>(us) / 1000; };
    for (const Percentile& each : percentiles)
        text += fmt::format("{:>10.2f}", in_ms(tally.latency_us.percentile(each.ppm)));
    text += fmt::format("{:>10.2f}\n", in_ms(tally.latency_us.max()));
    for (const auto& [word, count] : tally.words) text += fmt::format("  {:>17}  {}\n", count, word);
    return text;
}

std::string text_of_audit(const Report& report) {
    const Audit& audit = report.audit;
    std::string text = fmt::format("audit: orders {} acknowledged {}", audit.orders, audit.acknowledged);
    for (const Fault fault : faults) text += fmt::format(" {} {}", to_string(fault), audit.count(fault));
    text += fmt::format("\nmoney: told {} fen", audit.told_fen);
    if (audit.has_channel) text += fmt::format(", channel {} fen", audit.channel_fen);
    if (audit.has_ledger) text += fmt::format(", ledger {} fen", audit.ledger_fen);
    text += '\n';
    for (const std::string& each : report.not_audited) text += "not audited: " + each + '\n';
    for (std::size_t i = 0; i < audit.findings.size(); ++i) {
        const Finding& each = audit.findings[i];
        if (i == most_findings_shown)
            return text + fmt::format("  and {} more (--json)\n", audit.findings.size() - i);
        text += fmt::format("  {} {}: {}\n", to_string(each.fault), each.order, each.detail);
    }
    return text;
}

}  // namespace

Json to_json(const Report& report) {
    JsonObject operations_view;
    for (const Operation operation : operations)
        operations_view.emplace_back(to_string(operation), view_tally(report.measures.of(operation)));
    return JsonObject{{"run", view_run(report.options)},
                      {"rate", view_rate(report)},
                      {"operations", std::move(operations_view)},
                      {"settling", JsonObject{{"open", Json::number(report.measures.left_open)},
                                              {"seconds", decimal(seconds_of(report.measures.settling))}}},
                      {"audit", view_audit(report)}};
}

std::string to_text(const Report& report) {
    const Measures& measures = report.measures;
    std::string text = fmt::format(
        "rate: asked {:.1f}/s, kept {:.1f}/s, {} requests in {:.1f} s; behind p99 {:.2f} ms, at most {:.2f} "
        "ms\n",
        report.options.plan.rate_per_s, kept_per_s(measures, report.options.plan.length), measures.sent,
        seconds_of(measures.lasting), static_cast<double>(measures.behind_us.percentile(990'000)) / 1000,
        static_cast<double>(measures.behind_us.max()) / 1000);
    text += fmt::format("{:<10}{:>9}{:>10}{:>9}{:>9}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", "count",
                        "definite", "refused", "unknown", "p50 ms", "p90", "p99", "p99.9", "max");
    for (const Operation operation : operations)
        text += text_of_tally(to_string(operation), measures.of(operation));
    text +=
        fmt::format("settled: {} orders in {:.1f} s\n", measures.left_open, seconds_of(measures.settling));
    return text + text_of_audit(report);
}

std::string progress_line(const Progress& progress, core::Duration length) {
    if (progress.is_settling) {
        return fmt::format("settling {:.0f} s, {} orders open", seconds_of(progress.elapsed), progress.open);
    }
    constexpr int width = 30;
    const auto done = static_cast<int>(std::clamp<std::int64_t>(progress.elapsed * width / length, 0, width));
    return fmt::format("[{:#<{}}{:-<{}}] {:.0f}/{:.0f} s  {}/s  unknown or refused {}  p99 {:.1f} ms", "",
                       done, "", width - done, seconds_of(progress.elapsed), seconds_of(length),
                       progress.answered_last_second, progress.unknown_or_refused,
                       static_cast<double>(progress.p99_us_last_second) / 1000);
}

}  // namespace huitong::load
