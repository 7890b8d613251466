// The one way in which a driver sends what changes something at a channel. For reverse.cpp and refund.cpp.
#pragma once

#include "flows/engine.hpp"

namespace huitong::flows {

template <class Answer, class Call, class MakeRef, class Rule>
task::Task<payments::Aggregate> Engine::send(payments::Aggregate aggregate, payments::Step step,
                                             Answer unsent, Call call, MakeRef make_ref, Rule rule) {
    const payments::Policy& rules = policy(aggregate.payment.channel);
    const auto sent = co_await record_sent(std::move(aggregate), step);
    if (!sent) co_return std::unexpected(sent.error());
    const auto& [order, account_used] = *sent;
    Answer answer = std::move(unsent);
    const bool is_written = (co_await journal(order, step.seq)).has_value();
    // Held up for longer than others leave it to this process, it may have been taken over and ended.
    if (is_written && deps_.time.now() > *order.find(step.seq)->sent_at + rules.lease) {
        answer.code = "not_sent_in_time";
    } else if (is_written) {
        const auto ref = make_ref(order, rules.call_timeout);
        answer = co_await (deps_.channels.find(order.payment.channel)->*call)(account_used, ref);
        heard(order.payment, account_used, answer);
    }
    const payments::Claim claim{.seq = step.seq, .attempt = step.attempt};
    co_return co_await record(order, [this, claim, answer, rule, &rules](const payments::Aggregate& before) {
        return rule(before, claim, answer, deps_.time.now(), rules);
    });
}

}  // namespace huitong::flows
