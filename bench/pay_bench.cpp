#include "pay_bench.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/random.hpp"
#include "platform_process.hpp"
#include "store_bench.hpp"

namespace huitong::bench {

namespace {

// Floors: what the platform must reach on two cores (docs/decisions/0002-throughput.md).
constexpr double floor_per_s = 3000;
constexpr double floor_of_store = 0.15;
constexpr double floor_of_one_connection = 6;
constexpr double most_p99_of_p50 = 8;
constexpr double most_growth = 1.5;

struct Sample {
    LoadResult load;
    double gateway_cpu_us = 0;  // per payment
    double simulator_cpu_us = 0;
};

class Bench {
  public:
    Bench(const PayBenchOptions& options, const std::string& directory)
        : options_(options),
          simulator_(keys_),
          gateway_(
              keys_,
              {.simulator_port = simulator_.port, .merchants = options.merchants, .directory = directory}) {}

    Sample run(std::string_view name, int connections, double rate_per_s, double seconds,
               std::int64_t most = 0) {
        const double gateway_before = gateway_.child.cpu_seconds();
        const double simulator_before = simulator_.child.cpu_seconds();
        LoadOptions load;
        load.ports = {gateway_.port};
        load.tills = gateway_.tills;
        load.connections = connections;
        load.seconds = seconds;
        load.most = most;
        load.rate_per_s = rate_per_s;
        load.first_number = next_number_;
        Sample sample{.load = run_load(load)};
        next_number_ += sample.load.paid + sample.load.others + connections;
        const double paid = static_cast<double>(std::max<std::int64_t>(1, sample.load.paid));
        sample.gateway_cpu_us = (gateway_.child.cpu_seconds() - gateway_before) * 1e6 / paid;
        sample.simulator_cpu_us = (simulator_.child.cpu_seconds() - simulator_before) * 1e6 / paid;
        print(name, connections, sample);
        return sample;
    }

    void grow() {
        constexpr std::int64_t probe = 20'000;
        Sample first;
        Sample last;
        while (next_number_ < options_.stored) {
            const bool is_first = next_number_ < probe;
            last =
                run("grow", 64, 0, 3600, is_first ? probe : std::min<std::int64_t>(100'000, options_.stored));
            if (is_first) first = last;
        }
        last = run("grow", 64, 0, 3600, probe);
        growth_ = last.gateway_cpu_us / first.gateway_cpu_us;
        fmt::print(
            R"({{"bench":"growth","stored":{},"cpu_us_first":{:.1f},"cpu_us_last":{:.1f},"ratio":{:.2f}}})"
            "\n",
            next_number_, first.gateway_cpu_us, last.gateway_cpu_us, growth_);
    }

    [[nodiscard]] double growth() const { return growth_; }

  private:
    static void print(std::string_view name, int connections, const Sample& sample) {
        fmt::print(R"({{"bench":"{}","connections":{},"per_s":{:.0f},"p50_us":{:.0f},"p99_us":{:.0f},)"
                   R"("cpu_us":{{"gateway":{:.1f},"simulator":{:.1f},"load":{:.1f}}},"paid":{},"others":{}}})"
                   "\n",
                   name, connections, sample.load.per_s, sample.load.p50_us, sample.load.p99_us,
                   sample.gateway_cpu_us, sample.simulator_cpu_us, sample.load.cpu_us_per_payment,
                   sample.load.paid, sample.load.others);
        if (sample.load.others > 0) fmt::print(stderr, "not paid: {}\n", sample.load.first_other);
        std::fflush(stdout);
    }

    const PayBenchOptions& options_;
    Keys keys_;
    SimulatorProcess simulator_;
    GatewayProcess gateway_;
    std::int64_t next_number_ = 0;
    double growth_ = 0;
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

// In a child, so that its threads and memory are gone before the next part.
double bare_store_pairs_per_s(const PayBenchOptions& options) {
    int ends[2];
    if (pipe(ends) != 0) return 0;
    const pid_t pid = fork();
    if (pid == 0) {
        StoreBenchOptions store;
        store.seconds = options.seconds;
        store.merchants = options.merchants;
        store.directory = options.directory;
        const std::int64_t pairs_per_s = measure_store(store);
        _exit(write(ends[1], &pairs_per_s, sizeof pairs_per_s) == sizeof pairs_per_s ? 0 : 1);
    }
    close(ends[1]);
    std::int64_t pairs_per_s = 0;
    if (read(ends[0], &pairs_per_s, sizeof pairs_per_s) != sizeof pairs_per_s) pairs_per_s = 0;
    close(ends[0]);
    waitpid(pid, nullptr, 0);
    return static_cast<double>(pairs_per_s);
}

struct Series {
    std::vector<double> store, many, one, p50, p99;
};

int judge(const Series& series, double growth) {
    const double a = median(series.store);
    const double b = median(series.many);
    const double c = b / a;
    const double d = b / median(series.one);
    const double spread = median(series.p99) / median(series.p50);
    fmt::print(R"({{"bench":"medians","a_store_pairs_per_s":{:.0f},"b_pay_per_s":{:.0f},"c_b_of_a":{:.2f},)"
               R"("d_64_of_1":{:.1f},"half_load_p99_of_p50":{:.1f},"growth":{:.2f}}})"
               "\n",
               a, b, c, d, spread, growth);
    const bool is_good = b >= floor_per_s && c >= floor_of_store && d >= floor_of_one_connection &&
                         spread <= most_p99_of_p50 && growth < most_growth;
    fmt::print("{}\n", is_good ? "every floor is held" : "a floor is missed");
    return is_good ? 0 : 3;
}

}  // namespace

int run_pay_bench(const PayBenchOptions& options) {
    core::SystemRandom random;
    const auto directory = std::filesystem::path(options.directory) / ("huitong-bench-" + random.hex(8));
    int code = 1;
    {
        Bench bench(options, directory.string());
        (void)bench.run("warm-up", 64, 0, 1);
        Series series;
        for (int round = 0; round < options.rounds; ++round) {
            series.store.push_back(bare_store_pairs_per_s(options));
            const Sample many = bench.run("64 connections", 64, 0, options.seconds);
            series.many.push_back(many.load.per_s);
            series.one.push_back(bench.run("1 connection", 1, 0, options.seconds).load.per_s);
            const Sample half = bench.run("half load", 64, many.load.per_s / 2, options.seconds);
            series.p50.push_back(half.load.p50_us);
            series.p99.push_back(half.load.p99_us);
        }
        if (options.stored > 0) bench.grow();
        code = judge(series, bench.growth());
    }
    std::filesystem::remove_all(directory);
    return code;
}

}  // namespace huitong::bench
