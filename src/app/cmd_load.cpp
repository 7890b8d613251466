// load: an open-loop generator against running gateways, and the audit of what they were told to do. Exit
// codes: those of every command, 3 when the audit found something.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "app/admin.hpp"
#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/demo_data.hpp"
#include "app/load_books.hpp"
#include "app/load_tills.hpp"
#include "app/platform.hpp"
#include "load/report.hpp"

namespace huitong::app {

namespace {

constexpr std::int64_t million = 1'000'000;

struct LoadCommand {
    std::vector<std::string> targets;
    std::string demo_dir;
    std::string terminals_file;
    ActivationMeans activation;
    double rate_per_s = 50;
    double seconds = 30;
    double settle_s = 180;
    std::string arrivals = "even";
    std::string mix = "pay=60,query=25,cancel=5,refund=10";
    std::string wallets = "both";
    std::uint64_t seed = 1;
    int connections = 64;
    double faults = 0;
    std::string simulators;
    std::string ca_file;
    AdminOptions store;  // config_file or data_dir
    bool is_json = false;
};

core::Duration to_duration(double seconds) {
    return core::Duration(std::llround(seconds * static_cast<double>(million)));
}

std::unexpected<core::Error> usage(std::string detail) {
    return core::fail(core::Code::invalid, "usage", std::move(detail));
}

std::string member(const codec::Json& json, std::string_view name) {
    const codec::Json* const value = json.find(name);
    const std::string* const text = value == nullptr ? nullptr : value->as_string();
    return text == nullptr ? std::string() : *text;
}

// --demo DIR stands for everything its demo.json and its data directory say.
core::Result<void> take_demo(LoadCommand& command) {
    const auto text = read_file(command.demo_dir + "/demo.json");
    if (!text) return std::unexpected(text.error());
    const auto data = parse_demo_data(*text);
    if (!data) return std::unexpected(data.error());
    const auto json = codec::parse_json(*text);
    if (!json) return std::unexpected(json.error());
    if (command.targets.empty()) command.targets = {member(*json, "gateway")};
    if (command.simulators.empty()) command.simulators = member(*json, "simulators");
    if (command.store.config_file.empty()) command.store.data_dir = command.demo_dir;
    ActivationMeans& activation = command.activation;
    activation.vendor = {data->vendor_sn, data->vendor_key};
    activation.app_id = data->app_id;
    activation.code = data->activation_code;
    return {};
}

core::Result<void> complete(LoadCommand& command) {
    if (!command.demo_dir.empty()) {
        if (auto taken = take_demo(command); !taken) return taken;
    }
    ActivationMeans& activation = command.activation;
    const char* const from_environment = std::getenv("HUITONG_VENDOR_KEY");
    if (activation.vendor.key.empty() && from_environment != nullptr)
        activation.vendor.key = from_environment;
    const bool can_activate = !activation.vendor.sn.empty() && !activation.vendor.key.empty() &&
                              !activation.app_id.empty() && !activation.code.empty();
    if (command.targets.empty()) return usage("--target URL or --demo DIR");
    if (command.terminals_file.empty() && !can_activate)
        return usage("--terminals FILE, or --vendor-sn, --vendor-key, --app-id and --activation-code");
    return {};
}

core::Result<std::vector<net::Origin>> parse_targets(const std::vector<std::string>& urls) {
    std::vector<net::Origin> origins;
    for (const std::string& url : urls) {
        const auto base = net::parse_base_url(url);
        if (!base || !base->path.empty()) return usage(url + ": http(s)://HOST[:PORT]");
        origins.push_back(base->origin);
    }
    return origins;
}

core::Result<load::RunOptions> run_options(const LoadCommand& command, core::Random& random) {
    constexpr std::uint64_t codes = std::uint64_t(million) * million;
    load::RunOptions options;
    auto targets = parse_targets(command.targets);
    if (!targets) return std::unexpected(std::move(targets.error()));
    const auto mix = load::parse_mix(command.mix);
    if (!mix) return usage(mix.error().detail);
    options.targets = std::move(*targets);
    options.name = "load" + random.hex(8);
    options.connections = command.connections;
    options.plan = {.rate_per_s = command.rate_per_s,
                    .length = to_duration(command.seconds),
                    .arrivals = command.arrivals == "even" ? load::Arrivals::even : load::Arrivals::poisson,
                    .mix = *mix,
                    .seed = command.seed};
    if (command.wallets == "wechat") options.wallets = {load::Wallet::wechat};
    if (command.wallets == "alipay") options.wallets = {load::Wallet::alipay};
    options.faults_ppm = static_cast<std::uint64_t>(std::llround(command.faults * double(million)));
    options.first_code = static_cast<std::int64_t>(random.below(codes));
    return options;
}

// One command: what it speaks to, and the loop it runs on.
class Load {
  public:
    Load(const LoadCommand& command, load::RunOptions options, std::optional<net::Origin> simulators)
        : command_(command), options_(std::move(options)), simulators_(std::move(simulators)) {}

