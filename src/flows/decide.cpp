#include "flows/decide.hpp"

#include "flows/audit.hpp"

namespace huitong::flows {

task::Task<payments::Aggregate> decide_beside(ports::StorePort& store, core::PaymentSn sn,
                                              payments::Decision decision, core::Instant now,
                                              payments::Policy policy) {
    decision.owner.clear();
    const AuditAct act{.actor = decision.operator_name,
                       .act = "payment.decide",
                       .subject = sn.text(),
                       .detail = std::string(payments::to_string(decision.verdict)) + ": " + decision.reason};
    constexpr int most_races = 20;
    for (int race = 1;; ++race) {
        auto decided = co_await store.write([=](ports::Tx& tx) -> core::Result<payments::Aggregate> {
            const auto before = tx.payments().find(sn);
            if (!before) return core::fail(core::Code::not_found, "no_payment");
            auto change = payments::on_decision(*before, decision, now, policy);
            if (!change) return std::unexpected(std::move(change.error()));
            tx.payments().apply(*before, *change);
            append_audit(tx, act, now);
            return std::move(change->after);
        });
        const bool is_again = !decided && decided.error().reason == "stale" && race < most_races;
        if (!is_again) co_return decided;
    }
}

}  // namespace huitong::flows
