#include "app/platform.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/host_name.hpp>

#include <set>

#include "app/admin_listen.hpp"
#include "app/config_file.hpp"
#include "app/master_key.hpp"
#include "app/shared_store.hpp"
#include "app/store_place.hpp"
#include "app/terminal_logs.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {

// Gives the client certificates of channel accounts to the HTTP client when they are first used, so that an
// account made while the platform runs needs no restart.
class Platform::Transport final : public net::HttpTransport {
  public:
    Transport(boost::asio::io_context& io, task::Time& time, ports::StorePort& store)
        : client_(io, time), store_(store) {}

    // Before the first call. not_found {no_file}; invalid {bad_certificate}
    core::Result<void> trust(const std::string& ca_file) {
        const auto pem = read_file(ca_file);
        if (!pem) return std::unexpected(pem.error());
        if (!client_.set_trusted_ca(*pem)) return core::fail(core::Code::invalid, "bad_certificate", ca_file);
        return {};
    }

    task::Task<net::Response> send(net::Origin origin, net::Request request,
                                   net::CallOptions options) override {
        const std::string id = options.client_identity;
        if (!id.empty()) {
            if (auto ready = co_await learn(id); !ready) co_return std::unexpected(std::move(ready.error()));
        }
        co_return co_await client_.send(std::move(origin), std::move(request), std::move(options));
    }

  private:
    task::Task<void> learn(std::string id) {
        if (known_.contains(id)) co_return core::Result<void>{};
        const auto account = co_await store_.read([id](ports::Tx& tx) -> core::Result<ports::ChannelAccount> {
            auto found = tx.directory().find_account(id);
            if (!found) return core::fail(core::Code::unavailable, "no_channel_account");
            return std::move(*found);
        });
        if (!account) co_return std::unexpected(account.error());
        auto added =
            client_.add_client_identity(id, account->client_certificate_pem, account->client_key_pem);
        // No byte was sent: certainly not done.
        if (!added) co_return core::fail(core::Code::unavailable, "bad_certificate", added.error().detail);
        known_.insert(id);
        co_return core::Result<void>{};
    }

    net::HttpClient client_;
    ports::StorePort& store_;
    std::set<std::string> known_;
};

namespace {

core::Result<net::ServerOptions> server_options(const Config& config) {
    net::ServerOptions options{.host = config.listen_host,
                               .port = static_cast<std::uint16_t>(config.listen_port),
                               .max_body_bytes = static_cast<std::size_t>(config.max_body_bytes),
                               .max_connections = static_cast<std::size_t>(config.max_connections),
                               .tls = {}};
    if (!config.tls_key_file.empty()) {
        auto tls = read_server_tls(config.tls_certificate_file, config.tls_key_file, {});
        if (!tls) return std::unexpected(std::move(tls.error()));
        options.tls = std::move(*tls);
    }
    return options;
}

task::Awaitable<void> start_gateway(Gateway& gateway, core::Result<void>& result) {
    result = co_await gateway.start();
}

// Of several processes on one store each needs the same key: one with another would take work and fail at it.
task::Awaitable<void> prepare_store(ports::StorePort& store, core::Instant now,
                                    core::Result<flows::SigningKey>& key) {
    const auto opened = co_await opens_a_secret(store);
    if (opened) {
        key = co_await flows::find_or_make_platform_key(store, now);
    } else {
        key = core::fail(core::Code::denied, "wrong_master_key",
                         "the master key does not open what the store holds: " + opened.error().reason);
    }
}

// Names this machine in alerts.
std::string node_name() {
    boost::system::error_code error;
    const std::string name = boost::asio::ip::host_name(error);
    return error ? std::string("unknown") : name;
}

}  // namespace

GatewayOptions gateway_options(const Config& config) {
    GatewayOptions options;
    options.engine.wechat = policy_of(config, payments::ChannelKind::wechat);
    options.engine.alipay = policy_of(config, payments::ChannelKind::alipay);
    options.engine.circuit = {.failures = static_cast<int>(config.circuit_failures),
                              .pause = config.circuit_pause};
    options.engine.public_url = config.public_url;
    while (options.engine.public_url.ends_with('/')) options.engine.public_url.pop_back();
    options.pay_wait = config.pay_wait;
    options.refund_wait = config.refund_wait;
    options.metrics_token = config.metrics_token;
    options.second_person_above = config.second_person_above;
    options.serves_admin = config.is_admin_on_gateway;
    if (is_shared(config)) share_store(options);
    return options;
}

