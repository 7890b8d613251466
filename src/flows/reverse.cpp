// Undoing a payment at the channel. The same call is repeated until the rules take it as proven.
#include "flows/send.hpp"

namespace huitong::flows {

using payments::Aggregate;

namespace {

ports::TradeRef ref_of(const Aggregate& order, core::Duration timeout) {
    return {.number = order.payment.channel_number, .amount = order.payment.amount, .timeout = timeout};
}

}  // namespace

task::Task<Aggregate> Engine::reverse(Aggregate aggregate, payments::Step step) {
    auto unwritten = unsent<payments::ReverseAnswer>("journal_failed");
    unwritten.must_repeat = true;
    return send(std::move(aggregate), step, std::move(unwritten), &ports::Channel::reverse, &ref_of,
                &payments::on_reverse_answer);
}

task::Task<Aggregate> Engine::close(Aggregate aggregate, payments::Step step) {
    return send(std::move(aggregate), step, unsent<payments::CloseAnswer>("journal_failed"),
                &ports::Channel::close, &ref_of, &payments::on_close_answer);
}

}  // namespace huitong::flows
