#include "simulate/command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <cstdio>
#include <memory>
#include <thread>

#include "core/mutation.hpp"
#include "simulate/shrink.hpp"
#include "simulate/workers.hpp"

namespace huitong::simulate {

namespace {

using app::exit_differences;
using app::exit_done;
using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::int64_t seeds_with_floors = 1000;
constexpr int most_shrinking_runs = 300;
constexpr std::size_t most_failures_shown = 3;  // of one seed

struct Arguments {
    std::string seeds;
    int hours = 24;
    int jobs = 0;
    bool has_trace = false;
    bool shrinks = false;
    bool stops_at_first = false;
    bool is_json = false;
    std::vector<int> only;
    std::string server;
    std::string mutation;
};

// "17" or "1..1000".
std::optional<SeedRange> parse_seeds(const std::string& text) {
    const auto read = [](std::string_view part) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
        return value;
    };
    const auto dots = text.find("..");
    const auto first = read(std::string_view(text).substr(0, dots));
    const auto last = dots == std::string::npos ? first : read(std::string_view(text).substr(dots + 2));
    if (!first || !last || *last < *first || *last > INT64_MAX) return std::nullopt;
    return SeedRange{.first = *first, .last = *last};
}

DayOptions day_options(const Arguments& arguments, std::uint64_t seed) {
    DayOptions options{.seed = seed,
                       .length = std::chrono::hours(arguments.hours),
                       .only = {},
                       .has_trace = arguments.has_trace,
                       .server = arguments.server};
    if (!arguments.only.empty()) options.only.emplace(arguments.only.begin(), arguments.only.end());
    return options;
}

void print_failure(std::uint64_t seed, const Failure& failure) {
    fmt::print("seed {}: {}: {}\n", seed, failure.rule, failure.text);
    for (const std::string& line : failure.story) fmt::print("    {}\n", line);
}

class Run {
  public:
    Run(Arguments arguments, SeedRange seeds) : arguments_(std::move(arguments)), seeds_(seeds) {}

    int run() {
        const auto wanted = static_cast<std::int64_t>(seeds_.size());
        const Counts counts = run_seeds({.seeds = seeds_,
                                         .jobs = jobs(),
                                         .stops_at_first = arguments_.stops_at_first,
                                         .run = [this](std::uint64_t seed) { return run_one(seed); },
                                         .on_result = [this](const SeedResult& result) { take(result); }});
        const bool has_floors = wanted >= seeds_with_floors && arguments_.hours >= 24 &&
                                arguments_.only.empty() && arguments_.server.empty();
        const auto missed = has_floors ? missed_floors(counts, wanted) : std::vector<Missed>();
        if (arguments_.is_json) {
            print_as_json(counts, missed);
        } else {
            print(counts, missed);
        }
        const bool is_whole = done_ == wanted || arguments_.stops_at_first;
        return failed_.empty() && missed.empty() && is_whole ? exit_done : exit_differences;
    }

  private:
    [[nodiscard]] int jobs() const {
        const int wanted =
            arguments_.jobs > 0 ? arguments_.jobs : static_cast<int>(std::thread::hardware_concurrency());
        return std::max(1, std::min(wanted, static_cast<int>(std::min<std::uint64_t>(seeds_.size(), 64))));
    }

    [[nodiscard]] DayResult run_one(std::uint64_t seed) const {
        const DayOptions options = day_options(arguments_, seed);
        DayResult result = run_day(options);
        for (const std::string& line : result.trace) fmt::print("{}\n", line);
        std::fflush(stdout);  // a child ends without it
        if (!arguments_.shrinks || result.failures.empty()) return result;
        const Shrunk shrunk = shrink(options, result.failures.front(), most_shrinking_runs);
        Failure smallest = shrunk.failure;
        std::string only;
        for (const Item& item : shrunk.items) {
            only += (only.empty() ? "" : ",") + std::to_string(item.id);
            smallest.story.push_back(fmt::format("item {} {}", item.id, to_string(item.kind)));
        }
        smallest.story.push_back(
            fmt::format("shrunk in {} runs: --seeds {} --only {}", shrunk.runs, seed, only));
        result.failures = {std::move(smallest)};
        return result;
    }

