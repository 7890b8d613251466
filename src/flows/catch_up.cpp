#include "flows/catch_up.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "core/mutation.hpp"
#include "flows/apply.hpp"
#include "flows/audit.hpp"

namespace huitong::flows {

using core::PaymentSn;
using payments::Aggregate;
using ports::SentCall;

namespace {

// A backup's time is taken before its snapshot, the journal's before its flush; clocks are set.
constexpr core::Duration margin = std::chrono::minutes(10);
constexpr std::size_t group_size = 200;
constexpr std::size_t looks_per_turn = 500;
constexpr std::size_t most_unfinished = 1'000'000;
constexpr core::Duration any_time = std::chrono::hours(24 * 366 * 10);
constexpr core::Duration look_every = std::chrono::seconds(1);

struct Facts {
    std::string catch_up;
    std::string backup_at;
};

core::Instant instant_of(const std::string& text) {
    std::int64_t us = 0;
    std::from_chars(text.data(), text.data() + text.size(), us);
    return core::from_us(us);
}

bool has_lost_operation(const Aggregate& aggregate) {
    return std::ranges::any_of(aggregate.operations,
                               [](const payments::Operation& one) { return one.is_restored; });
}

// Inserted as it was sent, then brought to what is known of it, so that its timeline says where it comes
// from.
void insert_lost(ports::Tx& tx, const SentCall& call, const payments::Change& change) {
    Aggregate before = change.after;
    before.payment.version = call.aggregate.payment.version;
    tx.payments().insert(before);
    if (is_counted(before.payment)) tx.limits().count(before.payment);
    tx.payments().apply(before, change);
}

// A payment as it stood when its call left, or in the backup, and what became of it here.
using Told = std::pair<Aggregate, payments::Change>;

struct Taken {
    std::int64_t lost = 0;
    std::int64_t changed = 0;
    std::int64_t conflicts = 0;
    std::vector<PaymentSn> open;
    std::vector<Told> told;
};

struct Step {
    SentCall call;
    std::optional<Aggregate> known;
    std::optional<payments::Change> change;
};

// A merchant's number that another payment here has: both stay visible, this one under a longer number.
bool rename_conflicting(ports::Tx& tx, payments::Change& change, std::set<std::string>& used) {
    payments::Payment& payment = change.after.payment;
    const std::string key = payment.merchant_sn + "/" + payment.client_sn;
    const bool is_free =
        !tx.payments().find_by_client_sn(payment.merchant_sn, payment.client_sn) && used.insert(key).second;
    if (is_free) return false;
    change.alarms.push_back({"client_sn_conflict",
                             payment.client_sn + " of merchant " + payment.merchant_sn + " was used twice"});
    payment.client_sn += "~" + payment.sn.text();
    return true;
}

core::Result<Taken> take_in_calls_of(ports::Tx& tx, const std::vector<SentCall>& calls, core::Instant now,
                                     const EngineOptions& options) {
    Taken taken;
    std::vector<Step> steps;
    std::set<std::string> used;
    for (const SentCall& call : calls) {
        Step step{.call = call, .known = tx.payments().find(call.aggregate.payment.sn), .change{}};
        step.change = payments::on_lost_call(step.known ? &*step.known : nullptr, call.aggregate, call.seq,
                                             now, policy_of(options, call.aggregate.payment.channel));
        if (step.change && !step.known && rename_conflicting(tx, *step.change, used)) ++taken.conflicts;
        const Aggregate* const after = step.change  ? &step.change->after
                                       : step.known ? &*step.known
                                                    : nullptr;
        if (after && has_lost_operation(*after)) taken.open.push_back(call.aggregate.payment.sn);
        if (step.change) steps.push_back(std::move(step));
    }
    for (Step& step : steps) {
        if (step.known) {
            apply_change(tx, *step.known, *step.change);
            ++taken.changed;
        } else if (!HUITONG_MUTATED("lost_payment_not_inserted")) {
            insert_lost(tx, step.call, *step.change);
            ++taken.lost;
        }
        taken.told.emplace_back(std::move(step.call.aggregate), std::move(*step.change));
    }
    return taken;
}

// Of several calls of one payment the last one tells all.
std::vector<SentCall> last_of_each(std::vector<SentCall> calls) {
    std::map<std::int64_t, SentCall> last;
    for (SentCall& call : calls) {
        const auto [place, is_new] = last.try_emplace(call.aggregate.payment.sn.value, call);
        if (!is_new && place->second.aggregate.payment.version < call.aggregate.payment.version)
            place->second = std::move(call);
    }
    std::vector<SentCall> kept;
    for (auto& [sn, call] : last) kept.push_back(std::move(call));
    return kept;
}

}  // namespace

std::string to_string(const CatchUpProgress& progress) {
    return "lost " + std::to_string(progress.lost_payments) + ", changed " +
           std::to_string(progress.changed_payments) + ", unfinished " + std::to_string(progress.unfinished) +
           ", conflicts " + std::to_string(progress.conflicts) + ", open " + std::to_string(progress.open);
}

CatchUp::CatchUp(CatchUpDeps deps)
    : deps_(deps), group_(deps_.executor, deps_.time, [](const std::exception_ptr&) {
          // The store is gone; the next start begins the wait again.
      }) {}

task::Task<bool> CatchUp::take_in() {
    const auto found = co_await deps_.store.read([](ports::Tx& tx) -> core::Result<Facts> {
        return Facts{.catch_up = tx.facts().get(facts::catch_up),
                     .backup_at = tx.facts().get(facts::backup_at)};
    });
    if (!found) co_return std::unexpected(found.error());
    progress_.is_needed = found->catch_up == "needed" || found->catch_up == "accepted_loss";
    if (!progress_.is_needed) co_return true;
    deps_.engine.set_catching_up(!HUITONG_MUTATED("catch_up_gate_open"));
    if (found->catch_up == "needed") {
        const auto done = co_await take_in_calls(instant_of(found->backup_at));
        // What the store could not do now, the next start will.
        if (!done && done.error().code == core::Code::unavailable) co_return std::unexpected(done.error());
        progress_.is_stuck = !done;
        if (!done) deps_.observer.on_trouble("catch_up", done.error());
        if (!done) co_return false;
    }
    auto unfinished = co_await take_in_unfinished();
    if (!unfinished) co_return std::unexpected(std::move(unfinished.error()));
    std::ranges::sort(open_);
    const auto repeated = std::ranges::unique(open_);
    open_.erase(repeated.begin(), repeated.end());
    progress_.open = static_cast<std::int64_t>(open_.size());
    co_return true;
}

task::Task<void> CatchUp::take_in_calls(core::Instant backup_at) {
    if (deps_.sent_calls == nullptr)
        co_return core::fail(core::Code::not_found, "journal_missing", "journal.dir is not set");
    if (auto begun = deps_.sent_calls->begin(backup_at - margin, backup_at); !begun) co_return begun;
    std::vector<SentCall> group;
    for (;;) {
        auto some = deps_.sent_calls->next();
        const bool is_end = !some || some->empty();
        if (some) std::ranges::move(*some, std::back_inserter(group));
        if (group.size() >= group_size || (is_end && !group.empty())) {
            if (auto taken = co_await take_in_group(std::exchange(group, {})); !taken) co_return taken;
        }
        if (!some) co_return std::unexpected(std::move(some.error()));
        if (is_end) co_return core::Result<void>{};
    }
}

task::Task<void> CatchUp::take_in_group(std::vector<SentCall> calls) {
    const auto shared = std::make_shared<const std::vector<SentCall>>(last_of_each(std::move(calls)));
    const core::Instant now = deps_.time.now();
    const EngineOptions* const options = &deps_.options;
    auto taken = co_await deps_.store.write([shared, now, options](ports::Tx& tx) -> core::Result<Taken> {
        return take_in_calls_of(tx, *shared, now, *options);
    });
    if (!taken) co_return std::unexpected(std::move(taken.error()));
    progress_.lost_payments += taken->lost;
    progress_.changed_payments += taken->changed;
    progress_.conflicts += taken->conflicts;
    for (const auto& [sent, change] : taken->told) deps_.observer.on_change(&sent, change);
    open_.insert(open_.end(), taken->open.begin(), taken->open.end());
    co_return core::Result<void>{};
}

task::Task<void> CatchUp::take_in_unfinished() {
    const core::Instant now = deps_.time.now();
    const auto listed =
        co_await deps_.store.read([now](ports::Tx& tx) -> core::Result<std::vector<PaymentSn>> {
            // Whatever has something left to do, at any time; and what has not, but is not over.
            std::vector<PaymentSn> sns = tx.payments().find_due(now + any_time, most_unfinished);
            ports::PaymentRepository::Filter filter;
            filter.only_unresolved = true;
            filter.most = most_unfinished;
            for (const payments::Payment& payment : tx.payments().list(filter)) sns.push_back(payment.sn);
            std::ranges::sort(sns);
            const auto repeated = std::ranges::unique(sns);
            sns.erase(repeated.begin(), repeated.end());
            return sns;
        });
    if (!listed) co_return std::unexpected(listed.error());
    const EngineOptions* const options = &deps_.options;
    for (const PaymentSn sn : *listed) {
        open_.push_back(sn);
        const auto changed = co_await deps_.store.write(
            [sn, now, options](ports::Tx& tx) -> core::Result<std::optional<Told>> {
                auto before = tx.payments().find(sn);
                if (!before) return std::optional<Told>();
                auto change =
                    payments::on_store_restored(*before, now, policy_of(*options, before->payment.channel));
                if (!change) return std::optional<Told>();
                apply_change(tx, *before, *change);
                return Told(std::move(*before), std::move(*change));
            });
        if (!changed) co_return std::unexpected(changed.error());
        if (!*changed) continue;
        ++progress_.unfinished;
        deps_.observer.on_change(&(*changed)->first, (*changed)->second);
    }
    co_return core::Result<void>{};
}

void CatchUp::start() {
    if (progress_.is_needed && !progress_.is_stuck) group_.spawn(wait_for_answers());
}

task::Awaitable<void> CatchUp::stop() {
    request_stop();
    co_await group_.join();
}

task::Awaitable<void> CatchUp::wait_for_answers() {
    while (!group_.is_stopping()) {
        auto done = co_await look();
        if (done && open_.empty()) done = co_await finish();
        if (done && !progress_.is_needed) co_return;
        if (!done) deps_.observer.on_trouble("catch_up", done.error());
        co_await group_.stopping().wait_until(deps_.time.now() + look_every);
    }
}

task::Task<void> CatchUp::look() {
    if (next_look_ >= open_.size()) next_look_ = 0;
    const auto first = open_.begin() + static_cast<std::ptrdiff_t>(next_look_);
    const std::size_t count = std::min(looks_per_turn, open_.size() - next_look_);
    const std::vector<PaymentSn> asked(first, first + static_cast<std::ptrdiff_t>(count));
    const auto known = co_await deps_.store.read([asked](ports::Tx& tx) -> core::Result<std::set<PaymentSn>> {
        std::set<PaymentSn> sns;
        for (const PaymentSn sn : asked) {
            const auto payment = tx.payments().find(sn);
            if (!payment || payments::is_known_again(*payment)) sns.insert(sn);
        }
        return sns;
    });
    if (!known) co_return std::unexpected(known.error());
    next_look_ += count - known->size();
    std::erase_if(open_, [&](PaymentSn sn) { return known->contains(sn); });
    progress_.open = static_cast<std::int64_t>(open_.size());
    co_return core::Result<void>{};
}

task::Task<void> CatchUp::finish() {
    const std::string result = to_string(progress_);
    const core::Instant now = deps_.time.now();
    auto done = co_await deps_.store.write([result, now](ports::Tx& tx) -> core::Result<void> {
        tx.facts().set(facts::catch_up, "done");
        tx.facts().set(facts::catch_up_result, result);
        append_audit(tx, {.actor = "system", .act = "catch_up.done", .subject = "store", .detail = result},
                     now);
        return {};
    });
    if (!done) co_return done;
    progress_.is_needed = false;
    deps_.engine.set_catching_up(false);
    co_return done;
}

}  // namespace huitong::flows
