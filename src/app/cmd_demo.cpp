// demo: the platform with its simulators in one process on loopback.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/demo_data.hpp"
#include "app/master_key.hpp"
#include "app/platform.hpp"
#include "app/stories.hpp"
#include "app/till.hpp"
#include "sim/simulators.hpp"

namespace huitong::app {

namespace {

constexpr std::uint64_t stories_seed = 20260305;

struct DemoOptions {
    std::string dir = "huitong-demo";
    std::string store_url = Config{}.store_url;
    std::uint16_t port = 8080;
    bool no_traffic = false;
    bool allow_core = false;
};

std::string local_url(int port) {
    return fmt::format("http://127.0.0.1:{}", port);
}

net::Origin local_origin(int port) {
    return {.is_tls = false, .host = "127.0.0.1", .port = static_cast<std::uint16_t>(port)};
}

task::Awaitable<void> prepare(Platform& platform, core::Random& random, std::string simulator_url,
                              core::Result<DemoData>& data, core::Result<void>& ready) {
    if (data) {
        ready = co_await point_at(platform.store(), platform.time(), random, *data, urls_at(simulator_url));
    } else {
        data = co_await create_demo_data(platform.store(), platform.time(), random, urls_at(simulator_url));
        if (!data) ready = std::unexpected(data.error());
    }
}

task::Awaitable<void> activate(boost::asio::io_context& io, task::Time& time, net::Origin gateway,
                               DemoData& data, core::Result<void>& result) {
    net::HttpClient client(io, time);
    Till till(client, gateway, {data.vendor_sn, data.vendor_key});
    const auto answer = co_await till.activate(data.app_id, data.activation_code, "DEMO-TILL");
    if (!answer) {
        result = std::unexpected(answer.error());
    } else if (answer->result_code != "200") {
        result = core::fail(core::Code::internal, "demo_terminal", answer->body);
    } else {
        data.terminal_sn = till.identity().sn;
        data.terminal_key = till.identity().key;
    }
}

core::Result<DemoData> read_demo_file(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    return parse_demo_data(*text);
}

// A first start makes key, store and demo.json, which fit each other. Broken off between them, they are of no
// use: a mark in the directory tells the next start to begin again. Nothing without that mark is touched.
class FirstStart {
  public:
    explicit FirstStart(const Config& config) : config_(config), mark_(in_data_dir(config, "first-start")) {}

    [[nodiscard]] core::Result<void> begin() const { return replace_private_file(mark_, "unfinished\n"); }
    void end() const { std::filesystem::remove(mark_); }
    void forget_if_broken_off() const {
        if (!file_exists(mark_)) return;
        for (const char* name : {"huitong.db", "huitong.db-wal", "huitong.db-shm", "demo.json"}) {
            std::filesystem::remove(in_data_dir(config_, name));
        }
        std::filesystem::remove(in_data_dir(config_, config_.master_key_file));
    }

  private:
    const Config& config_;
    std::string mark_;
};

Config demo_config(const DemoOptions& options) {
    Config config;
    config.data_dir = options.dir;
    config.store_url = options.store_url;
    config.listen_port = options.port;
    config.public_url = local_url(options.port);
    config.log_file = "huitong.log";
    config.notify_allow = "127.0.0.0/8";
    config.drain_notice = core::Duration{0};
    config.is_admin_on_gateway = true;
    return config;
}

int serve_demo(const DemoOptions& options) {
    const Config config = demo_config(options);
    if (auto made = make_data_dir(config.data_dir); !made) return refuse(made.error());
    core::SystemRandom random;
    const FirstStart first_start(config);
    first_start.forget_if_broken_off();
    const std::string file = in_data_dir(config, "demo.json");
    core::Result<DemoData> data = read_demo_file(file);
    if (!data && data.error().reason != "no_file") return refuse(data.error());
    const bool is_new = !file_exists(in_data_dir(config, config.master_key_file));
    if (is_new) {
        if (auto made = first_start.begin(); !made) return refuse(made.error());
        if (auto made = create_master_key(config, random); !made) return refuse(made.error());
    }
    const auto log = Log::open(config);
    if (!log) return refuse(log.error());
    boost::asio::io_context io(1);
    auto started = Platform::start(io, config, *log);
    if (!started) return refuse(started.error());
    Platform& platform = **started;

    const std::string simulator_url = local_url(options.port + 1);
    const auto write_file = [&] {
        const codec::Json json = to_json(*data, local_url(options.port), simulator_url);
        return replace_private_file(file, codec::write_json_pretty(json) + "\n");
    };
    core::Result<void> ready;
    run_to_end(io, prepare(platform, random, simulator_url, data, ready));
    if (data) data->platform_public_key = platform.gateway().public_key();
    if (ready) ready = write_file();  // at once: it holds keys that are nowhere else in the open
    sim::Options simulated;
    if (data) add_simulated_merchant(simulated, *data);
    sim::Simulators simulators(platform.time(), random, std::move(simulated));
    net::HttpServer simulator_server(io, platform.time(),
                                     {.port = static_cast<std::uint16_t>(options.port + 1), .tls = {}},
                                     simulators.handler());
    net::HttpClient notice_client(io, platform.time());
    simulators.options().wechat_web_url = simulator_url;
    simulators.start_notices(io.get_executor(), notice_client);
    if (ready) ready = simulator_server.start();
    if (ready && data->terminal_sn.empty()) {
        run_to_end(io, activate(io, platform.time(), local_origin(options.port), *data, ready));
    }
    if (ready) ready = write_file();
    if (ready) {
        first_start.end();
        fmt::print("what a client needs: {}\nready {}\n", file, local_url(options.port));
        std::fflush(stdout);
        platform.wait_for_stop();
    }
    platform.drain();
    run_to_end(io, simulator_server.drain(platform.time().now()));
    simulators.stop_notices();
    run_to_end(io, simulators.join_notices());
    return ready ? static_cast<int>(exit_done) : refuse(ready.error());
}

int demo(const DemoOptions& options) {
    if (!options.no_traffic) {
        const StoriesReport report = play_stories(stories_seed);
        fmt::print("{}", report.text);
        if (report.failed > 0) {
            fmt::print(stderr, "huitong: {} of {} stories did not end as they must\n", report.failed,
                       report.played);
            return exit_refused;
        }
        fmt::print("{} stories played in simulated time, each ended as it must\n", report.played);
        std::fflush(stdout);
    }
    return serve_demo(options);
}

}  // namespace

void add_demo(CLI::App& app, Action& action) {
    auto* const command =
        app.add_subcommand("demo", "The platform and all simulators in one process on loopback");
    const auto options = std::make_shared<DemoOptions>();
    command->add_option("--data", options->dir, "Directory of keys and store, made at first start")
        ->capture_default_str();
    command->add_option("--store", options->store_url, "As store.url in a configuration; a new, empty one");
    command->add_option("--port", options->port, "Gateway; the simulators take the next one")
        ->check(CLI::Range(1, 65534))
        ->capture_default_str();
    command->add_flag("--no-traffic", options->no_traffic, "Do not play the stories first");
    command->add_flag("--allow-core", options->allow_core, "Permit core dumps, which hold keys");
    command->callback([&action, options] {
        action = [options] {
            if (!options->allow_core) forbid_core_dumps();
            return demo(*options);
        };
    });
}

}  // namespace huitong::app
