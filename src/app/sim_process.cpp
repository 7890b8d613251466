#include "app/sim_process.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace huitong::app {

void Life::end() {
    if (!std::exchange(is_over_, true) && on_end_) on_end_();
}

std::string_view channel_op(const net::Request& request) {
    struct OpName {
        std::string_view op;
        std::string_view wechat;  // last part of the path
        std::string_view alipay;  // of the method, after "alipay.trade."
    };
    static constexpr std::array<OpName, 8> ops{{{"pay", "micropay", "pay"},
                                                {"launch", "unifiedorder", "precreate"},
                                                {"launch", "unifiedorder", "create"},
                                                {"query", "orderquery", "query"},
                                                {"reverse", "reverse", "cancel"},
                                                {"refund", "refund", "refund"},
                                                {"refundquery", "refundquery", "fastpay.refund.query"},
                                                {"close", "closeorder", "close"}}};
    constexpr std::string_view mark = "method=alipay.trade.";
    std::string_view text = request.body;
    if (text.find(mark) == text.npos) text = request.target;
    const auto at = text.find(mark);
    const bool is_alipay = at != text.npos;
    std::string_view name = request.path().substr(request.path().rfind('/') + 1);
    if (is_alipay) name = text.substr(at + mark.size(), text.find('&', at) - at - mark.size());
    const auto* const row = std::ranges::find(ops, name, is_alipay ? &OpName::alipay : &OpName::wechat);
    return row == ops.end() ? std::string_view() : row->op;
}

void Life::touch(Touch kind, std::string_view op) {
    ++instants_;
    const bool is_counted = ends_at_kind_ == kind && (ends_at_op_.empty() || ends_at_op_ == op);
    const bool is_kind = is_counted && --kind_left_ == 0;
    if (!is_over_ && (is_kind || (ends_at_ && instants_ >= *ends_at_))) {
        ended_at_ = kind;
        ended_in_ = op;
        end();
    }
    if (is_over_) throw ProcessDied();
}

class SimProcess::LivingStore final : public ports::StorePort {
  public:
    LivingStore(Life& life, store::Store& store) : life_(life), store_(store) {}

    task::Task<void> run_write(Closure closure) override {
        life_.touch(Touch::before_write);
        auto done = co_await store_.run_write(guarded(std::move(closure)));
        life_.touch(Touch::after_write);
        co_return done;
    }

    task::Task<void> run_read(Closure closure) override {
        if (life_.is_over()) throw ProcessDied();
        auto done = co_await store_.run_read(guarded(std::move(closure)));
        if (life_.is_over()) throw ProcessDied();
        co_return done;
    }

  private:
    // A closure that still waited when the process died does not run.
    [[nodiscard]] Closure guarded(Closure closure) {
        return [&life = life_, closure = std::move(closure)](ports::Tx& tx) -> core::Result<void> {
            if (life.is_over()) return core::fail(core::Code::unavailable, "process_gone");
            return closure(tx);
        };
    }

    Life& life_;
    store::Store& store_;
};

class SimProcess::LivingTransport final : public net::HttpTransport {
  public:
    LivingTransport(Life& life, net::HttpTransport& network) : life_(life), network_(network) {}

    task::Task<net::Response> send(net::Origin origin, net::Request request,
                                   net::CallOptions options) override {
        const std::string_view op = channel_op(request);
        life_.touch(Touch::before_send, op);
        auto response = co_await network_.send(std::move(origin), std::move(request), std::move(options));
        life_.touch(response ? Touch::after_answer : Touch::after_silence, op);
        co_return response;
    }

  private:
    Life& life_;
    net::HttpTransport& network_;
};

class SimProcess::LivingObserver final : public ports::Observer {
  public:
    LivingObserver(Life& life, ports::Observer& observer) : life_(life), observer_(observer) {}

    void on_change(const payments::Aggregate* before, const payments::Change& change) override {
        if (!life_.is_over()) observer_.on_change(before, change);
    }
    void on_call(const payments::Payment& payment, const payments::Answer& answer) override {
        if (!life_.is_over()) observer_.on_call(payment, answer);
    }
    void on_circuit(std::string_view address, bool is_open) override {
        if (!life_.is_over()) observer_.on_circuit(address, is_open);
    }
    void on_trouble(std::string_view where, const core::Error& error) override {
        if (!life_.is_over()) observer_.on_trouble(where, error);
    }
    void on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) override {
        if (!life_.is_over()) observer_.on_trouble_of(payment, where, error);
    }

  private:
    Life& life_;
    ports::Observer& observer_;
};

SimProcess::SimProcess(SimProcessDeps deps, GatewayOptions options, store::LoopOptions store_options)
    : store_(store::make_simulated_store(deps.io, deps.random, deps.database, deps.sealer, store_options)),
      living_store_(std::make_unique<LivingStore>(life_, *store_)),
      transport_(std::make_unique<LivingTransport>(life_, deps.network)),
      observer_(std::make_unique<LivingObserver>(life_, deps.observer)),
      postman_(deps.signing_key ? std::make_unique<NotifyPostman>(*transport_, nullptr) : nullptr),
      gateway_(std::make_unique<Gateway>(GatewayDeps{.executor = deps.io.get_executor(),
                                                     .time = deps.time,
                                                     .random = deps.random,
                                                     .store = *living_store_,
                                                     .transport = *transport_,
                                                     .observer = *observer_,
                                                     .journal = deps.journal,
                                                     .sent_calls = deps.sent_calls,
                                                     .alert_sink = deps.alert_sink,
                                                     .postman = postman_.get(),
                                                     .signing_key = std::move(deps.signing_key),
                                                     .store_stats = {}},
                                         options)) {}

SimProcess::~SimProcess() = default;

ports::StorePort& SimProcess::store() {
    return *living_store_;
}

void SimProcess::kill() {
    life_.end();
    store_->stop();
}

}  // namespace huitong::app
