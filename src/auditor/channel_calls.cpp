// What leaves for the channels: WeChat Pay v2's flat XML (spec/channels 1A.4–1A.10), Alipay's parameters in
// query and body (spec/channels 2.1, 2.3–2.8).
#include <algorithm>
#include <array>

#include "auditor/messages.hpp"
#include "codec/form.hpp"
#include "codec/json.hpp"
#include "codec/xml.hpp"
#include "core/money.hpp"

namespace huitong::auditor {

namespace {

struct OpName {
    std::string_view name;
    ChannelOp op;
};

constexpr std::array<OpName, 7> wechat_paths{{{"/pay/micropay", ChannelOp::pay},
                                              {"/pay/unifiedorder", ChannelOp::launch},
                                              {"/pay/orderquery", ChannelOp::query},
                                              {"/secapi/pay/reverse", ChannelOp::reverse},
                                              {"/secapi/pay/refund", ChannelOp::refund},
                                              {"/pay/refundquery", ChannelOp::refund_query},
                                              {"/pay/closeorder", ChannelOp::close}}};
constexpr std::array<OpName, 10> alipay_methods{
    {{"alipay.trade.pay", ChannelOp::pay},
     {"alipay.trade.precreate", ChannelOp::launch},
     {"alipay.trade.create", ChannelOp::launch},
     {"alipay.trade.wap.pay", ChannelOp::launch},
     {"alipay.trade.app.pay", ChannelOp::launch},
     {"alipay.trade.query", ChannelOp::query},
     {"alipay.trade.cancel", ChannelOp::reverse},
     {"alipay.trade.refund", ChannelOp::refund},
     {"alipay.trade.fastpay.refund.query", ChannelOp::refund_query},
     {"alipay.trade.close", ChannelOp::close}}};

std::optional<std::int64_t> fen_of(std::string_view minor) {
    const auto fen = core::parse_minor(minor);
    return fen ? std::optional(*fen) : std::nullopt;
}

std::optional<std::int64_t> fen_of_yuan(std::string_view yuan) {
    const auto money = core::parse_decimal(yuan, core::Currency::CNY);
    return money ? std::optional(money->minor()) : std::nullopt;
}

std::string text_of(const codec::Json& object, std::string_view name) {
    const codec::Json* const member = object.find(name);
    const std::string* const text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string() : *text;
}

// The public parameters and biz_content, wherever they stand.
struct Parameters {
    std::string method;
    std::string app_id;
    std::string content;
};

void read_parameters(Parameters& found, std::string_view form) {
    auto fields = codec::parse_form(form);
    if (!fields) return;
    for (auto& [name, value] : *fields) {
        if (name == "method") found.method = std::move(value);
        if (name == "app_id") found.app_id = std::move(value);
        if (name == "biz_content") found.content = std::move(value);
    }
}

}  // namespace

std::string_view to_string(ChannelOp op) {
    switch (op) {
        case ChannelOp::pay:
            return "pay";
        case ChannelOp::launch:
            return "launch";
        case ChannelOp::query:
            return "query";
        case ChannelOp::reverse:
            return "reverse";
        case ChannelOp::refund:
            return "refund";
        case ChannelOp::refund_query:
            return "refund query";
        case ChannelOp::close:
            return "close";
    }
    return "?";
}

std::string_view to_string(Side side) {
    return side == Side::wechat ? "wechat" : "alipay";
}

std::optional<ChannelCall> read_wechat_call(const net::Request& request) {
    const std::string_view path = request.path();
    const auto known =
        std::ranges::find_if(wechat_paths, [path](const OpName& one) { return path.ends_with(one.name); });
    if (known == wechat_paths.end()) return std::nullopt;
    const auto fields = codec::parse_flat_xml(request.body);
    if (!fields) return std::nullopt;
    ChannelCall call{.side = Side::wechat, .op = known->op};
    call.account = fields->get("mch_id");
    call.number = fields->get("out_trade_no");
    call.refund_number = fields->get("out_refund_no");
    call.code = fields->get("auth_code");
    call.subject = fields->get("body");
    call.terminal_sn = fields->get("device_info");
    call.amount = fen_of(fields->get("total_fee"));
    call.refund = fen_of(fields->get("refund_fee"));
    return call;
}

std::optional<ChannelCall> read_alipay_call(const net::Request& request) {
    Parameters found;
    read_parameters(found, request.query());
    read_parameters(found, request.body);
    const auto* const known = std::ranges::find(alipay_methods, found.method, &OpName::name);
    if (known == alipay_methods.end()) return std::nullopt;
    const auto content = codec::parse_json(found.content);
    if (!content) return std::nullopt;
    ChannelCall call{.side = Side::alipay, .op = known->op, .account = found.app_id};
    call.number = text_of(*content, "out_trade_no");
    call.refund_number = text_of(*content, "out_request_no");
    call.code = text_of(*content, "auth_code");
    call.subject = text_of(*content, "subject");
    call.terminal_sn = text_of(*content, "terminal_id");
    call.amount = fen_of_yuan(text_of(*content, "total_amount"));
    call.refund = fen_of_yuan(text_of(*content, "refund_amount"));
    return call;
}

std::optional<ChannelCall> read_alipay_string(const std::string& launch) {
    if (!launch.contains("method=alipay.trade.")) return std::nullopt;
    net::Request request;
    request.target = "/gateway.do?" + launch.substr(launch.find('?') + 1);
    return read_alipay_call(request);
}

}  // namespace huitong::auditor
