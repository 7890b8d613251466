// The operators' desk: what a person with the channels' statements beside the list of reviews would decide.
#include <algorithm>
#include <optional>
#include <utility>

#include "flows/decide.hpp"
#include "simulate/dice.hpp"
#include "simulate/edges.hpp"
#include "simulate/people.hpp"

namespace huitong::simulate {

namespace {

using payments::Aggregate;
using payments::PaymentState;
using payments::RefundVerdict;
using payments::Verdict;
using std::chrono::minutes;

constexpr std::string_view reason = "by the channel's statement";

sim::Service& channel_of(Stage& stage, const payments::Payment& payment) {
    auto& simulators = stage.platform.simulators();
    if (payment.channel == payments::ChannelKind::wechat) return simulators.wechat();
    return simulators.alipay();
}

sim::Order* find_order(Stage& stage, const payments::Payment& payment) {
    sim::Service& channel = channel_of(stage, payment);
    (void)channel.settled_orders();
    return channel.find_order("", payment.channel_number);
}

Verdict verdict_on(Stage& stage, const payments::Payment& payment, Dice& dice) {
    const sim::Order* const order = find_order(stage, payment);
    if (order == nullptr || !order->was_paid()) {
        const bool is_open = order != nullptr && order->state == sim::State::paying;
        if (is_open || payment.is_seen_paid) return Verdict::reverse_again;
        return dice.pick({Verdict::closed, Verdict::failed});
    }
    if (order->refunded_fen == order->amount_fen) return Verdict::reversed;
    if (payment.is_reopened) return Verdict::reverse_again;
    return dice.pick({Verdict::paid, Verdict::reverse_again});
}

RefundVerdict verdict_on(Stage& stage, const payments::Payment& payment, const payments::Operation& refund,
                         Dice& dice) {
    sim::Order* const order = find_order(stage, payment);
    if (order == nullptr) return RefundVerdict::not_refunded;
    sim::Desk& desk = channel_of(stage, payment).desk();
    for (const sim::Refund* one : desk.books().refunds().of(order->serial)) {
        if (one->number != refund.number) continue;
        if (one->state == sim::RefundState::succeeded) return RefundVerdict::refunded;
        if (one->state == sim::RefundState::processing) return RefundVerdict::again;
    }
    return dice.pick({RefundVerdict::not_refunded, RefundVerdict::again});
}

class OperatorsDesk {
  public:
    OperatorsDesk(Stage& stage, std::uint64_t seed) : stage_(stage), dice_(seed) {}

