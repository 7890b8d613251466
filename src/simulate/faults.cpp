#include "simulate/faults.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace huitong::simulate {

namespace {

using app::Fate;
using app::NetworkFault;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// As the simulators call it.
std::string_view fault_op(std::string_view side, std::string_view op) {
    if (side == "alipay" && op == "launch") return "precreate";
    if (side == "alipay") return op == "reverse" ? "cancel" : op;
    if (op == "pay") return "micropay";
    if (op == "launch") return "unifiedorder";
    if (op == "query") return "orderquery";
    return op == "close" ? "closeorder" : op;
}

constexpr std::string_view system_errors[] = {"SYSTEMERROR", "ACQ.SYSTEM_ERROR"};
constexpr std::string_view rate_limits[] = {"FREQUENCY_LIMITED", "isv.app-call-limited"};

}  // namespace

std::string number_in(const net::Request& request) {
    return value_after(request.body, "out_trade_no");
}

void Faults::begin(const Item& item) {
    Dice dice(item.seed);
    if (item.kind == ItemKind::wire) arm_wire(dice);
    if (item.kind == ItemKind::channel) arm_channel(dice);
    if (item.kind != ItemKind::outage) return;
    const bool is_long = dice.one_in(10);
    const core::Duration length =
        is_long ? dice.between(minutes(20), minutes(70)) : dice.between(seconds(20), minutes(8));
    outages_.push_back(
        {.side = dice.pick({"wechat", "alipay"}),
         .until = stage_.time().now() + length,
         .manner = dice.pick({NetworkFault::refuse, NetworkFault::lose_request, NetworkFault::lose_answer})});
    stage_.say("outage of " + outages_.back().side);
}

void Faults::end() {
    armed_.clear();
    outages_.clear();
    stage_.platform.simulators().faults().clear();
}

void Faults::arm(Armed armed, Dice& dice) {
    const int most = armed.left > 0 ? armed.left : 3;
    armed.left = static_cast<int>(dice.between(1, most));
    // Reversals are few: a forger waits for his.
    armed.until = stage_.time().now() + (armed.name == "forge" ? minutes(300) : minutes(90));
    armed_.push_back(std::move(armed));
}

void Faults::arm_wire(Dice& dice) {
    const bool is_tills = dice.chance(25);
    const bool is_notices = !is_tills && dice.chance(10);
    Armed armed;
    armed.side = is_tills ? "gateway" : is_notices ? "notice" : dice.pick({"wechat", "alipay"});
    if (!is_tills && !is_notices && dice.chance(70))
        armed.op = dice.pick({"pay", "pay", "query", "reverse", "refund", "launch", "close"});
    if (is_tills || is_notices) {
        armed.name = dice.pick({"lose_request", "lose_answer", "refuse", "copy", "delay_request"});
    } else {
        armed.name = dice.pick({"lose_request", "lose_answer", "reset_answer", "refuse", "delay_request",
                                "delay_answer", "copy", "hold_back", "forge"});
    }
    if (armed.name == "forge") {
        armed.op =
            dice.pick({"pay", "pay", "query", "reverse", "reverse", "refund", "refundquery", "refundquery"});
        armed.state = dice.pick({"SUCCESS", "SUCCESS", "CLOSED", "PAYERROR"});
    }
    if (armed.name == "copy") armed.span = dice.between(milliseconds(5), seconds(40));
    if (armed.name == "delay_request" || armed.name == "delay_answer")
        armed.span = dice.between(milliseconds(300), seconds(14));
    if (armed.name == "hold_back") armed.span = dice.between(seconds(3), seconds(70));
    // Where a channel bars nothing, a call may be executed when everybody has given it up.
    if (armed.name == "hold_back" && !stage_.plan.weather.has_tombstones) {
        armed.op = "pay";
        armed.span = dice.between(seconds(92), minutes(50));
    }
    arm(std::move(armed), dice);
}