    core::Result<int> go() {
        if (auto ready = prepare(); !ready) return std::unexpected(std::move(ready.error()));
        const bool is_terminal = isatty(STDERR_FILENO) != 0;
        if (is_terminal) options_.on_second = [this](const load::Progress& now) { draw(now); };
        load::Run run(client_, time_, options_);
        const core::Instant begun_at = time_.now();
        run_to_end(io_, run.send());
        run_to_end(io_, run.settle(to_duration(command_.settle_s)));
        if (is_terminal) fmt::print(stderr, "\n");
        auto report = judge(run, begun_at);
        if (!report) return std::unexpected(std::move(report.error()));
        if (command_.is_json) {
            print_json(load::to_json(*report));
        } else {
            fmt::print("{}", load::to_text(*report));
        }
        return report->audit.findings.empty() ? exit_done : exit_differences;
    }

  private:
    template <class T>
    core::Result<T> run_story(task::Task<T> story) {
        std::optional<core::Result<T>> result;
        run_to_end(io_, keep(std::move(story), result));
        return std::move(*result);
    }
    template <class T>
    static task::Awaitable<void> keep(task::Task<T> story, std::optional<core::Result<T>>& result) {
        result = co_await std::move(story);
    }

    // Everything that may be missing is missed before the first payment.
    core::Result<void> prepare() {
        if (!command_.ca_file.empty()) {
            const auto pem = read_file(command_.ca_file);
            if (!pem) return std::unexpected(pem.error());
            if (auto trusted = client_.set_trusted_ca(*pem); !trusted) return trusted;
        }
        for (const net::Origin& target : options_.targets) {
            net::Request request;
            request.method = "GET";
            request.target = "/healthz";
            const auto health = run_story(client_.send(target, std::move(request), {}));
            if (!health) return std::unexpected(health.error());
        }
        if (simulators_) {
            const auto mark = run_story(load::read_mark(client_, *simulators_));
            if (!mark) return std::unexpected(mark.error());
            mark_ = *mark;
        }
        if (!command_.store.config_file.empty() || !command_.store.data_dir.empty()) {
            auto store = Admin::open(command_.store);
            if (!store) return std::unexpected(std::move(store.error()));
            store_ = std::move(*store);
        }
        auto terminals = command_.terminals_file.empty()
                             ? run_story(activate_terminals(client_, options_.targets.front(),
                                                            command_.activation, options_.name))
                             : read_terminals(command_.terminals_file);
        if (!terminals) return std::unexpected(std::move(terminals.error()));
        options_.terminals = std::move(*terminals);
        return {};
    }

    core::Result<load::Report> judge(const load::Run& run, core::Instant begun_at) {
        std::vector<std::string> not_audited;
        std::optional<std::vector<load::ChannelOrder>> channel;
        std::optional<load::LedgerView> ledger;
        if (simulators_) {
            auto read = run_story(load::read_channel_orders(client_, *simulators_, mark_));
            if (!read) return std::unexpected(std::move(read.error()));
            channel = std::move(*read);
        } else {
            not_audited.emplace_back("what the channels did (--sim URL)");
        }
        if (store_) {
            auto read = store_->run(read_ledger_view(store_->store(), options_.name + "-", begun_at));
            if (!read) return std::unexpected(std::move(read.error()));
            ledger = std::move(*read);
        } else {
            not_audited.emplace_back("store and ledger (--config FILE)");
        }
        if (!channel || !ledger) not_audited.emplace_back("orders at the channels that nobody asked for");
        load::Audit audit = load::audit(run.orders().all(), channel, ledger);
        return load::Report{.options = options_,
                            .measures = run.measures(),
                            .audit = std::move(audit),
                            .not_audited = std::move(not_audited)};
    }

    void draw(const load::Progress& now) const {
        fmt::print(stderr, "\r\033[K{}", load::progress_line(now, options_.plan.length));
        std::fflush(stderr);
    }

