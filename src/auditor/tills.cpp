// What tills ask: which order it is about, and what may be done because it was asked.
#include <algorithm>

#include "auditor/book.hpp"

namespace huitong::auditor {

namespace {

// spec/upay 3.4, 6.1, and a little for a store that is slow.
constexpr core::Duration longest_answer = std::chrono::seconds(37);

std::string line_of(const TillCall& call) {
    std::string line = "till→gateway " + call.name;
    if (!call.client_sn.empty()) line += " " + call.client_sn;
    if (!call.sn.empty()) line += " sn " + call.sn;
    if (!call.request_no.empty()) line += " refund " + call.request_no;
    if (call.amount) line += " " + yuan(*call.amount) + " CNY";
    if (!call.code.empty()) line += " code " + masked_code(call.code);
    return line;
}

}  // namespace

void Auditor::Book::till_sent(std::uint64_t id, TillCall call) {
    count("till_call");
    TillWire& wire = till_calls[id];
    wire.call = std::move(call);
    const auto terminal = terminals.find(wire.call.terminal_sn);
    // A till nobody spoke of is a merchant of its own.
    wire.merchant_sn = terminal == terminals.end() ? wire.call.terminal_sn : terminal->second.merchant_sn;
    const bool is_order = wire.call.op == TillOp::pay || wire.call.op == TillOp::precreate;
    const bool is_pay = is_order && !wire.call.client_sn.empty();
    wire.order = is_pay ? open_order(wire.merchant_sn, wire.call.client_sn) : find_order(wire);
    if (Order* const order = order_at(wire.order)) note(order, line_of(wire.call));
}

// By sn, by the channel's number (refunds, spec/upay 3.7), by client_sn; of the signer's merchant only.
std::size_t Auditor::Book::find_order(const TillWire& wire) const {
    const TillCall& call = wire.call;
    for (const auto* const index : {&by_sn, &by_trade_no}) {
        const auto found = index->find(call.sn);
        const bool is_known = !call.sn.empty() && found != index->end();
        if (is_known && orders[found->second].merchant_sn == wire.merchant_sn) return found->second;
    }
    const auto found = by_client_sn.find(wire.merchant_sn + "/" + call.client_sn);
    return call.client_sn.empty() || found == by_client_sn.end() ? nobody : found->second;
}

void Auditor::Book::till_arrived(TillWire& wire, bool is_copy) {
    if (!wire.arrived) wire.arrived = clock.now();
    // Known only since the call left.
    if (wire.order == nobody) wire.order = find_order(wire);
    Order* const order = order_at(wire.order);
    if (order == nullptr) return;
    if (is_copy) note(order, "a copy of that arrived: " + wire.call.name);
    switch (wire.call.op) {
        case TillOp::pay:
        case TillOp::precreate:
            ask_pay(wire);
            break;
        case TillOp::cancel:
            if (!order->cancel_asked) order->cancel_asked = clock.now();
            break;
        case TillOp::refund:
            ask_refund(*order, wire.call);
            break;
        case TillOp::query:
        case TillOp::activate:
        case TillOp::other:
            break;
    }
}

void Auditor::Book::ask_pay(TillWire& wire) {
    Order& order = orders[wire.order];
    const TillCall& call = wire.call;
    const auto known = std::ranges::find_if(order.asks, [&](const PayAsk& ask) {
        return ask.code == call.code && ask.amount == call.amount && ask.payway == call.payway &&
               ask.terminal_sn == call.terminal_sn && ask.subject == call.subject;
    });
    if (known != order.asks.end()) {
        ++known->arrivals;
        known->arrived_at = clock.now();
        return;
    }
    order.asks.push_back({.code = call.code,
                          .payway = call.payway,
                          .subject = call.subject,
                          .terminal_sn = call.terminal_sn,
                          .amount = call.amount,
                          .arrivals = 1,
                          .arrived_at = clock.now()});
    auto& candidates = by_code[call.code];
    const bool is_listed = std::ranges::find(candidates, wire.order) != candidates.end();
    if (!call.code.empty() && !is_listed) candidates.push_back(wire.order);
    if (call.op == TillOp::precreate) by_subject[call.subject].push_back(wire.order);
}

void Auditor::Book::ask_refund(Order& order, const TillCall& call) {
    if (!call.amount || call.request_no.empty()) return;
    if (RefundAsk* const known = order.find_refund(call.request_no, call.amount)) {
        known->arrived_at = clock.now();
        return;
    }
    order.refunds.push_back(
        {.request_no = call.request_no, .amount = *call.amount, .arrived_at = clock.now()});
}

void Auditor::Book::till_answered(TillWire& wire, const net::Response& response, bool is_copy) {
    Order* order = order_at(wire.order);
    if (response.status != 200) {
        count("gateway_http_" + std::to_string(response.status));
        note(order, "gateway answered HTTP " + std::to_string(response.status));
        return;
    }
    const TillAnswer answer = read_till_answer(wire.call.op, response.body);
    if (wire.call.op == TillOp::activate && !answer.terminal_sn.empty())
        terminals.try_emplace(answer.terminal_sn,
                              Terminal{answer.terminal_sn, answer.merchant_sn, answer.store_sn});
    if (order == nullptr && !answer.client_sn.empty()) {
        const auto found = by_client_sn.find(wire.merchant_sn + "/" + answer.client_sn);
        if (found != by_client_sn.end()) wire.order = found->second;
        order = order_at(wire.order);
    }
    if (order == nullptr && !answer.sn.empty())
        report("unknown_order_told", nullptr, answer.sn,
               "told of " + answer.client_sn + ", which is not theirs");
    if (!answer.defect.empty())
        report("bad_envelope", order, {}, wire.call.name + " answered: " + answer.defect);
    if (answer.result_code != "200") {
        count("gateway_" + answer.result_code + "_" + answer.error_code);
    } else if (!answer.biz.empty()) {
        count("told_" + answer.biz);
    }
    note(order, (is_copy ? "told the copy " : "told ") + answer.text());
    if (order != nullptr && answer.biz == "PRECREATE_SUCCESS" && !answer.launch.empty()) {
        if (!order->launch_told) order->launch_told = clock.now();
        if (const auto call = read_alipay_string(answer.launch)) launch_given(*call, wire.order);
    }
    if (!is_copy && wire.arrived && clock.now() > *wire.arrived + longest_answer)
        report("answered_late", order, {}, wire.call.name + " was answered more than 35 s after it came");
    if (answer.result_code == "200" && order != nullptr) check_answer(wire, answer);
}

void Auditor::Book::till_heard(TillWire& wire, const core::Result<net::Response>& answer) {
    if (answer) return;
    count("till_heard_nothing");
    note(order_at(wire.order),
         "till heard nothing of its " + wire.call.name + " (" + answer.error().reason + ")");
}

}  // namespace huitong::auditor
