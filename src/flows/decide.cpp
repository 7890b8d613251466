#include "flows/decide.hpp"

#include "flows/apply.hpp"
#include "flows/audit.hpp"

namespace huitong::flows {

namespace {

using Rule = std::function<core::Result<payments::Change>(const payments::Aggregate&)>;

task::Task<payments::Aggregate> act_beside(ports::StorePort& store, core::PaymentSn sn, Rule rule,
                                           AuditAct act, core::Instant now) {
    constexpr int most_races = 20;
    for (int race = 1;; ++race) {
        auto decided = co_await store.write([=](ports::Tx& tx) -> core::Result<payments::Aggregate> {
            const auto before = tx.payments().find(sn);
            if (!before) return core::fail(core::Code::not_found, "no_payment");
            auto change = rule(*before);
            if (!change) return std::unexpected(std::move(change.error()));
            apply_change(tx, *before, *change);
            append_audit(tx, act, now);
            return std::move(change->after);
        });
        const bool is_again = !decided && decided.error().reason == "stale" && race < most_races;
        if (!is_again) co_return decided;
    }
}

}  // namespace

task::Task<payments::Aggregate> decide_beside(ports::StorePort& store, core::PaymentSn sn,
                                              payments::Decision decision, core::Instant now,
                                              EngineOptions options) {
    decision.owner.clear();
    AuditAct act{.actor = decision.operator_name,
                 .act = "payment.decide",
                 .subject = sn.text(),
                 .detail = std::string(payments::to_string(decision.verdict)) + ": " + decision.reason};
    Rule rule = [decision = std::move(decision), now,
                 options = std::move(options)](const payments::Aggregate& before) {
        return payments::on_decision(before, decision, now, policy_of(options, before.payment.channel));
    };
    co_return co_await act_beside(store, sn, std::move(rule), std::move(act), now);
}

task::Task<payments::Aggregate> decide_refund_beside(ports::StorePort& store, core::PaymentSn sn,
                                                     std::string request_no,
                                                     payments::RefundDecision decision, core::Instant now,
                                                     EngineOptions options) {
    decision.owner.clear();
    AuditAct act{.actor = decision.operator_name,
                 .act = "refund.decide",
                 .subject = sn.text() + " " + request_no,
                 .detail = std::string(payments::to_string(decision.verdict)) + ": " + decision.reason};
    Rule rule =
        [decision = std::move(decision), request_no = std::move(request_no), now,
         options = std::move(options)](const payments::Aggregate& before) -> core::Result<payments::Change> {
        const payments::Operation* const refund = before.find_refund(request_no);
        if (!refund) return core::fail(core::Code::not_found, "no_refund");
        payments::RefundDecision on_it = decision;
        on_it.seq = refund->seq;
        return payments::on_refund_decision(before, on_it, now, policy_of(options, before.payment.channel));
    };
    co_return co_await act_beside(store, sn, std::move(rule), std::move(act), now);
}

}  // namespace huitong::flows
