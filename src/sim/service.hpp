// Service: a simulated channel as an HTTP service: journal, faults, what takes virtual time on the wire, and
// what payers do by hand (spec/channels 6.2, 6.4).
#pragma once

#include <algorithm>
#include <expected>
#include <memory>

#include "sim/clock.hpp"
#include "sim/desk.hpp"
#include "sim/faults.hpp"
#include "sim/notices.hpp"

namespace huitong::sim {

// What happened so far, over all orders of a channel.
struct Totals {
    std::int64_t orders = 0;  // numbers that an order or a tombstone stands behind
    std::int64_t pending = 0;
    std::int64_t paid_count = 0;  // ever paid, also when reversed or refunded since
    std::int64_t paid_fen = 0;
    std::int64_t refunded_count = 0;  // orders of which money went back, by reversal or refunds
    std::int64_t refunded_fen = 0;
    std::int64_t pay_calls = 0;
    std::int64_t query_calls = 0;
    std::int64_t reverse_calls = 0;
    std::int64_t max_pay_calls = 0;  // of one number
    std::int64_t refund_calls = 0;
    std::int64_t refund_query_calls = 0;
    std::int64_t refunds = 0;  // accepted: executed once each, whatever was called
    std::int64_t refunds_succeeded = 0;
    std::int64_t max_refund_calls = 0;       // of one refund number
    std::int64_t max_refunds_per_order = 0;  // accepted
};

// What the channels share beside their services on the wire: the clock, the faults, the books of evidence.
struct Shared {
    VirtualClock& clock;
    core::Random& random;
    const Options& options;
    Faults& faults;
    Journal& journal;
    Violations& violations;
    Notices& notices;
};

// What the control plane sees of a channel.
class Service {
  public:
    Service(VirtualClock& clock, Notices& notices) : clock_(clock), notices_(notices) {}
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;
    virtual ~Service() = default;

    // What the payer does by hand. Errors: conflict {not_paying, code_dead, not_launched}.
    [[nodiscard]] core::Result<void> scan(Order& order);
    [[nodiscard]] core::Result<void> pay(Order& order);
    [[nodiscard]] core::Result<void> cancel(Order& order);
    [[nodiscard]] core::Result<void> enter_wrong_password(Order& order);

    // Null when there is no such order. An empty account name searches all.
    [[nodiscard]] Order* find_order(std::string_view account, std::string_view out_trade_no);
    // The order behind what a wallet reads, or null.
    [[nodiscard]] Order* find_content(const std::string& content);
    // All numbers ever named, settled to the present.
    [[nodiscard]] std::deque<Order>& settled_orders();
    [[nodiscard]] Totals totals();
    [[nodiscard]] virtual Desk& desk() = 0;
    [[nodiscard]] core::Instant now() const { return clock_.now(); }
    // Sends the merchant what he was not told yet of an order, and sees to it that what comes is told.
    void tell(Order& order);
    [[nodiscard]] std::vector<std::shared_ptr<Notice>> notices_of(const Order& order);
    // The last notice of the order once more, spoiled as `play` says. A spoiled one may also be of an order
    // that tells nothing yet: it then says that it was paid. Errors: not_found {no_notice}.
    [[nodiscard]] core::Result<std::shared_ptr<Notice>> resend(Order& order, NoticeScript play);
    virtual void clear() = 0;

  protected:
    // Executes the calls in flight that are due, each at its own time; must come before anything looks at
    // the books.
    virtual void run_due(core::Instant now) = 0;

    VirtualClock& clock_;
    Notices& notices_;

  private:
    [[nodiscard]] core::Result<void> demand_paying(const Order& order);
};

// What the journal is told of a request, as soon as it can be read.
struct Seen {
    std::string op;
    std::string number;  // out_trade_no
};

// ChannelDesk is a Desk that also reads and writes the channel's own messages; its types Call and Outcome
// extend those of sim/outcome.hpp.
template <class ChannelDesk>
class ServiceOf final : public Service {
    using Call = typename ChannelDesk::Call;
    using Outcome = typename ChannelDesk::Outcome;

  public:
    explicit ServiceOf(const Shared& shared)
        : Service(shared.clock, shared.notices),
          desk_(shared.random, shared.options, shared.violations),
          faults_(shared.faults),
          journal_(shared.journal) {}

    // Whether the channel has that path.
    [[nodiscard]] static bool knows(std::string_view path) { return ChannelDesk::knows(path); }
    // Runs to its end whether or not the caller still listens. The service must outlive it.
    [[nodiscard]] task::Awaitable<net::Response> serve(net::Request request);
    [[nodiscard]] ChannelDesk& desk() override { return desk_; }
    void clear() override {
        desk_.clear();
        held_.clear();
    }

  private:
    // A pay call that is still in flight inside the channel (scenario 22).
    struct Held {
        core::Instant due;
        Call call;
        std::optional<Outcome> outcome = {};  // once executed
    };

