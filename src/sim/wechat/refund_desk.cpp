// refund and refundquery (spec/channels 1A.9, 1A.10, 3.3). WeChat documents no code for a refund above what
// was paid, nor for a number repeated with other content; ours are those its users report.
#include <fmt/format.h>

#include "core/money.hpp"
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr core::Duration refund_limit = std::chrono::hours(24 * 365);
constexpr core::Duration shortest_interval = std::chrono::minutes(1);
constexpr int max_refunds = 50;
constexpr std::size_t page_size = 10;
constexpr std::string_view refund_prefix = "5030000826";

// Where the number ends in the serial, plus one.
constexpr std::size_t serial_at = 18;

void add_refund(Outcome& outcome, const Refund& refund, std::string_view status, std::size_t n) {
    const auto add = [&](std::string_view name, std::string_view value) {
        outcome.add(fmt::format("{}_{}", name, n), value);
    };
    const std::string fee = std::to_string(refund.amount_fen);
    add("out_refund_no", refund.number);
    add("refund_id", refund_id(refund));
    add("refund_channel", "ORIGINAL");
    add("refund_fee", fee);
    add("settlement_refund_fee", fee);
    add("refund_status", status);
    add("refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS");
    add("refund_recv_accout", "支付用户零钱");
    if (refund.state == RefundState::succeeded) {
        add("refund_success_time", core::to_beijing_text(refund.ends_at));
    }
}

}  // namespace

std::string refund_id(const Refund& refund) {
    return fmt::format("{}{}{:011}", refund_prefix, core::to_beijing_compact(refund.accepted_at).substr(0, 8),
                       refund.serial + 1ULL);
}

std::optional<Target> Desk::find_refund(const sim::Call& call) {
    if (call.refund_id.empty() && call.refund_number.empty()) return std::nullopt;
    Refund* refund = nullptr;
    if (call.refund_id.empty()) {
        refund = books().refunds().find(call.account, call.refund_number);
    } else if (call.refund_id.size() > serial_at) {
        const auto serial = core::parse_minor(call.refund_id.substr(serial_at)).value_or(0);
        if (serial > 0) refund = books().refunds().at(static_cast<std::uint64_t>(serial - 1));
        if (refund != nullptr && refund_id(*refund) != call.refund_id) refund = nullptr;
    }
    if (refund == nullptr) return Target{};
    Order& order = books().orders()[refund->order];
    return order.account() == call.account ? Target{&order, refund} : Target{};
}

std::optional<Outcome> Desk::refuse_refund(const Call& call, const Target& target, core::Instant now) {
    const Order& order = *target.order;
    const Refund& refund = *target.refund;
    const auto refuse = [&](std::string_view code, std::string_view text) {
        return std::optional<Outcome>(fail(call, random_, code, text));
    };
    constexpr std::string_view differs = "订单金额或退款金额与之前请求不一致，请核实后再试";
    if (refund.order != order.serial) return refuse("INVALID_REQUEST", differs);
    if (order.state == State::revoked) return refuse("TRADE_STATE_ERROR", "订单已撤销，不能退款");
    if (order.state != State::paid) return refuse("ORDERNOTEXIST", "订单不存在或未支付");
    if (order.amount_fen != call.amount_fen) return refuse("INVALID_REQUEST", differs);
    if (refund.is_accepted()) {
        if (refund.amount_fen != call.refund_fen) return refuse("INVALID_REQUEST", differs);
        return std::nullopt;
    }
    if (now > order.paid_at + refund_limit) return refuse("TRADE_OVERDUE", "订单已经超过可退款的最大期限");
    const bool is_too_soon =
        order.refunded_at != core::Instant{} && now - order.refunded_at < shortest_interval;
    if (is_too_soon) return refuse("FREQUENCY_LIMITED", "同一笔订单的退款间隔需大于1分钟");
    const std::int64_t held = books().held_fen(order);
    if (held == order.amount_fen) return refuse("ERROR", "订单已全额退款");
    if (held + call.refund_fen > order.amount_fen) return refuse("ERROR", "累计退款金额大于支付金额");
    if (order.refunds >= max_refunds) return refuse("ERROR", "退款次数超过限制");
    return std::nullopt;
}