    void take(const SeedResult& result) {
        ++done_;
        if (!result.failures.empty()) failed_.push_back(result);
        if (!arguments_.is_json && !result.failures.empty()) show(result);
        if (isatty(STDERR_FILENO) != 0)
            fmt::print(stderr, "\r{} of {} seeds, {} failed ", done_, seeds_.size(), failed_.size());
    }

    void show(const SeedResult& result) const {
        for (std::size_t n = 0; n < std::min(result.failures.size(), most_failures_shown); ++n)
            print_failure(result.seed, result.failures[n]);
        if (result.failures.size() > most_failures_shown)
            fmt::print("seed {}: and {} more\n", result.seed, result.failures.size() - most_failures_shown);
        fmt::print("seed {}: again with: huitong simulate --seeds {} --trace, smaller with --shrink\n",
                   result.seed, result.seed);
    }

    void print(const Counts& counts, const std::vector<Missed>& missed) const {
        for (const auto& [name, count] : counts.all()) fmt::print("{:>12}  {}\n", count, name);
        for (const Missed& one : missed)
            fmt::print("missed: {} {}, wanted {}\n", one.name, one.counted, one.wanted);
        fmt::print("{} seeds, {} failed, {} floors missed\n", done_, failed_.size(), missed.size());
    }

    void print_as_json(const Counts& counts, const std::vector<Missed>& missed) const {
        JsonArray failed;
        for (const SeedResult& result : failed_) {
            for (const Failure& failure : result.failures)
                failed.emplace_back(JsonObject{{"seed", Json::number(static_cast<std::int64_t>(result.seed))},
                                               {"rule", failure.rule},
                                               {"text", failure.text}});
        }
        JsonObject counted;
        for (const auto& [name, count] : counts.all()) counted.emplace_back(name, Json::number(count));
        JsonArray floors;
        for (const Missed& one : missed)
            floors.emplace_back(JsonObject{{"name", one.name},
                                           {"counted", Json::number(one.counted)},
                                           {"wanted", Json::number(one.wanted)}});
        app::print_json(JsonObject{{"seeds", Json::number(done_)},
                                   {"failed", std::move(failed)},
                                   {"missed_floors", std::move(floors)},
                                   {"counts", std::move(counted)}});
    }

    Arguments arguments_;
    SeedRange seeds_;
    std::int64_t done_ = 0;
    std::vector<SeedResult> failed_;
};

void choose_mutation(const Arguments& arguments) {
#ifdef HUITONG_MUTATIONS
    if (!arguments.mutation.empty()) core::choose_mutation(arguments.mutation);
#else
    (void)arguments;
#endif
}

}  // namespace

void add_simulate(CLI::App& app, app::Action& action) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* const command = app.add_subcommand(
        "simulate", "Simulated days of the whole platform, from seeds, with faults, crashes and an auditor");
    command->add_option("--seeds", arguments->seeds, "A..B, or one seed")->required();
    command->add_option("--until", arguments->hours, "hours of the day to live through")
        ->check(CLI::Range(1, 24))
        ->capture_default_str();
    command->add_option("--jobs", arguments->jobs, "processes at a time; default: one per processor")
        ->check(CLI::Range(1, 64));
    command
        ->add_option("--only", arguments->only, "these items of the day's plan alone, as --shrink names them")
        ->delimiter(',');
    command->add_flag("--trace", arguments->has_trace, "print what people and faults do");
    command->add_flag("--shrink", arguments->shrinks, "find the fewest items that still fail");
    command->add_flag("--stop-at-first", arguments->stops_at_first, "end with the first seed that fails");
    command->add_option("--server", arguments->server,
                        "postgresql://… of a role that may make databases: the store is there and not on a "
                        "simulated disk");
    command->add_flag("--json", arguments->is_json, "the result as JSON");
#ifdef HUITONG_MUTATIONS
    command->add_option("--mutate", arguments->mutation, "make this deliberate mistake");
#endif
    command->callback([arguments, &action] {
        const auto seeds = parse_seeds(arguments->seeds);
        if (!seeds) throw CLI::ValidationError("--seeds", "expects A..B or one number");
        action = [arguments, seeds] {
            choose_mutation(*arguments);
            return Run(*arguments, *seeds).run();
        };
    });
}

}  // namespace huitong::simulate
