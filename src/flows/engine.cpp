#include "flows/engine.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "flows/apply.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;
using payments::Change;

bool is_decided(const Aggregate& aggregate) {
    const payments::PaymentState state = aggregate.payment.state;
    return payments::is_final(state) || state == payments::PaymentState::manual_review;
}

Engine::Engine(EngineDeps deps, EngineOptions options)
    : deps_(deps),
      options_(std::move(options)),
      circuit_(options_.circuit),
      group_(deps_.executor, deps_.time, [this](std::exception_ptr failure) {
          // A driver lost its infrastructure. Its operation's lease ends and the worker takes it up
          // again.
          try {
              std::rethrow_exception(failure);
          } catch (const std::exception& problem) {
              deps_.observer.on_trouble("driver", core::Error{Code::internal, "exception", problem.what()});
          }
      }) {}

Engine::~Engine() = default;

const payments::Policy& policy_of(const EngineOptions& options, payments::ChannelKind kind) {
    switch (kind) {
        case payments::ChannelKind::wechat:
            return options.wechat;
        case payments::ChannelKind::alipay:
            return options.alipay;
    }
    HUITONG_ASSERT(false, "no policy for this channel");
}

const payments::Policy& Engine::policy(payments::ChannelKind kind) const {
    return policy_of(options_, kind);
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

task::Task<Engine::Sent> Engine::record_sent(Aggregate aggregate, payments::Step step) {
    auto account_used = co_await account(aggregate.payment.channel_account);
    if (!account_used) co_return std::unexpected(std::move(account_used.error()));
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    const payments::Policy& rules = policy(aggregate.payment.channel);
    auto sent = co_await record(std::move(aggregate), [this, claim, &rules](const Aggregate& before) {
        return payments::on_sent(before, claim, deps_.time.now(), rules);
    });
    if (!sent) co_return std::unexpected(std::move(sent.error()));
    co_return Sent{std::move(*sent), std::move(*account_used)};
}

task::Task<void> Engine::journal(Aggregate aggregate, int seq) {
    if (deps_.journal == nullptr) co_return core::Result<void>{};
    const core::PaymentSn sn = aggregate.payment.sn;
    auto written = co_await deps_.journal->append(std::move(aggregate), seq);
    if (!written) deps_.observer.on_trouble_of(sn, "journal", written.error());
    co_return written;
}

void Engine::heard(const payments::Payment& payment, const ports::ChannelAccount& account,
                   const payments::Answer& answer) {
    deps_.observer.on_call(payment, answer);
    if (circuit_.note(account.base_url, answer, deps_.time.now()))
        deps_.observer.on_circuit(account.base_url, circuit_.is_open(account.base_url));
}

namespace {

// The reversal of an order that may be left at the channel, which refused the payment just now.
const payments::Operation* left_by_refusal(const Change& change) {
    const bool is_refused = std::ranges::any_of(change.moves, [](const payments::Move& move) {
        return move.event == payments::PaymentEvent::refused;
    });
    return is_refused ? change.after.live(payments::OperationKind::reverse) : nullptr;
}

}  // namespace

task::Task<Aggregate> Engine::record(Aggregate seen, Event event) {
    constexpr int most_tries = 20;
    for (int tries = 1;;) {
        auto decided = event(seen);
        if (!decided) co_return std::unexpected(std::move(decided.error()));
        const auto step =
            std::make_shared<const std::pair<Aggregate, Change>>(std::move(seen), std::move(*decided));
        const auto done = co_await deps_.store.write([step](ports::Tx& tx) -> core::Result<void> {
            apply_change(tx, step->first, step->second);
            return {};
        });
        if (done) {
            // Not even the loss of this disk keeps from being undone what a merchant is told has failed.
            if (const auto* const rest = left_by_refusal(step->second))
                (void)co_await journal(step->second.after, rest->seq);
            committed(&step->first, step->second);
            co_return step->second.after;
        }
        if (HUITONG_MUTATED("write_result_ignored")) co_return step->second.after;
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

task::Task<Aggregate> Engine::wait_for(Aggregate aggregate, core::Instant until, Predicate is_enough) {
    const core::PaymentSn sn = aggregate.payment.sn;
    if (is_enough(aggregate)) co_return aggregate;
    const auto watch = deps_.waiters.watch(sn);
    for (;;) {
        auto current = co_await read(sn);
        // What was committed stands: an error here would tell the caller that there is no payment.
        if (!current) co_return aggregate;
        if (is_enough(*current) || deps_.time.now() >= until || group_.is_stopping()) co_return current;
        co_await watch->wait_beyond(current->payment.version, until);
        aggregate = std::move(*current);
    }
}

}  // namespace huitong::flows
