#include "simulate/statement.hpp"

namespace huitong::simulate {

namespace {

auditor::ChannelRefund to_refund(const sim::Refund& refund) {
    using State = auditor::ChannelRefund::State;
    State state = State::processing;
    if (refund.state == sim::RefundState::succeeded) state = State::succeeded;
    if (refund.state == sim::RefundState::abnormal) state = State::abnormal;
    if (refund.state == sim::RefundState::closed) state = State::closed;
    auditor::ChannelRefund shown{
        .number = refund.number, .amount_fen = refund.amount_fen, .state = state, .done_at = {}};
    if (state != State::processing) shown.done_at = refund.ends_at;
    return shown;
}

void add_orders(auditor::Statement& statement, auditor::Side side, sim::Service& channel) {
    sim::Desk& desk = channel.desk();
    for (const sim::Order& order : channel.settled_orders()) {
        if (order.state == sim::State::absent || order.is_tombstone()) continue;
        auditor::ChannelOrder shown{.side = side,
                                    .number = std::string(order.number()),
                                    .amount_fen = order.amount_fen,
                                    .was_paid = order.was_paid(),
                                    .paid_at = order.paid_at,
                                    .returned_fen = order.refunded_fen,
                                    .is_open = order.state == sim::State::paying,
                                    .refunds = {}};
        for (const sim::Refund* refund : desk.books().refunds().of(order.serial)) {
            if (refund->is_accepted()) shown.refunds.push_back(to_refund(*refund));
        }
        statement.push_back(std::move(shown));
    }
}

}  // namespace

auditor::Statement make_statement(sim::Simulators& simulators) {
    auditor::Statement statement;
    add_orders(statement, auditor::Side::wechat, simulators.wechat());
    add_orders(statement, auditor::Side::alipay, simulators.alipay());
    return statement;
}

}  // namespace huitong::simulate