core::Result<net::ServerTls> read_server_tls(const std::string& certificate_file, const std::string& key_file,
                                             const std::string& client_ca_file) {
    auto certificate = read_file(certificate_file);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    auto key = read_file(key_file);
    if (!key) return std::unexpected(std::move(key.error()));
    core::Result<std::string> client_ca;
    if (!client_ca_file.empty()) client_ca = read_file(client_ca_file);
    if (!client_ca) return std::unexpected(std::move(client_ca.error()));
    return net::ServerTls{std::move(*certificate), std::move(*key), std::move(*client_ca)};
}

void run_to_end(boost::asio::io_context& io, task::Awaitable<void> coroutine) {
    bool is_done = false;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr thrown) {
        failure = thrown;
        is_done = true;
    });
    io.restart();
    while (!is_done) io.run_one();
    if (failure) std::rethrow_exception(failure);
}

Platform::Platform(boost::asio::io_context& io, const Config& config, const Log& log,
                   std::optional<DirLock> lock, const core::Secret& master_key)
    : io_(io),
      config_(config),
      log_(log),
      lock_(std::move(lock)),
      time_(io),
      sealer_(make_sealer(master_key, random_).value()),
      observer_(log) {}

Platform::~Platform() = default;

core::Result<std::unique_ptr<Platform>> Platform::start(boost::asio::io_context& io, const Config& config,
                                                        const Log& log) {
    if (auto made = make_data_dir(config.data_dir); !made) return std::unexpected(std::move(made.error()));
    const auto location = store_location(config);
    if (!location) return std::unexpected(location.error());
    std::optional<DirLock> lock;
    if (location->engine == sql::Engine::sqlite) {
        auto taken = DirLock::take(config.data_dir);
        if (!taken) return std::unexpected(std::move(taken.error()));
        lock.emplace(std::move(*taken));
    }
    const auto key = load_master_key(config);
    if (!key) return std::unexpected(key.error());
    auto listen = server_options(config);
    if (!listen) return std::unexpected(std::move(listen.error()));

    std::unique_ptr<Platform> it(new Platform(io, config, log, std::move(lock), *key));
    auto store = store::open_store(*location, it->sealer_, serving_options(config));
    if (!store) return std::unexpected(std::move(store.error()));
    it->store_ = std::move(*store);
    it->transport_ = std::make_unique<Transport>(io, it->time_, *it->store_);
    if (!config.trusted_ca_file.empty()) {
        if (auto trusted = it->transport_->trust(config.trusted_ca_file); !trusted)
            return std::unexpected(std::move(trusted.error()));
    }
    if (auto opened = it->open_journal(); !opened) return std::unexpected(std::move(opened.error()));
    if (!config.webhook_url.empty()) it->make_webhook();
    it->make_postman();
    core::Result<flows::SigningKey> signing_key = core::fail(core::Code::internal, "not_made");
    run_to_end(io, prepare_store(*it->store_, it->time_.now(), signing_key));
    if (!signing_key) {
        it->store_->stop();
        return std::unexpected(std::move(signing_key.error()));
    }
    it->make_gateway(std::move(*signing_key));
    it->make_admin_server(*listen);
    it->server_ =
        std::make_unique<net::HttpServer>(io, it->time_, std::move(*listen), it->gateway_->handler());
    core::Result<void> started;
    run_to_end(io, start_gateway(*it->gateway_, started));
    if (started) started = it->server_->start();
    if (started && it->admin_server_) started = it->admin_server_->start();
    if (!started) {
        it->drain();
        return std::unexpected(std::move(started.error()));
    }
    const flows::CatchUpProgress& progress = it->gateway_->catch_up().progress();
    if (progress.is_needed)
        log.write(Level::warn, progress.is_stuck ? "catch_up.stuck" : "catch_up.begun",
                  {{"payments", flows::to_string(progress)}});
    log.write(Level::info, "started", {{"url", it->url()}, {"store", location->shown}});
    return it;
}

core::Result<void> Platform::open_journal() {
    if (config_.journal_dir.empty()) return {};
    // Before this process has a journal of its own: that one tells nothing of what was lost.
    sent_calls_ = store::open_sent_calls(config_.journal_dir, sealer_);
    auto journal = store::FileSendJournal::open(
        {.dir = config_.journal_dir, .keep_days = config_.journal_keep_days}, sealer_, time_, random_);
    if (!journal) return std::unexpected(std::move(journal.error()));
    journal_ = std::move(*journal);
    return {};
}