void Faults::arm_channel(Dice& dice) {
    Armed armed{.name = dice.pick({"badsign", "badsign", "amount", "not_found", "not_found", "system_error",
                                   "unlisted_code", "rate_limit", "rate_limit", "http", "body", "late",
                                   "timeout", "reset_before", "reset_after", "refund"}),
                .side = dice.pick({"wechat", "alipay"}),
                .op = dice.pick({"pay", "query", "reverse", "refund", "refundquery", "launch", "close"})};
    const bool is_wechat = armed.side == "wechat";
    const auto word = [&](const std::string_view(&words)[2]) {
        return "code:" + std::string(words[is_wechat ? 0 : 1]);
    };
    std::string action = armed.name;
    if (armed.name == "amount") {
        armed.op = dice.pick({"pay", "query"});
        action = "amount:" + std::to_string(dice.between(1, 50'000));
    } else if (armed.name == "not_found") {
        armed.op = dice.pick({"query", "query", "refundquery"});  // a part of the channel lags behind
        armed.left = 1;
    } else if (armed.name == "system_error") {
        action = word(system_errors);
    } else if (armed.name == "unlisted_code") {
        action = "code:NOBODY_WROTE_THIS_DOWN";
    } else if (armed.name == "rate_limit") {
        action = word(rate_limits);
    } else if (armed.name == "http") {
        action = "http:502";
    } else if (armed.name == "body") {
        action = std::string("body:") + dice.pick({"", "<xml>", "{\"alipay", "busy"});
    } else if (armed.name == "late") {
        action = "delay:" + std::to_string(dice.between(500, 25'000));
    } else if (armed.name == "refund") {
        armed.op = "refund";
        // Alipay knows no refund but one that is done; an abnormal one ends with a person.
        action = is_wechat ? dice.pick({"refund:processing:20", "refund:processing:900",
                                        "refund:processing:90", "refund:close", "refund:close",
                                        "refund:syserr:2", "refund:lost", "refund:lost", "refund:abnormal"})
                           : dice.pick({"refund:syserr:2", "refund:lost", "refund:needretry"});
    }
    // Spoilt on its way: whoever knows what the channel answered sees that this was not it.
    armed.is_channels_own = armed.name != "badsign";
    const auto parsed = sim::parse_fault_action(action, armed.fault);
    HUITONG_ASSERT(parsed.has_value(), "a fault of the plan is one that the simulators know");
    armed.fault.channel = armed.side;
    arm(std::move(armed), dice);
}

Seen Faults::see(const net::Origin& to, const net::Request& request) {
    Seen seen;
    if (to == app::SimPlatform::gateway_origin()) {
        seen.side = request.path().starts_with("/notify/") ? "notice" : "gateway";
        seen.op = request.path().substr(request.path().rfind('/') + 1);
        return seen;
    }
    const bool is_wechat = to == app::SimPlatform::wechat_origin();
    seen.side = is_wechat ? "wechat" : "alipay";
    seen.op = app::channel_op(request);
    seen.number = number_in(request);
    seen.refund_number = value_after(request.body, is_wechat ? "out_refund_no" : "out_request_no");
    const std::string& named = seen.refund_number.empty() ? seen.number : seen.refund_number;
    if (seen.op == "pay")
        amounts_[named] = value_after(request.body, is_wechat ? "total_fee" : "total_amount");
    if (seen.op == "refund")
        amounts_[named] = value_after(request.body, is_wechat ? "refund_fee" : "refund_amount");
    if (const auto known = amounts_.find(named); known != amounts_.end()) seen.amount = known->second;
    // Scenario 44: the channel says that it did not execute the call, and executes the next with that number.
    // A copy would be that next call, made by nobody.
    seen.is_paid_on_repeat = value_after(request.body, "auth_code").substr(0, 16).ends_with("44");
    return seen;
}

Fate Faults::fate_of(const net::Origin& to, const net::Request& request) {
    const core::Instant now = stage_.time().now();
    const Seen seen = see(to, request);
    std::erase_if(outages_, [&](const Outage& one) { return one.until <= now; });
    const auto outage = std::ranges::find(outages_, seen.side, &Outage::side);
    if (outage != outages_.end()) {
        stage_.counts.add("call during an outage");
        if (!std::exchange(outage->has_struck, true)) stage_.counts.add("fault outage");
        disturbed_.insert(seen.number);
        return outage->manner;
    }
    std::erase_if(armed_, [&](const Armed& one) { return one.until <= now || one.left <= 0; });
    const auto armed = std::ranges::find_if(armed_, [&](const Armed& one) {
        return one.side == seen.side && (one.op.empty() || one.op == seen.op);
    });
    if (armed == armed_.end()) return {};
    --armed->left;
    return strike(*armed, seen);
}

Fate Faults::strike(const Armed& armed, const Seen& seen) {
    const std::string where = seen.side == "gateway" ? "till " : seen.side == "notice" ? "notice " : "";
    if (armed.name == "copy" && seen.is_paid_on_repeat) return {};
    // A lagging part of a channel denies an order once, not look after look.
    if (armed.name == "not_found" && !denied_.insert(seen.number).second) return {};
    const bool is_counted_when_it_bites = armed.name == "forge" || armed.name == "badsign";
    if (!is_counted_when_it_bites) stage_.counts.add("fault " + where + armed.name);
    // What became of an answer does not change what the channel saw.
    constexpr std::string_view of_answers[] = {"lose_answer", "reset_answer", "delay_answer",
                                               "forge",       "badsign",      "amount",
                                               "body",        "late",         "reset_after"};
    if (std::ranges::find(of_answers, armed.name) == std::end(of_answers)) disturbed_.insert(seen.number);
    stage_.say("fault " + armed.name + " on " + seen.side + " " + seen.op + " " + seen.number);
    if (armed.is_channels_own) {
        sim::Fault fault = armed.fault;
        fault.op = fault_op(seen.side, seen.op);
        fault.out_trade_no = seen.number;
        stage_.platform.simulators().add_fault(std::move(fault));
        return watch(armed.name, seen);
    }
    if (armed.name == "lose_request") return NetworkFault::lose_request;
    if (armed.name == "lose_answer") return NetworkFault::lose_answer;
    if (armed.name == "reset_answer") return NetworkFault::reset_answer;
    if (armed.name == "refuse") return NetworkFault::refuse;
    if (armed.name == "forge") return forge(armed, seen);
    if (armed.name == "badsign") return spoil(seen);
    Fate fate;
    if (armed.name == "copy") fate.copy_after = armed.span;
    if (armed.name == "delay_request" || armed.name == "hold_back") fate.request_delay = armed.span;
    if (armed.name == "delay_answer") fate.answer_delay = armed.span;
    return fate;
}

Fate Faults::forge(const Armed& armed, const Seen& seen) {
    Fate fate;
    fate.tamper = [this, seen, state = armed.state](net::Response& response) {
        if (!forge_answer(seen, state, response.body)) return;
        stage_.counts.add("fault forge");
        stage_.counts.add("forged " + seen.op);
    };
    return fate;
}

// Counts where a fault that is ordered at a channel is heard.
Fate Faults::watch(const std::string& name, const Seen& seen) {
    Fate fate;
    if (name != "amount" && name != "not_found") return fate;
    fate.tamper = [this, name, seen](const net::Response& response) {
        const std::string& body = response.body;
        const std::string told = value_after(body, seen.side == "wechat" ? "total_fee" : "total_amount");
        const bool is_denied = body.contains("ORDERNOTEXIST") || body.contains("REFUNDNOTEXIST") ||
                               body.contains("ACQ.TRADE_NOT_EXIST");
        const bool bites = name == "amount" ? !told.empty() && told != seen.amount : is_denied;
        if (bites) stage_.counts.add("heard " + name);
    };
    return fate;
}

Fate Faults::spoil(const Seen& seen) {
    Fate fate;
    fate.tamper = [this, side = seen.side](net::Response& response) {
        if (spoil_signature(side, response.body)) stage_.counts.add("fault badsign");
    };
    return fate;
}

}  // namespace huitong::simulate