    void run_due(core::Instant now) override;
    [[nodiscard]] std::shared_ptr<Held> hold(Call call, core::Instant due);
    [[nodiscard]] std::optional<Outcome> apply_before(const Fault& fault, Call& call);
    void apply_after(const Fault& fault, Outcome& outcome);
    [[nodiscard]] task::Awaitable<Outcome> answer(Call call, std::uint64_t seq);

    ChannelDesk desk_;
    Faults& faults_;
    Journal& journal_;
    std::vector<std::shared_ptr<Held>> held_;  // by due, then by arrival
};

template <class ChannelDesk>
auto ServiceOf<ChannelDesk>::hold(Call call, core::Instant due) -> std::shared_ptr<Held> {
    auto held = std::make_shared<Held>(Held{.due = due, .call = std::move(call)});
    const auto later = std::ranges::upper_bound(held_, due, {}, [](const auto& other) { return other->due; });
    held_.insert(later, held);
    return held;
}

template <class ChannelDesk>
void ServiceOf<ChannelDesk>::run_due(core::Instant now) {
    while (!held_.empty() && held_.front()->due <= now) {
        const std::shared_ptr<Held> held = std::move(held_.front());
        held_.erase(held_.begin());
        held->outcome = desk_.execute(held->call, desk_.locate(held->call, held->due), held->due);
    }
}

// The whole answer of a call that is not executed; the rest of a fault waits until it was.
template <class ChannelDesk>
auto ServiceOf<ChannelDesk>::apply_before(const Fault& fault, Call& call) -> std::optional<Outcome> {
    if (fault.action == FaultAction::refund) call.refund_script = parse_refund_script(fault.text).value();
    if (fault.action == FaultAction::not_found) return desk_.say_not_found(call);
    if (fault.action == FaultAction::code) return desk_.say_code(call, fault.text);
    Outcome outcome;
    if (fault.action == FaultAction::reset_before) {
        outcome.drop();
        return outcome;
    }
    if (fault.action != FaultAction::http) return std::nullopt;
    outcome.become_page(static_cast<int>(fault.value));
    return outcome;
}

template <class ChannelDesk>
void ServiceOf<ChannelDesk>::apply_after(const Fault& fault, Outcome& outcome) {
    if (fault.action == FaultAction::amount) desk_.show_amount(outcome, fault.value);
    apply_fault(outcome, fault);
}

template <class ChannelDesk>
auto ServiceOf<ChannelDesk>::answer(Call call, std::uint64_t seq) -> task::Awaitable<Outcome> {
    const core::Instant now = clock_.now();
    const Op op = call.op;
    const std::size_t account = call.account;
    Target target = desk_.locate(call, now);
    const std::string number(target.order != nullptr ? target.order->number() : std::string_view());
    if (target.order != nullptr) journal_.set_number(seq, number);
    desk_.note_arrival(call, target, now);
    const auto fault = faults_.take(desk_.profile().channel, desk_.profile().op(op), number);
    std::optional<Outcome> outcome;
    if (fault) outcome = apply_before(*fault, call);
    const auto due = outcome ? std::nullopt : desk_.held_until(call, target, now);
    if (due) {
        const auto held = hold(std::move(call), *due);
        co_await clock_.sleep_until(*due);
        run_due(clock_.now());
        if (held->outcome) outcome = std::move(held->outcome);
        if (!outcome) outcome.emplace().drop();
        target = Target{desk_.books().find(account, number), nullptr};
    } else if (!outcome) {
        outcome = desk_.execute(call, target, now);
    }
    if (target.order != nullptr) tell(*target.order);
    if (fault) apply_after(*fault, *outcome);
    Desk::note_answer(op, target, outcome->arrives() && desk_.is_definite(op, *outcome));
    co_return std::move(*outcome);
}

template <class ChannelDesk>
task::Awaitable<net::Response> ServiceOf<ChannelDesk>::serve(net::Request request) {
    const core::Instant arrived_at = clock_.now();
    run_due(arrived_at);
    Seen seen;
    auto call = desk_.check(request, arrived_at, seen);
    std::uint64_t seq = 0;
    if (journal_.is_on()) {
        seq = journal_.begin(JournalEntry{.channel = std::string(desk_.profile().channel),
                                          .op = std::move(seen.op),
                                          .out_trade_no = std::move(seen.number),
                                          .at = arrived_at,
                                          .request = ChannelDesk::journal_text(std::move(request))});
    }
    Outcome outcome;
    if (call) {
        outcome = co_await answer(std::move(*call), seq);
    } else {
        outcome = std::move(call.error());
    }
    if (outcome.delay > core::Duration{0}) co_await clock_.sleep_until(clock_.now() + outcome.delay);
    net::Response response = desk_.render(std::move(outcome), clock_.now());
    if (seq != 0) journal_.end(seq, response, clock_.now());
    co_return response;
}

}  // namespace huitong::sim