// A client of its own: it trusts the system's authorities, whoever vouches for the channels.
void Platform::make_webhook() {
    webhook_client_ = std::make_unique<net::HttpClient>(io_, time_);
    webhook_ = std::make_unique<Webhook>(
        *webhook_client_, WebhookOptions{.url = net::parse_base_url(config_.webhook_url).value(),
                                         .secret = config_.webhook_secret,
                                         .node = node_name()});
}

void Platform::make_postman() {
    notify_client_ = std::make_unique<net::HttpClient>(io_, time_);
    postman_ = std::make_unique<NotifyPostman>(*notify_client_,
                                               net::AddressGuard::make(config_.notify_allow).value());
}

void Platform::make_gateway(flows::SigningKey key) {
    gateway_ = std::make_unique<Gateway>(
        GatewayDeps{.executor = io_.get_executor(),
                    .time = time_,
                    .random = random_,
                    .store = *store_,
                    .transport = *transport_,
                    .observer = observer_,
                    .journal = journal_.get(),
                    .sent_calls = sent_calls_.get(),
                    .alert_sink = webhook_.get(),
                    .postman = postman_.get(),
                    .signing_key = std::move(key),
                    .keep_log =
                        [this](const std::string& terminal_sn, std::string_view bytes) {
                            return keep_terminal_log(config_.data_dir, terminal_sn, time_.now(), bytes);
                        },
                    .store_stats = [store = store_.get()] { return store->stats(); },
                    .log = &log_},
        gateway_options(config_));
}

// As the gateway's, on a port of its own.
void Platform::make_admin_server(net::ServerOptions options) {
    if (config_.admin_listen.empty()) return;
    ListenPlace place = parse_listen(config_.admin_listen).value();
    options.host = std::move(place.host);
    options.port = place.port;
    admin_server_ =
        std::make_unique<net::HttpServer>(io_, time_, std::move(options), gateway_->admin_handler());
}

std::string Platform::url() const {
    return fmt::format("{}://{}:{}", config_.tls_key_file.empty() ? "http" : "https", config_.listen_host,
                       server_->port());
}

namespace {

// Requests that wait for a payer end when the engine stops; shortly before the connections would be cut.
task::Awaitable<void> stop_engine_at(task::Signal& drained, flows::Engine& engine, core::Instant at) {
    (void)co_await drained.wait_until(at);
    engine.request_stop();
}

}  // namespace

task::Awaitable<void> Platform::give_notice() {
    if (!signals_ || config_.drain_notice <= core::Duration{0}) co_return;
    log_.write(Level::info, "draining", {});
    gateway_->health().begin_drain();
    const std::shared_ptr<task::Timer> timer = time_.make_timer();
    signals_->async_wait([timer](const boost::system::error_code& error, int) {
        if (!error) timer->cancel();
    });
    co_await timer->wait_until(time_.now() + config_.drain_notice);
}

task::Awaitable<void> Platform::stop() {
    constexpr core::Duration grace = std::chrono::seconds(2);
    co_await give_notice();
    log_.write(Level::info, "stopping", {});
    gateway_->begin_drain();
    // A delivery that hangs has until the requests are done.
    gateway_->alerts().request_stop();
    gateway_->notifications().request_stop();
    const core::Instant until = time_.now() + config_.drain_timeout;
    task::Group stopping(io_.get_executor(), time_,
                         [this](const std::exception_ptr&) { log_.write(Level::error, "stop.failed", {}); });
    stopping.spawn(stop_engine_at(stopping.stopping(), gateway_->engine(), until - grace));
    co_await server_->drain(until);
    if (admin_server_) co_await admin_server_->drain(until);
    stopping.stop();
    co_await gateway_->stop();
    co_await stopping.join();
}

void Platform::drain() {
    run_to_end(io_, stop());
    store_->stop();
    log_.write(Level::info, "stopped", {});
}

namespace {

void run_until(boost::asio::io_context& io, boost::asio::signal_set& signals) {
    bool is_asked = false;
    signals.async_wait([&](const boost::system::error_code&, int) { is_asked = true; });
    io.restart();
    while (!is_asked) io.run_one();
}

}  // namespace

void Platform::wait_for_stop() {
    run_until(io_, signals_.emplace(io_, SIGTERM, SIGINT));
}

void Platform::run_until_signal(boost::asio::io_context& io) {
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    run_until(io, signals);
}

}  // namespace huitong::app