Outcome Desk::refund(const Call& call, const Target& target, core::Instant now) {
    if (target.order == nullptr) return fail(call, random_, "INVALID_TRANSACTIONID", "无效transaction_id");
    if (!is_there(call, target.order)) return fail(call, random_, "ORDERNOTEXIST", "订单不存在");
    const Order& order = *target.order;
    Refund& refund = *target.refund;
    const Trouble trouble = refund_trouble(call, refund);
    if (trouble == Trouble::system_error) return fail(call, random_, "SYSTEMERROR", "接口返回错误");
    if (trouble == Trouble::need_retry) {
        return fail(call, random_, "BIZERR_NEED_RETRY", "退款业务流程错误，需要商户触发重试来解决");
    }
    if (auto refused = refuse_refund(call, target, now)) {
        if (refused->get("err_code") == "FREQUENCY_LIMITED") {
            violate(order, now, "refund_too_soon", "two refunds of one order within a minute");
        }
        return std::move(*refused);
    }
    if (!refund.is_accepted()) {
        accept_refund(call, target, now, std::chrono::seconds(options_.refund_settles_after_s));
        refund.is_v3 = call.api == Api::v3;
    }
    if (call.api == Api::v3) {
        Outcome accepted = succeed(call, random_);
        add_refund_v3(accepted, order, refund);
        if (trouble == Trouble::lost) accepted.drop();
        return accepted;
    }
    const std::string total = std::to_string(order.amount_fen);
    const std::string fee = std::to_string(refund.amount_fen);
    Outcome outcome = succeed(call, random_);
    outcome.add("transaction_id", trade_id(order));
    outcome.add("out_trade_no", order.number());
    outcome.add("out_refund_no", refund.number);
    outcome.add("refund_id", refund_id(refund));
    outcome.add("refund_fee", fee);
    outcome.add("total_fee", total);
    outcome.add("cash_fee", total);
    outcome.add("cash_refund_fee", fee);
    outcome.add("coupon_refund_fee", "0");
    outcome.add("coupon_refund_count", "0");
    if (trouble == Trouble::lost) outcome.drop();
    return outcome;
}

std::vector<std::pair<std::string, std::string>> Desk::refund_notice(const Order& order,
                                                                     const Refund& refund) const {
    const std::string total = std::to_string(order.amount_fen);
    const std::string fee = std::to_string(refund.amount_fen);
    const bool is_done = refund.state == RefundState::succeeded;
    return {{"transaction_id", trade_id(order)},
            {"out_trade_no", std::string(order.number())},
            {"refund_id", refund_id(refund)},
            {"out_refund_no", refund.number},
            {"total_fee", total},
            {"settlement_total_fee", total},
            {"refund_fee", fee},
            {"settlement_refund_fee", fee},
            {"refund_status", std::string(profile_.state(refund))},
            {"success_time", is_done ? core::to_beijing_text(refund.ends_at) : std::string()},
            {"refund_recv_accout", "支付用户零钱"},
            {"refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS"},
            {"refund_request_source", "API"}};
}

Outcome Desk::refundquery(const Call& call, const Target& target) {
    if (!is_there(call, target.order)) return say_not_found(call);
    const Order& order = *target.order;
    std::vector<Refund*> found;
    for (Refund* const refund : books().refunds().of(order.serial)) {
        const bool is_asked_for = target.refund == nullptr || target.refund == refund;
        if (is_asked_for && refund->is_accepted()) found.push_back(refund);
    }
    if (found.empty()) return say_not_found(call);
    if (call.api == Api::v3) {
        Outcome shown = succeed(call, random_);
        add_refund_v3(shown, order, *found.front());
        return shown;
    }
    const std::string total = std::to_string(order.amount_fen);
    const auto offset = core::parse_minor(call.fields.get("offset")).value_or(0);
    const std::size_t begin = std::min(static_cast<std::size_t>(offset), found.size());
    const std::size_t end = std::min(begin + page_size, found.size());
    Outcome outcome = succeed(call, random_);
    outcome.add("transaction_id", trade_id(order));
    outcome.add("out_trade_no", order.number());
    outcome.add("total_fee", total);
    outcome.add("cash_fee", total);
    outcome.add("total_refund_count", std::to_string(found.size()));
    outcome.add("refund_count", std::to_string(end - begin));
    for (std::size_t i = begin; i < end; ++i) {
        add_refund(outcome, *found[i], profile().state(*found[i]), i - begin);
    }
    return outcome;
}

}  // namespace huitong::sim::wechat
