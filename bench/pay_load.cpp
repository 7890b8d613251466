#include "pay_load.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cmath>

#include "app/platform.hpp"
#include "load/run.hpp"

namespace huitong::bench {

namespace {

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

load::RunOptions run_options(const LoadOptions& options) {
    load::RunOptions run;
    run.targets = {{.is_tls = false, .host = "127.0.0.1", .port = options.port}};
    run.terminals = options.tills;
    run.name = fmt::format("b{}", options.first_number);
    run.connections = options.connections;
    run.plan = {.rate_per_s = options.rate_per_s,
                .length = core::Duration(std::llround(options.seconds * 1e6)),
                .most = options.most,
                .mix = {1, 0, 0, 0}};
    run.wallets = {load::Wallet::wechat};
    run.first_code = options.first_number;
    return run;
}

}  // namespace

LoadResult run_load(const LoadOptions& options) {
    boost::asio::io_context io(1);
    task::RealTime time(io);
    net::HttpClient client(io, time);
    load::Run run(client, time, run_options(options));
    const double cpu_before = cpu_seconds();
    app::run_to_end(io, run.send());
    const load::Measures& measures = run.measures();
    const load::Tally& pays = measures.of(load::Operation::pay);
    const auto paid = pays.words.find("PAY_SUCCESS");
    LoadResult result;
    result.paid = paid == pays.words.end() ? 0 : paid->second;
    result.others = measures.sent - result.paid;
    result.first_other = measures.first_unpaid;
    result.per_s = static_cast<double>(result.paid) / std::chrono::duration<double>(measures.lasting).count();
    result.p50_us = static_cast<double>(pays.latency_us.percentile(500'000));
    result.p99_us = static_cast<double>(pays.latency_us.percentile(990'000));
    result.cpu_us_per_payment =
        (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(std::max<std::int64_t>(1, result.paid));
    return result;
}

}  // namespace huitong::bench
