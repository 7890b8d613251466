// demo and sim: the platform with its simulators on loopback, and the simulators alone.
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
        ready = co_await point_at(platform.store(), platform.time(), random, *data, simulator_url);
    } else {
        data = co_await create_demo_data(platform.store(), platform.time(), random, simulator_url);
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
    config.listen_port = options.port;
    config.log_file = "huitong.log";
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
    if (ready) ready = write_file();  // at once: it holds keys that are nowhere else in the open
    sim::Options simulated;
    if (data) simulated.wechat_merchants = {simulated_merchant(*data)};
    sim::Simulators simulators(platform.time(), random, std::move(simulated));
    net::HttpServer simulator_server(io, platform.time(),
                                     {.port = static_cast<std::uint16_t>(options.port + 1), .tls = {}},
                                     simulators.handler());
    if (ready) ready = simulator_server.start();
    if (ready && data->terminal_sn.empty()) {
        run_to_end(io, activate(io, platform.time(), local_origin(options.port), *data, ready));
    }
    if (ready) ready = write_file();
    if (ready) {
        first_start.end();
        fmt::print("what a client needs: {}\nready {}\n", file, local_url(options.port));
        std::fflush(stdout);
        Platform::run_until_signal(io);
    }
    platform.drain();
    run_to_end(io, simulator_server.drain(platform.time().now()));
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

struct SimCommand {
    std::uint16_t port = 8081;
    std::string appid = "wxd0000000000000001";
    std::string mch_id = "1230000109";
    std::string api_key;
    std::string tombstones = "on";
    std::string magic = "on";
    std::string require_client_cert = "off";
    std::string auto_revoke = "off";
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::string client_ca_file;
    bool is_json = false;
};

core::Result<net::ServerOptions> listen_options(const SimCommand& command) {
    net::ServerOptions options{.port = command.port, .tls = {}};
    if (command.tls_certificate_file.empty()) return options;
    auto tls = read_server_tls(command.tls_certificate_file, command.tls_key_file, command.client_ca_file);
    if (!tls) return std::unexpected(std::move(tls.error()));
    options.tls = std::move(*tls);
    return options;
}

int simulate_channels(SimCommand command) {
    auto listen = listen_options(command);
    if (!listen) return refuse(listen.error());
    const std::string scheme = listen->tls ? "https" : "http";
    core::SystemRandom random;
    boost::asio::io_context io(1);
    task::RealTime time(io);
    if (command.api_key.empty()) command.api_key = random.hex(32);
    sim::Options options{
        .wechat_merchants = {{command.appid, command.mch_id, core::Secret(command.api_key), {}}},
        .require_client_cert = command.require_client_cert == "on",
        .tombstones = command.tombstones == "on",
        .platform_auto_revoke = command.auto_revoke == "on",
        .magic = command.magic == "on"};
    sim::Simulators simulators(time, random, std::move(options));
    net::HttpServer server(io, time, std::move(*listen), simulators.handler());
    if (auto started = server.start(); !started) return refuse(started.error());
    const std::string url = fmt::format("{}://127.0.0.1:{}", scheme, server.port());
    if (command.is_json) {
        print_json(codec::JsonObject{{"base_url", url},
                                     {"appid", command.appid},
                                     {"mch_id", command.mch_id},
                                     {"api_key", command.api_key}});
    } else {
        fmt::print("wechat appid={} mch_id={} api_key={}\n", command.appid, command.mch_id, command.api_key);
    }
    fmt::print("ready {}\n", url);
    std::fflush(stdout);
    Platform::run_until_signal(io);
    run_to_end(io, server.drain(time.now()));
    return exit_done;
}

}  // namespace

void add_demo(CLI::App& app, Action& action) {
    auto* const command =
        app.add_subcommand("demo", "The platform and all simulators in one process on loopback");
    const auto options = std::make_shared<DemoOptions>();
    command->add_option("--data", options->dir, "Directory of keys and store, made at first start")
        ->capture_default_str();
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

void add_sim(CLI::App& app, Action& action) {
    auto* const command = app.add_subcommand("sim", "The simulators alone, until SIGTERM");
    const auto options = std::make_shared<SimCommand>();
    const auto is_switch = CLI::IsMember({"on", "off"});
    command->add_option("--port", options->port, "Port; 0 takes a free one")->capture_default_str();
    command->add_option("--appid", options->appid, "Of the simulated WeChat merchant")->capture_default_str();
    command->add_option("--mch-id", options->mch_id, "Of the simulated WeChat merchant")
        ->capture_default_str();
    command->add_option("--api-key", options->api_key, "32 characters; a fresh one when not given");
    command->add_option("--tombstones", options->tombstones, "Reversing an unknown number bars it for ever")
        ->check(is_switch)
        ->capture_default_str();
    command->add_option("--magic", options->magic, "Payment codes choose scenarios")
        ->check(is_switch)
        ->capture_default_str();
    command
        ->add_option("--require-client-cert", options->require_client_cert,
                     "Reversals need a client certificate")
        ->check(is_switch)
        ->capture_default_str();
    command->add_option("--auto-revoke", options->auto_revoke, "Unpaid orders are revoked after 45 s")
        ->check(is_switch)
        ->capture_default_str();
    auto* const certificate = command->add_option("--tls-certificate", options->tls_certificate_file,
                                                  "PEM certificate chain: HTTPS instead of plain HTTP");
    auto* const key = command->add_option("--tls-key", options->tls_key_file, "PEM private key of it");
    certificate->needs(key);
    key->needs(certificate);
    command
        ->add_option("--client-ca", options->client_ca_file,
                     "PEM CA of client certificates, which clients are then asked for")
        ->needs(certificate);
    command->add_flag("--json", options->is_json, "Print the merchant as JSON");
    command->callback([&action, options] { action = [options] { return simulate_channels(*options); }; });
}

}  // namespace huitong::app