    const LoadCommand& command_;
    load::RunOptions options_;
    std::optional<net::Origin> simulators_;
    load::ChannelMark mark_;
    boost::asio::io_context io_{1};
    task::RealTime time_{io_};
    net::HttpClient client_{io_, time_};
    std::unique_ptr<Admin> store_;
};

int refuse_usage(const core::Error& error) {
    fmt::print(stderr, "huitong load: {}\n", error.detail);
    return exit_usage;
}

int load_gateways(LoadCommand command) {
    if (auto completed = complete(command); !completed) {
        return completed.error().reason == "usage" ? refuse_usage(completed.error())
                                                   : refuse(completed.error());
    }
    core::SystemRandom random;
    auto options = run_options(command, random);
    if (!options) return refuse_usage(options.error());
    std::optional<net::Origin> simulators;
    if (!command.simulators.empty()) {
        const auto origins = parse_targets({command.simulators});
        if (!origins) return refuse_usage(origins.error());
        simulators = origins->front();
    }
    const auto done = Load(command, std::move(*options), std::move(simulators)).go();
    return done ? *done : refuse(done.error());
}

void add_terminal_options(CLI::App& command, LoadCommand& options) {
    ActivationMeans& activation = options.activation;
    activation.count = 4;
    command.add_option("--terminals", options.terminals_file,
                       "JSON file: [{\"terminal_sn\":\"…\",\"terminal_key\":\"…\"},…]");
    command.add_option("--activate", activation.count, "Without --terminals: how many to activate")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command.add_option("--vendor-sn", activation.vendor.sn, "Who activates");
    command.add_option("--vendor-key", activation.vendor.key, "Better in HUITONG_VENDOR_KEY");
    command.add_option("--app-id", activation.app_id, "Application of the vendor");
    command.add_option("--activation-code", activation.code, "With enough uses left");
}

void add_load_options(CLI::App& command, LoadCommand& options) {
    const auto is_positive = CLI::Range(0.001, 1e6);
    command.add_option("--rate", options.rate_per_s, "Requests per second")
        ->check(is_positive)
        ->capture_default_str();
    command.add_option("--seconds", options.seconds, "Length of the rate part")
        ->check(is_positive)
        ->capture_default_str();
    command.add_option("--arrivals", options.arrivals, "even or poisson")
        ->check(CLI::IsMember({"even", "poisson"}))
        ->capture_default_str();
    command.add_option("--seed", options.seed, "Of arrivals, mix and amounts")->capture_default_str();
    command.add_option("--mix", options.mix, "Parts of each operation")->capture_default_str();
    command.add_option("--wallets", options.wallets, "Whose payment codes: wechat, alipay or both")
        ->check(CLI::IsMember({"wechat", "alipay", "both"}))
        ->capture_default_str();
    command
        .add_option("--faults", options.faults,
                    "Share of payers who hesitate or whose channel's answer fails or is lost, 0 to 1")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command
        .add_option("--connections", options.connections,
                    "Most requests at one time; what finds none free waits, and its waiting counts")
        ->check(CLI::Range(1, 4000))
        ->capture_default_str();
    command
        .add_option("--settle", options.settle_s, "Seconds that what stayed unknown may take to become final")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
}

}  // namespace

void add_load(CLI::App& app, Action& action) {
    auto* const command =
        app.add_subcommand("load", "Requests at a fixed rate against running gateways, then an audit");
    const auto options = std::make_shared<LoadCommand>();
    command->add_option("--target", options->targets, "Gateway, http(s)://HOST[:PORT]; any number of them");
    command->add_option("--demo", options->demo_dir,
                        "Data directory of a running `huitong demo`: target, activation, --sim and store");
    add_terminal_options(*command, *options);
    add_load_options(*command, *options);
    command->add_option("--sim", options->simulators, "The simulators' URL, for the audit");
    auto* const config =
        command->add_option("--config", options->store.config_file, "Of the gateways, for the audit");
    command
        ->add_option("--data", options->store.data_dir, "The same, with every other setting at its default")
        ->excludes(config);
    command->add_option("--ca", options->ca_file, "PEM file: trusted instead of the system's");
    command->add_flag("--json", options->is_json, "One JSON document");
    command->footer(
        "Exit code 0: clean, 1: could not run, 2: usage, 3: the audit found something. docs/load.md");
    command->callback([&action, options] { action = [options] { return load_gateways(*options); }; });
}

}  // namespace huitong::app
