#include "engines_bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/random.hpp"
#include "platform_process.hpp"
#include "process_cpu.hpp"
#include "sql/private_postgresql.hpp"

namespace huitong::bench {

namespace {

namespace fs = std::filesystem;

// One way to run the platform: its gateways stand by while others are measured.
struct Shape {
    std::string name;
    std::vector<std::unique_ptr<GatewayProcess>> gateways = {};
    int server_pid = 0;  // of the database server; 0: none
    std::int64_t next_number = 0;
    std::vector<double> per_s = {}, gateway_us = {}, server_us = {}, p99_us = {};

    [[nodiscard]] double gateway_cpu() const {
        double sum = 0;
        for (const auto& gateway : gateways) sum += gateway->child.cpu_seconds();
        return sum;
    }
    [[nodiscard]] double server_cpu() const {
        return server_pid == 0 ? 0 : family_cpu_seconds_of(server_pid);
    }
};

void start(Shape& shape, const Keys& keys, GatewayOptions options, int count) {
    for (int i = 0; i < count; ++i) {
        options.is_first = i == 0;
        shape.gateways.push_back(std::make_unique<GatewayProcess>(keys, options));
    }
}

LoadResult load_on(Shape& shape, double seconds) {
    LoadOptions load;
    for (const auto& gateway : shape.gateways) load.ports.push_back(gateway->port);
    load.tills = shape.gateways.front()->tills;
    load.seconds = seconds;
    load.first_number = shape.next_number;
    LoadResult result = run_load(load);
    shape.next_number += result.paid + result.others + load.connections;
    return result;
}

bool measure(Shape& shape, double seconds) {
    const double gateway_before = shape.gateway_cpu();
    const double server_before = shape.server_cpu();
    const LoadResult result = load_on(shape, seconds);
    const double paid = static_cast<double>(std::max<std::int64_t>(1, result.paid));
    shape.per_s.push_back(result.per_s);
    shape.p99_us.push_back(result.p99_us);
    shape.gateway_us.push_back((shape.gateway_cpu() - gateway_before) * 1e6 / paid);
    shape.server_us.push_back((shape.server_cpu() - server_before) * 1e6 / paid);
    fmt::print(R"({{"bench":"{}","per_s":{:.0f},"p50_us":{:.0f},"p99_us":{:.0f},)"
               R"("cpu_us":{{"gateways":{:.0f},"server":{:.0f}}},"paid":{},"others":{}}})"
               "\n",
               shape.name, result.per_s, result.p50_us, result.p99_us, shape.gateway_us.back(),
               shape.server_us.back(), result.paid, result.others);
    if (result.others > 0) fmt::print(stderr, "not paid: {}\n", result.first_other);
    std::fflush(stdout);
    return result.others == 0;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void report(const std::vector<Shape>& shapes) {
    for (const Shape& shape : shapes) {
        const Shape& first = shapes.front();
        const double cpu = median(shape.gateway_us) + median(shape.server_us);
        fmt::print(R"({{"bench":"medians of {}","per_s":{:.0f},"p99_us":{:.0f},"cpu_us":{:.0f},)"
                   R"("per_s_of_sqlite":{:.2f},"cpu_of_sqlite":{:.2f}}})"
                   "\n",
                   shape.name, median(shape.per_s), median(shape.p99_us), cpu,
                   median(shape.per_s) / median(first.per_s), cpu / median(first.gateway_us));
    }
}

}  // namespace

int run_engines_bench(const PayBenchOptions& options) {
    core::SystemRandom random;
    const fs::path directory = fs::path(options.directory) / ("huitong-bench-" + random.hex(8));
    fs::create_directories(directory);
    bool is_good = true;
    {
        const Keys keys;
        SimulatorProcess simulator(keys);
        sql::PrivatePostgresql server(true);
        std::vector<Shape> shapes(3);
        shapes[0].name = "sqlite, one gateway";
        shapes[1].name = "postgresql, one gateway";
        shapes[2].name = "postgresql, three gateways";
        GatewayOptions gateway{.simulator_port = simulator.port, .merchants = options.merchants};
        for (Shape& shape : shapes) {
            const bool is_file = &shape == &shapes.front();
            const auto index = &shape - shapes.data();
            shape.next_number = index * 100'000'000;  // all take payers' codes of one simulator
            gateway.directory = (directory / std::to_string(index)).string();
            gateway.store_url = is_file ? "" : server.make_database_url();
            shape.server_pid = is_file ? 0 : server.pid();
            start(shape, keys, gateway, &shape == &shapes.back() ? 3 : 1);
            (void)load_on(shape, 1);  // warm
        }
        for (int round = 0; round < options.rounds; ++round) {
            for (Shape& shape : shapes) is_good = measure(shape, options.seconds) && is_good;
        }
        report(shapes);
    }
    fs::remove_all(directory);
    return is_good ? 0 : 1;
}

}  // namespace huitong::bench
