#include "platform_process.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "app/data_dir.hpp"
#include "app/demo_data.hpp"
#include "app/master_key.hpp"
#include "app/platform.hpp"
#include "flows/onboard.hpp"
#include "flows/operators.hpp"
#include "process_cpu.hpp"
#include "sim/simulators.hpp"

namespace huitong::bench {

namespace {

// Runs `body` in a child; what it writes to the descriptor it is given, the parent reads.
std::pair<pid_t, int> fork_child(const std::function<int(int)>& body) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe");
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("fork");
    if (pid > 0) {
        close(ends[1]);
        return {pid, ends[0]};
    }
    close(ends[0]);
    int code = 1;
    try {
        code = body(ends[1]);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "child: {}\n", problem.what());
    }
    _exit(code);
}

void write_line(int descriptor, std::string line) {
    line += '\n';
    if (write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(1);
}

int run_simulator(const Keys& keys, int out) {
    core::SystemRandom random;
    boost::asio::io_context io(1);
    task::RealTime time(io);
    sim::Options options;
    options.wechat_merchants = {{keys.appid, keys.mch_id, core::Secret(keys.api_key), {}}};
    options.journal_limit = 0;
    sim::Simulators simulators(time, random, std::move(options));
    net::HttpServer server(io, time, {.port = 0, .tls = {}}, simulators.handler());
    if (!server.start()) return 1;
    write_line(out, std::to_string(server.port()));
    app::Platform::run_until_signal(io);
    return 0;
}

template <class T>
T must(core::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().reason + " " + result.error().detail);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Onboarding {
    ports::StorePort& store;
    task::Time& time;
    core::Random& random;
    core::NumberSource& numbers;
    const Keys& keys;
    std::string simulator_url;
    int merchants;
    std::vector<load::Identity> tills = {};
};

task::Awaitable<void> onboard(Onboarding& work) {
    flows::Operators operators(work.store, work.time, work.random);
    flows::Onboard onboard(work.store, work.time, work.random);
    flows::Terminals terminals(work.store, work.time, work.random, work.numbers);
    const auto owner = must(co_await operators.create(std::nullopt, "bench", ports::Role::operator_)).person;
    const auto vendor = must(co_await onboard.create_vendor(owner, "bench"));
    const auto app = must(co_await onboard.create_app(owner, vendor.sn, "bench"));
    for (int i = 0; i < work.merchants; ++i) {
        const std::string name = "bench" + std::to_string(i);
        const auto merchant = must(co_await onboard.create_merchant(owner, name));
        const auto store = must(co_await onboard.create_store(owner, merchant.sn, name));
        ports::ChannelAccount account;
        account.id = name;
        account.merchant_sn = merchant.sn;
        account.base_url = work.simulator_url;
        account.app_id = work.keys.appid;
        account.mch_id = work.keys.mch_id;
        account.sign_type = "MD5";
        account.api_key = core::Secret(work.keys.api_key);
        account.server_ip = "127.0.0.1";
        must(co_await onboard.create_account(owner, account));
        const auto code = must(co_await onboard.create_code(owner, store.sn, {}));
        flows::ActivateCommand command;
        command.vendor_sn = vendor.sn;
        command.app_id = app.id;
        command.code = code.code;
        command.device_id = name;
        const auto view = must(co_await terminals.activate(command));
        work.tills.push_back({view.terminal.sn, std::string(view.terminal.current_key.reveal())});
    }
}

void make_merchants(app::Platform& platform, boost::asio::io_context& io, const Keys& keys,
                    const GatewayOptions& options, int out) {
    core::SystemRandom random;
    core::NumberSource numbers(platform.time(), random);
    Onboarding work{.store = platform.store(),
                    .time = platform.time(),
                    .random = random,
                    .numbers = numbers,
                    .keys = keys,
                    .simulator_url = fmt::format("http://127.0.0.1:{}", options.simulator_port),
                    .merchants = options.merchants};
    app::run_to_end(io, onboard(work));
    for (const load::Identity& till : work.tills) write_line(out, till.sn + " " + till.key);
}

int run_gateway(const Keys& keys, const GatewayOptions& options, int out) {
    core::SystemRandom random;
    app::Config config;
    config.data_dir = options.directory;
    if (!options.store_url.empty()) config.store_url = options.store_url;
    config.listen_port = 0;
    config.log_level = "warn";
    if (options.is_first) {
        must(app::make_data_dir(config.data_dir));
        must(app::create_master_key(config, random));
    }
    const auto log = must(app::Log::open(config));
    boost::asio::io_context io(1);
    auto platform = must(app::Platform::start(io, config, log));
    if (options.is_first) make_merchants(*platform, io, keys, options, out);
    write_line(out, platform->url().substr(platform->url().rfind(':') + 1));
    app::Platform::run_until_signal(io);
    platform->drain();
    return 0;
}

std::uint16_t parse_port(const std::string& text) {
    std::uint16_t port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port;
}

Child make_child(const std::function<int(int)>& body) {
    const auto [pid, out] = fork_child(body);
    return Child(pid, out);
}

}  // namespace

Child::~Child() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    close(from_child_);
}

std::string Child::read_line() {
    for (;;) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        char bytes[4096];
        const ssize_t got = read(from_child_, bytes, sizeof bytes);
        if (got <= 0) throw std::runtime_error("a child ended before it was ready");
        buffer_.append(bytes, static_cast<std::size_t>(got));
    }
}

double Child::cpu_seconds() const {
    return cpu_seconds_of(pid_);
}

SimulatorProcess::SimulatorProcess(const Keys& keys)
    : child(make_child([&](int out) { return run_simulator(keys, out); })),
      port(parse_port(child.read_line())) {}

GatewayProcess::GatewayProcess(const Keys& keys, const GatewayOptions& options)
    : child(make_child([&](int out) { return run_gateway(keys, options, out); })) {
    for (int i = 0; options.is_first && i < options.merchants; ++i) {
        const std::string line = child.read_line();
        const auto blank = line.find(' ');
        tills.push_back({line.substr(0, blank), line.substr(blank + 1)});
    }
    port = parse_port(child.read_line());
}

}  // namespace huitong::bench
