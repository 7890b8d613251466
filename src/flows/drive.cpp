// Driving: one coroutine per payment with something left to do. It sleeps until the next act is due or the
// payment changes, does it, and looks again; the store, not this coroutine, remembers what is due.
#include <utility>

#include "flows/engine.hpp"

namespace huitong::flows {

using payments::Aggregate;

void Engine::drive(core::PaymentSn sn) {
    if (group_.is_stopping()) return;
    const auto [mark, is_new] = driven_.try_emplace(sn.value, false);
    if (!is_new) mark->second = true;
    if (is_new) group_.spawn(drive_to_end(sn));
}

namespace {

// Keeps the set of driven payments true however the coroutine ends.
class DrivenMark {
  public:
    DrivenMark(std::unordered_map<std::int64_t, bool>& driven, core::PaymentSn sn)
        : driven_(driven), sn_(sn) {}
    DrivenMark(const DrivenMark&) = delete;
    DrivenMark& operator=(const DrivenMark&) = delete;
    ~DrivenMark() { driven_.erase(sn_.value); }

  private:
    std::unordered_map<std::int64_t, bool>& driven_;
    core::PaymentSn sn_;
};

}  // namespace

std::optional<payments::Step> Engine::next_of_ours(const Aggregate& aggregate) const {
    if (options_.is_only_process) return payments::next_step(aggregate);
    // Another node may be at work on another operation of the same payment, or claim one that nobody owns.
    Aggregate ours{.payment = aggregate.payment, .operations = aggregate.operations};
    std::erase_if(ours.operations, [this](const payments::Operation& operation) {
        return operation.owner != deps_.numbers.epoch();
    });
    return payments::next_step(ours);
}

task::Awaitable<void> Engine::drive_to_end(core::PaymentSn sn) {
    const DrivenMark mark(driven_, sn);
    const auto watch = deps_.waiters.watch(sn);
    auto aggregate = co_await read(sn);
    while (!group_.is_stopping()) {
        // Asked again since the last look: what was just read may be older than what there is to do now.
        while (std::exchange(driven_[sn.value], false)) aggregate = co_await read(sn);
        if (!aggregate) break;
        const auto step = next_of_ours(*aggregate);
        const core::Instant now = deps_.time.now();
        const bool is_ours = step && aggregate->find(step->seq)->owner == deps_.numbers.epoch();
        if (!is_ours || step->at > now + policy(aggregate->payment.channel).horizon) co_return;
        if (step->at > now) {
            co_await watch->wait_beyond(aggregate->payment.version, step->at);
            aggregate = co_await read(sn);
            continue;
        }
        aggregate = co_await perform(std::move(*aggregate), *step);
        if (!aggregate && aggregate.error().code == core::Code::conflict) aggregate = co_await read(sn);
    }
    if (!aggregate) deps_.observer.on_trouble_of(sn, "drive", aggregate.error());
}

task::Task<Aggregate> Engine::perform(Aggregate aggregate, payments::Step step) {
    const bool is_refund = step.kind == payments::OperationKind::refund;
    switch (step.act) {
        case payments::Act::query:
            if (is_refund) return query_refund(std::move(aggregate), step);
            return query(std::move(aggregate), step);
        case payments::Act::send:
            if (is_refund) return send_refund(std::move(aggregate), step);
            return reverse(std::move(aggregate), step);
        case payments::Act::close:
            if (step.kind == payments::OperationKind::pay) return close_unpaid(std::move(aggregate), step);
            return close(std::move(aggregate), step);
        case payments::Act::none:
            break;
    }
    return read(aggregate.payment.sn);
}

}  // namespace huitong::flows
