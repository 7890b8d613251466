#include "flows/engine.hpp"

#include "core/assert.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;
using payments::Change;

bool is_decided(const payments::Payment& payment) {
    return payments::is_final(payment.state) || payment.state == payments::PaymentState::manual_review;
}

Engine::Engine(EngineDeps deps, EngineOptions options)
    : deps_(deps),
      options_(std::move(options)),
      group_(deps_.executor, deps_.time,
             [this](std::exception_ptr failure) {
                 // A driver lost its infrastructure. Its operation's lease ends and the worker takes it up
                 // again.
                 try {
                     std::rethrow_exception(failure);
                 } catch (const std::exception& problem) {
                     deps_.observer.on_trouble("driver",
                                               core::Error{Code::internal, "exception", problem.what()});
                 }
             }),
      quiet_(deps_.time) {}

Engine::~Engine() = default;

const payments::Policy& Engine::policy(payments::ChannelKind kind) const {
    HUITONG_ASSERT(kind == payments::ChannelKind::wechat, "no policy for this channel");
    return options_.wechat;
}

task::Task<Aggregate> Engine::read(core::PaymentSn sn) {
    co_return co_await deps_.store.read([sn](ports::Tx& tx) -> core::Result<Aggregate> {
        auto found = tx.payments().find(sn);
        if (!found) return core::fail(Code::not_found, "no_payment");
        return std::move(*found);
    });
}

task::Task<ports::ChannelAccount> Engine::account(std::string id) {
    co_return co_await deps_.store.read(
        [id = std::move(id)](ports::Tx& tx) -> core::Result<ports::ChannelAccount> {
            auto found = tx.directory().find_account(id);
            if (!found) return core::fail(Code::not_found, "no_channel_account");
            return std::move(*found);
        });
}

task::Task<Aggregate> Engine::record(Aggregate seen, Event event) {
    constexpr int most_tries = 20;
    for (int tries = 1;;) {
        auto decided = event(seen);
        if (!decided) co_return std::unexpected(std::move(decided.error()));
        const auto step =
            std::make_shared<const std::pair<Aggregate, Change>>(std::move(seen), std::move(*decided));
        const auto done = co_await deps_.store.write([step](ports::Tx& tx) -> core::Result<void> {
            tx.payments().apply(step->first, step->second);
            return {};
        });
        if (done) {
            committed(&step->first, step->second);
            co_return step->second.after;
        }
        // Stale: somebody else has moved on, which happens only so often. A store that is not there now may
        // be soon.
        const bool is_stale = done.error().reason == "stale";
        const bool is_passing = done.error().code == Code::unavailable && !group_.is_stopping();
        if (!is_stale && (!is_passing || tries == most_tries)) co_return std::unexpected(done.error());
        if (is_passing) co_await deps_.time.sleep_for(tries++ * std::chrono::milliseconds(50));
        // Another writer may have come between the read and the write: decide again on what it left.
        auto current = co_await read(step->first.payment.sn);
        if (!current) co_return current;
        seen = std::move(*current);
    }
}

void Engine::committed(const Aggregate* before, const Change& change) {
    deps_.observer.on_change(before, change);
    deps_.waiters.announce(change.after.payment.sn, change.after.payment.version);
}

task::Task<Aggregate> Engine::find(std::string merchant_sn, std::string sn_text, std::string client_sn) {
    co_return co_await deps_.store.read([=](ports::Tx& tx) -> core::Result<Aggregate> {
        if (const auto sn = core::parse_payment_sn(sn_text)) {
            auto found = tx.payments().find(*sn);
            if (found && found->payment.merchant_sn == merchant_sn) return std::move(*found);
        }
        if (!client_sn.empty()) {
            if (const auto sn = tx.payments().find_by_client_sn(merchant_sn, client_sn)) {
                if (auto found = tx.payments().find(*sn)) return std::move(*found);
            }
        }
        return core::fail(Code::not_found, "no_payment");
    });
}

task::Task<Aggregate> Engine::wait_for(Aggregate aggregate, core::Instant until) {
    const core::PaymentSn sn = aggregate.payment.sn;
    if (is_decided(aggregate.payment)) co_return aggregate;
    const auto watch = deps_.waiters.watch(sn);
    for (;;) {
        auto current = co_await read(sn);
        // What was committed stands: an error here would tell the caller that there is no payment.
        if (!current) co_return aggregate;
        if (is_decided(current->payment) || deps_.time.now() >= until || group_.is_stopping())
            co_return current;
        co_await watch->wait_beyond(current->payment.version, until);
        aggregate = std::move(*current);
    }
}

}  // namespace huitong::flows
