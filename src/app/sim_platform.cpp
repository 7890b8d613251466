#include "app/sim_platform.hpp"

#include <fmt/format.h>

#include "app/master_key.hpp"
#include "sql/sqlite_backup.hpp"

namespace huitong::app {

namespace {

class Silence final : public ports::Observer {
  public:
    void on_change(const payments::Aggregate*, const payments::Change&) override {}
    void on_call(const payments::Payment&, const payments::Answer&) override {}
    void on_circuit(std::string_view, bool) override {}
    void on_trouble(std::string_view, const core::Error&) override {}
};

crypto::Sealer sealer_from(core::Random& random) {
    auto sealer = make_sealer(core::Secret(random.hex(64)), random);
    HUITONG_ASSERT(sealer.has_value(), "64 hex digits are a key");
    return std::move(*sealer);
}

ports::Observer& no_observer() {
    static Silence silence;
    return silence;
}

}  // namespace

SimPlatform::SimPlatform(SimOptions options)
    : options_(std::move(options)),
      random_(options_.seed),
      time_(io_, options_.start),
      database_(options_.database ? options_.database : store::make_memory_database()),
      sealer_(sealer_from(random_)),
      network_(io_.get_executor(), time_, random_) {
    if (options_.observer == nullptr) options_.observer = &no_observer();
    options_.gateway.engine.public_url = gateway_origin().text();
    process_ = make_process();
    const ChannelUrls urls{.wechat = wechat_origin().text(),
                           .alipay = alipay_origin().text() + "/gateway.do"};
    auto made = run(create_demo_data(process_->store(), time_, random_, urls));
    HUITONG_ASSERT(made.has_value(), "demo data can be made in an empty store");
    data_ = std::move(*made);
    add_simulated_merchant(options_.simulators, data_);
    options_.simulators.wechat_merchants.back().sub_mch_ids = options_.sub_mch_ids;
    simulators_ = std::make_unique<sim::Simulators>(time_, random_, options_.simulators);
    network_.listen(wechat_origin(), simulators_->handler());
    network_.listen(alipay_origin(), simulators_->handler());
    simulators_->start_notices(io_.get_executor(), network_);
    HUITONG_ASSERT(start_process().has_value(), "an engine can be started on an empty store");
    till_ = make_till();
    data_.terminal_sn = till_->identity().sn;
    data_.terminal_key = till_->identity().key;
}

SimPlatform::~SimPlatform() {
    // Everything that waits is woken and finds its process gone; then nothing is left that could use what
    // goes now.
    process_->kill();
    network_.set_faults({});
    network_.close(wechat_origin());
    network_.close(alipay_origin());
    simulators_->clock().set_scale(1);
    simulators_->stop_notices();
    time_.run_until_idle();
}

std::unique_ptr<SimProcess> SimPlatform::make_process() {
    auto process = std::make_unique<SimProcess>(SimProcessDeps{.io = io_,
                                                               .time = time_,
                                                               .random = random_,
                                                               .database = database_,
                                                               .sealer = sealer_,
                                                               .network = network_,
                                                               .observer = *options_.observer,
                                                               .journal = options_.journal,
                                                               .sent_calls = options_.sent_calls,
                                                               .alert_sink = options_.alert_sink,
                                                               .signing_key = options_.signing_key},
                                                options_.gateway, options_.store);
    process->life().set_on_end([this, gateway = &process->gateway()] {
        network_.close(gateway_origin());
        gateway->request_stop();
    });
    return process;
}

core::Result<void> SimPlatform::start_process() {
    try {
        auto started = run(process_->gateway().start());
        if (started) network_.listen(gateway_origin(), process_->gateway().handler());
        return started;
    } catch (const ProcessDied&) {
        return core::fail(core::Code::unavailable, "process_gone");
    }
}

core::Result<void> SimPlatform::restart(std::optional<std::uint64_t> ends_at) {
    process_->kill();
    dead_.push_back(std::move(process_));
    process_ = make_process();
    if (ends_at) process_->life().end_at(*ends_at);
    return start_process();
}

std::shared_ptr<sql::Session> SimPlatform::copy_database() {
    return sql::copy_memory_session(*database_);
}

core::Result<void> SimPlatform::restart_on(std::shared_ptr<sql::Session> database,
                                           std::optional<std::uint64_t> ends_at) {
    // What is wound up by the old process still names the old database; its processes keep that alive.
    process_->kill();
    database_ = std::move(database);
    return restart(ends_at);
}

void SimPlatform::settle() {
    time_.run_until([this] { return engine().driving() == 0 || life().is_over(); });
}

std::unique_ptr<Till> SimPlatform::make_till() {
    auto till =
        std::make_unique<Till>(network_, gateway_origin(), TillIdentity{data_.vendor_sn, data_.vendor_key});
    const auto activated = run(till->activate(data_.app_id, data_.activation_code, "POS-" + random_.hex(8)));
    HUITONG_ASSERT(activated && activated->result_code == "200", "a till can be activated");
    return till;
}

std::string SimPlatform::payment_code(int scenario, int tt, payments::ChannelKind channel) {
    // The first six free digits are the payer: a new one every time, so that no password rule meets a plain
    // code.
    const std::uint64_t number = next_code_++;
    return fmt::format("{}{:06}{:06}{:02}{:02}", channel == payments::ChannelKind::wechat ? 13 : 28,
                       number % 1'000'000, number / 1'000'000, scenario, tt);
}

}  // namespace huitong::app
