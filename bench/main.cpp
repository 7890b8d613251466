// huitong_bench [SUBCOMMAND [key=value]…]: each subcommand measures one thing and prints lines of JSON;
// without one, `pay` with its growth to a million payments.
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string>
#include <string_view>

#include "engines_bench.hpp"
#include "growth_bench.hpp"
#include "pay_bench.hpp"
#include "store_bench.hpp"

namespace {

using Arguments = std::map<std::string, std::string, std::less<>>;

int number(const Arguments& arguments, std::string_view name, int otherwise) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) return otherwise;
    int value = otherwise;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    return value;
}

huitong::bench::StoreBenchOptions store_options(const Arguments& arguments) {
    huitong::bench::StoreBenchOptions options;
    options.waiters = number(arguments, "waiters", options.waiters);
    options.seconds = number(arguments, "seconds", options.seconds);
    options.merchants = number(arguments, "merchants", options.merchants);
    options.page_size = number(arguments, "page_size", options.page_size);
    if (const auto found = arguments.find("directory"); found != arguments.end())
        options.directory = found->second;
    return options;
}

huitong::bench::PayBenchOptions pay_options(const Arguments& arguments) {
    huitong::bench::PayBenchOptions options;
    options.rounds = number(arguments, "rounds", options.rounds);
    options.seconds = number(arguments, "seconds", options.seconds);
    options.merchants = number(arguments, "merchants", options.merchants);
    options.stored = number(arguments, "stored", 0);
    if (const auto found = arguments.find("directory"); found != arguments.end())
        options.directory = found->second;
    return options;
}

huitong::bench::GrowthOptions growth_options(const Arguments& arguments) {
    huitong::bench::GrowthOptions options;
    options.rounds = number(arguments, "rounds", options.rounds);
    options.load = store_options(arguments);
    for (const std::int64_t level : {10'000, 1'000'000, 5'000'000}) {
        if (level <= number(arguments, "stored", 5'000'000)) options.levels.push_back(level);
    }
    return options;
}

struct Subcommand {
    std::string_view name;
    std::string_view help;
    int (*run)(const Arguments&);
};

constexpr Subcommand subcommands[] = {
    {"pay",
     "rounds=5 seconds=3 merchants=20 stored=0 directory=/tmp: pay by code through API, simulator and "
     "ledger, beside"
     " the bare store; stored=1000000 also grows the store and compares CPU per payment",
     [](const Arguments& arguments) { return huitong::bench::run_pay_bench(pay_options(arguments)); }},
    {"store",
     "waiters=64 seconds=3 merchants=100 page_size=4096 directory=/tmp: pairs of intent and outcome on "
     "SQLite",
     [](const Arguments& arguments) { return huitong::bench::run_store_bench(store_options(arguments)); }},
    {"pgspike",
     "waiters=64 seconds=3 merchants=100: the same on a private PostgreSQL with one to eight connections",
     [](const Arguments& arguments) { return huitong::bench::run_pg_spike(store_options(arguments)); }},
    {"engines",
     "rounds=5 seconds=3 merchants=20: pay by code on SQLite, on PostgreSQL, and there with three gateways",
     [](const Arguments& arguments) { return huitong::bench::run_engines_bench(pay_options(arguments)); }},
    {"growth",
     "rounds=3 seconds=3 waiters=64 stored=5000000 directory=/tmp: what a payment costs SQLite and "
     "PostgreSQL "
     "with 10,000, 1,000,000 and 5,000,000 stored (about 40 GB on disk)",
     [](const Arguments& arguments) { return huitong::bench::run_growth_bench(growth_options(arguments)); }},
};

}  // namespace

int main(int argc, char** argv) {
    const std::string_view wanted = argc > 1 ? argv[1] : "pay";
    Arguments arguments;
    if (argc == 1) arguments["stored"] = "1000000";  // the whole of it
    for (int i = 2; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const auto equals = argument.find('=');
        if (equals != std::string_view::npos) {
            arguments[std::string(argument.substr(0, equals))] = argument.substr(equals + 1);
        }
    }
    for (const Subcommand& subcommand : subcommands) {
        if (subcommand.name == wanted) return subcommand.run(arguments);
    }
    for (const Subcommand& subcommand : subcommands)
        fmt::print(stderr, "{}: {}\n", subcommand.name, subcommand.help);
    return 2;
}
