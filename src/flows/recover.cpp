// Recovery: what an earlier process left is taken over at start, what falls due later is picked up by a
// worker. Nothing is resent that must not be: the rules turn an unanswered pay call into an unknown one,
// which is queried.
#include <algorithm>
#include <functional>
#include <limits>

#include "core/mutation.hpp"
#include "flows/engine.hpp"

namespace huitong::flows {

using payments::Aggregate;

namespace {

// Something is left to do that another process holds, or held.
bool is_left_by_others(const Aggregate& aggregate, const std::string& ours) {
    return std::ranges::any_of(aggregate.operations, [&](const payments::Operation& operation) {
        return operation.next_act != payments::Act::none && operation.owner != ours;
    });
}

}  // namespace

task::Task<void> Engine::start() {
    if (options_.is_only_process) {
        auto taken = co_await take_over();
        if (!taken) co_return taken;
    }
    group_.spawn(work());
    co_return core::Result<void>{};
}

void Engine::request_stop() {
    group_.stop();
    // Drivers that sleep until their next act look up and see that it is over.
    for (const auto& [sn, _] : driven_)
        deps_.waiters.announce({sn}, std::numeric_limits<std::int64_t>::max());
}

task::Awaitable<void> Engine::stop() {
    request_stop();
    co_await group_.join();
}

task::Task<void> Engine::take_over() {
    core::PaymentSn after{0};
    for (;;) {
        const std::string owner = deps_.numbers.epoch();
        const std::size_t most = options_.scan_most;
        const auto left = co_await deps_.store.read(
            [owner, after, most](ports::Tx& tx) -> core::Result<std::vector<core::PaymentSn>> {
                return tx.payments().find_left_by_others(owner, after, most);
            });
        if (!left) co_return std::unexpected(left.error());
        if (left->empty()) co_return core::Result<void>{};
        for (const core::PaymentSn sn : *left) co_await claim_and_drive(sn, true);
        after = left->back();
    }
}

task::Awaitable<void> Engine::claim_and_drive(core::PaymentSn sn, bool is_owner_gone) {
    const bool is_driven = driven_.contains(sn.value);
    if (is_driven && options_.is_only_process) co_return;
    auto seen = co_await read(sn);
    if (!seen) co_return deps_.observer.on_trouble_of(sn, "claim", seen.error());
    // Another node that died may have left an operation beside the one that is driven here.
    if (is_driven && !is_left_by_others(*seen, deps_.numbers.epoch())) co_return;
    const auto claimed = co_await record(
        std::move(*seen), [this, is_owner_gone](const Aggregate& before) -> core::Result<payments::Change> {
            auto change = payments::on_claim(before, deps_.numbers.epoch(), is_owner_gone, deps_.time.now(),
                                             policy(before.payment.channel));
            if (!change) return core::fail(core::Code::conflict, "nothing_to_claim");
            return std::move(*change);
        });
    if (claimed) {
        drive(sn);
    } else if (claimed.error().reason != "nothing_to_claim") {
        deps_.observer.on_trouble_of(sn, "claim", claimed.error());
    }
}

task::Task<void> Engine::pick_up_due() {
    const core::Instant now = deps_.time.now();
    const std::size_t most = options_.scan_most;
    auto due =
        co_await deps_.store.read([now, most](ports::Tx& tx) -> core::Result<std::vector<core::PaymentSn>> {
            return tx.payments().find_due(now, most);
        });
    if (!due) co_return std::unexpected(due.error());
    if (HUITONG_MUTATED("worker_forgets_due")) co_return core::Result<void>{};
    // Each node begins elsewhere, so that they meet only when most is done; whoever comes second finds it
    // claimed.
    if (!options_.is_only_process && !due->empty()) {
        const std::size_t first = std::hash<std::string>{}(deps_.numbers.epoch()) % due->size();
        std::ranges::rotate(*due, due->begin() + static_cast<std::ptrdiff_t>(first));
    }
    for (const core::PaymentSn sn : *due) co_await claim_and_drive(sn, false);
    co_return core::Result<void>{};
}

task::Awaitable<void> Engine::work() {
    while (!group_.is_stopping()) {
        // The worker outlives what it could not do: whatever else dies, it is what takes payments up again.
        try {
            const auto done = co_await pick_up_due();
            if (!done) deps_.observer.on_trouble("worker", done.error());
        } catch (const std::exception& problem) {
            deps_.observer.on_trouble("worker",
                                      core::Error{core::Code::internal, "exception", problem.what()});
        }
        co_await group_.stopping().wait_until(deps_.time.now() + options_.scan_every);
    }
}

}  // namespace huitong::flows