    // Whether what was decided when the process died was committed, nobody was told: the audit log says so.
    task::Awaitable<void> learn_what_was_tried() {
        if (!tried_) co_return;
        const Tried tried = *tried_;
        const auto is_done =
            co_await stage_.platform.store().read([tried](ports::Tx& tx) -> core::Result<bool> {
                const auto rows = tx.audit().read(0, 10'000);
                return std::ranges::any_of(rows, [&](const ports::AuditRow& row) {
                    return row.at == tried.at && row.subject.starts_with(tried.before.payment.sn.text());
                });
            });
        if (!is_done) co_return;
        tried_.reset();
        if (*is_done) tell_auditor(tried);
    }
    [[nodiscard]] bool has_tried() const { return tried_.has_value(); }

    task::Awaitable<void> look() {
        co_await learn_what_was_tried();
        const auto all =
            co_await stage_.platform.store().read([](ports::Tx& tx) -> core::Result<std::vector<Aggregate>> {
                ports::PaymentRepository::Filter filter;
                filter.most = 10'000;
                std::vector<Aggregate> found;
                for (const payments::Payment& one : tx.payments().list(filter)) {
                    if (!one.review_reason.empty()) found.push_back(*tx.payments().find(one.sn));
                }
                return found;
            });
        if (!all) co_return;
        for (const Aggregate& one : *all) {
            if (!dice_.chance(60)) continue;
            if (one.payment.state == PaymentState::manual_review) co_await decide(one);
            for (const payments::Operation& operation : one.operations) {
                const bool is_refund = operation.kind == payments::OperationKind::refund &&
                                       !operation.request_no.empty() &&
                                       operation.state == payments::OperationState::manual;
                if (is_refund) co_await decide(one, operation);
            }
        }
    }

  private:
    // A decision whose end is not known yet.
    struct Tried {
        Aggregate before;
        std::string request_no;  // of a refund; empty: on the payment itself
        std::string verdict;
        core::Instant at;
    };

    void tell_auditor(const Tried& tried) {
        const payments::Payment& payment = tried.before.payment;
        if (tried.request_no.empty()) {
            stage_.auditor.on_decision(payment.merchant_sn, payment.client_sn, tried.verdict);
        } else {
            stage_.auditor.on_refund_decision(payment.merchant_sn, payment.client_sn, tried.request_no,
                                              tried.verdict);
        }
    }

    task::Awaitable<void> decide(const Aggregate& before) {
        // A tired one does not look: what comes of it must come to light.
        const bool is_tired = dice_.one_in(3) && !before.payment.is_seen_paid;
        const Verdict verdict = is_tired ? dice_.pick({Verdict::closed, Verdict::failed, Verdict::reversed})
                                         : verdict_on(stage_, before.payment, dice_);
        tried_ = Tried{.before = before,
                       .request_no = {},
                       .verdict = std::string(payments::to_string(verdict)),
                       .at = stage_.time().now()};
        const auto after = co_await flows::decide_beside(
            stage_.platform.store(), before.payment.sn,
            {.verdict = verdict, .operator_name = "demo", .reason = std::string(reason), .owner = {}},
            tried_->at, {});
        const Tried tried = *std::exchange(tried_, std::nullopt);
        if (!after) co_return;
        note(before, *after, tried.verdict);
        tell_auditor(tried);
        if (verdict == Verdict::closed || verdict == Verdict::failed) confirm_late(before.payment);
    }

    // What was called over while the payer was still being asked, the payer may confirm all the same.
    void confirm_late(const payments::Payment& payment) {
        sim::Order* const order = find_order(stage_, payment);
        if (order == nullptr || order->state != sim::State::paying || !dice_.chance(80)) return;
        if (channel_of(stage_, payment).pay(*order)) stage_.counts.add("people late confirmation");
    }

    task::Awaitable<void> decide(const Aggregate& before, const payments::Operation& refund) {
        const RefundVerdict verdict = verdict_on(stage_, before.payment, refund, dice_);
        tried_ = Tried{.before = before,
                       .request_no = refund.request_no,
                       .verdict = std::string(payments::to_string(verdict)),
                       .at = stage_.time().now()};
        const auto after = co_await flows::decide_refund_beside(stage_.platform.store(), before.payment.sn,
                                                                refund.request_no,
                                                                {.seq = 0,
                                                                 .verdict = verdict,
                                                                 .operator_name = "demo",
                                                                 .reason = std::string(reason),
                                                                 .owner = {}},
                                                                tried_->at, {});
        const Tried tried = *std::exchange(tried_, std::nullopt);
        if (!after) co_return;
        note(before, *after, "refund " + tried.verdict);
        tell_auditor(tried);
    }

    void note(const Aggregate& before, const Aggregate& after, const std::string& verdict) {
        stage_.counts.add("people decided " + verdict);
        stage_.say("decided " + before.payment.client_sn + " " + verdict);
        count_decision(stage_.counts, before, after, verdict);
    }

    Stage& stage_;
    Dice dice_;
    std::optional<Tried> tried_;
};

}  // namespace

task::Awaitable<bool> operate(Stage& stage, std::uint64_t seed, core::Instant until) {
    Dice dice(seed);
    const auto desk = std::make_unique<OperatorsDesk>(stage, dice.seed());
    for (;;) {
        co_await stage.time().sleep_for(dice.between(minutes(20), minutes(60)));
        const bool is_over = stage.time().now() >= until;
        if (is_over && !desk->has_tried()) co_return true;
        if (!stage.is_alive() || stage.platform.engine().is_catching_up()) continue;
        try {
            if (is_over) {
                co_await desk->learn_what_was_tried();
            } else {
                co_await desk->look();
            }
        } catch (const app::ProcessDied&) {
            // Their tool goes through the process that was just killed; they try again later.
        }
    }
}

}  // namespace huitong::simulate
