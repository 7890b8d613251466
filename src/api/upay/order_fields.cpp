#include "api/upay/order_fields.hpp"

#include <utility>

#include "api/upay/envelope.hpp"
#include "net/http_client.hpp"
#include "payments/notify.hpp"

namespace huitong::api::upay {

namespace {

std::string member_text(const codec::Json& object, std::string_view key) {
    const codec::Json* member = object.find(key);
    const auto* text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string{} : *text;
}

// Some leave the scheme out (spec/upay 2.4).
std::string read_notify_url(Fields& fields) {
    std::string url = fields.text("notify_url", {.most = 128});
    if (url.empty()) return url;
    if (url.find("://") == std::string::npos) url.insert(0, "http://");
    if (!net::parse_url(url)) fields.refuse("notify_url不是合法的地址");
    return url;
}

int notify_flags_of(const ports::AppSwitches& switches) {
    const bool is_prefixed = switches.notify_header == ports::NotifyHeader::sn_prefixed;
    return (switches.notify_canceled ? payments::notify_canceled : 0) |
           (switches.notify_refunded ? payments::notify_refunded : 0) |
           (is_prefixed ? payments::notify_sn_prefixed : 0);
}

}  // namespace

OrderFields read_order(Fields& fields, Need payway, const ports::AppSwitches& switches) {
    OrderFields order;
    const std::size_t most_of_client_sn = switches.long_client_sn ? 64 : 32;
    order.client_sn = fields.text("client_sn", {Need::required, most_of_client_sn, Unit::bytes});
    order.amount_fen = fields.amount("total_amount");
    order.payway = fields.digits("payway", {payway, 32});
    order.subject = fields.text("subject", {Need::required, 64});
    order.operator_name = fields.text("operator", {.most = 64});
    (void)fields.text("description", {.most = 256});
    const std::string longitude = fields.text("longitude", {.most = 32});
    const std::string latitude = fields.text("latitude", {.most = 32});
    if (longitude.empty() != latitude.empty()) fields.refuse("longitude与latitude必须同时出现");
    (void)fields.text("device_id", {.most = 128});
    const codec::Json extended = fields.object_or_text("extended");
    check_extended(fields, extended);
    order.attach = member_text(extended, "attach");
    order.goods_tag = member_text(extended, "goods_tag");
    check_goods_details(fields, fields.array_or_text("goods_details"));
    order.reflect = fields.text_or_json("reflect", 64);
    order.notify_url = read_notify_url(fields);
    return order;
}

std::optional<payments::ChannelKind> channel_of_payway(std::string_view payway) {
    if (payway == "3") return payments::ChannelKind::wechat;
    if (payway == "1" || payway == "2") return payments::ChannelKind::alipay;
    return std::nullopt;
}

flows::OrderCommand order_command(OrderFields order, const Call& call, payments::ChannelKind channel,
                                  core::Duration wait) {
    const ports::Terminal& terminal = call.terminal.terminal;
    return {.merchant_sn = terminal.merchant_sn,
            .store_sn = terminal.store_sn,
            .terminal_sn = terminal.sn,
            .terminal_ip = call.terminal_ip,
            .client_sn = std::move(order.client_sn),
            .amount = core::fen(order.amount_fen),
            .channel = channel,
            .subject = std::move(order.subject),
            .operator_name = std::move(order.operator_name),
            .reflect = std::move(order.reflect),
            .attach = std::move(order.attach),
            .goods_tag = std::move(order.goods_tag),
            .notify_url = std::move(order.notify_url),
            .notify_flags = notify_flags_of(call.terminal.switches),
            .arrived_at = call.arrived_at,
            .wait_until = call.arrived_at + wait};
}

std::string not_begun(const core::Error& error, std::string_view client_sn) {
    return write_rejection(begin_rejection(error, client_sn));
}

}  // namespace huitong::api::upay
