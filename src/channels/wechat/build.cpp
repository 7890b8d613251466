// The requests of WeChat Pay v2 (spec/channels 1A.1–1A.10).
#include <algorithm>

#include "channels/wechat/wire.hpp"
#include "codec/json.hpp"
#include "core/assert.hpp"
#include "core/mutation.hpp"
#include "net/http_client.hpp"

namespace huitong::channels::wechat {

namespace {

constexpr std::size_t max_openid_bytes = 128;
constexpr std::size_t max_wap_name_bytes = 32;

// At most `max_bytes` of `text`, cut between characters. What XML cannot carry goes first, because the
// channel signs what it reads: control characters become blanks, and of a text that is not UTF-8 only ASCII
// is kept.
std::string clean_text(std::string_view text, std::size_t max_bytes) {
    const bool is_utf8 = codec::is_utf8(text);
    std::string clean;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && !is_utf8) continue;
        clean += byte < 0x20 || byte == 0x7F ? ' ' : c;
    }
    for (const std::string_view illegal : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {  // U+FFFE, U+FFFF
        for (auto at = clean.find(illegal); at != clean.npos; at = clean.find(illegal))
            clean.erase(at, illegal.size());
    }
    if (clean.size() <= max_bytes) return clean;
    std::size_t end = max_bytes;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;
    clean.resize(end);
    return clean;
}

std::string mask_code(std::string_view code) {
    constexpr std::size_t head = 2;
    constexpr std::size_t tail = 4;
    std::string masked(code.size(), '*');
    if (code.size() <= head + tail) return masked;
    std::ranges::copy(code.substr(0, head), masked.begin());
    std::ranges::copy(code.substr(code.size() - tail), masked.end() - tail);
    return masked;
}

void set_if_any(codec::XmlFields& fields, std::string_view name, std::string value) {
    if (!value.empty()) fields.set(std::string(name), std::move(value));
}

codec::XmlFields common_fields(const ports::ChannelAccount& account, std::string nonce) {
    codec::XmlFields fields;
    fields.set("appid", account.app_id);
    fields.set("mch_id", account.mch_id);
    set_if_any(fields, "sub_appid", account.sub_app_id);
    set_if_any(fields, "sub_mch_id", account.sub_mch_id);
    fields.set("nonce_str", std::move(nonce));
    fields.set("sign_type", std::string(to_string(sign_type_of(account))));
    return fields;
}

CallText finish(codec::XmlFields fields, const ports::ChannelAccount& account) {
    fields.set("sign", sign(fields, sign_type_of(account), account.api_key));
    CallText text;
    text.body = codec::write_flat_xml(fields);
    if (const std::string* code = fields.find("auth_code")) fields.set("auth_code", mask_code(*code));
    text.masked = codec::write_flat_xml(fields);
    return text;
}

// What micropay and unifiedorder have in common.
template <class Order>
codec::XmlFields order_fields(const ports::ChannelAccount& account, const Order& order, std::string nonce) {
    HUITONG_ASSERT(order.amount.currency() == core::Currency::CNY, "WeChat Pay v2 takes CNY only");
    codec::XmlFields fields = common_fields(account, std::move(nonce));
    set_if_any(fields, "device_info", order.terminal_sn);
    fields.set("body", clean_text(order.subject, max_body_bytes));
    set_if_any(fields, "attach", clean_text(order.attach, max_attach_bytes));
    fields.set("out_trade_no", order.number);
    fields.set("total_fee", std::to_string(order.amount.minor()));
    fields.set("fee_type", "CNY");
    fields.set("spbill_create_ip", order.terminal_ip.empty() ? account.server_ip : order.terminal_ip);
    set_if_any(fields, "goods_tag", clean_text(order.goods_tag, max_goods_tag_bytes));
    return fields;
}

// MWEB must say which site calls: ours, as far as a call knows it.
std::string scene_of(const ports::LaunchCall& call) {
    const auto site = net::parse_base_url(call.notify_url);
    HUITONG_ASSERT(site.has_value(), "launch_defect was not asked");
    const codec::JsonObject info{{"type", codec::Json("Wap")},
                                 {"wap_url", codec::Json(site->origin.text())},
                                 {"wap_name", codec::Json(clean_text(call.subject, max_wap_name_bytes))}};
    return codec::write_json(codec::Json(codec::JsonObject{{"h5_info", codec::Json(info)}}));
}

CallText build_by_number(const ports::ChannelAccount& account, std::string_view number, std::string nonce) {
    codec::XmlFields fields = common_fields(account, std::move(nonce));
    fields.set("out_trade_no", std::string(number));
    return finish(std::move(fields), account);
}

}  // namespace

std::string_view path_of(Call call) {
    switch (call) {
        case Call::micropay:
            return "/pay/micropay";
        case Call::unifiedorder:
            return "/pay/unifiedorder";
        case Call::orderquery:
            return "/pay/orderquery";
        case Call::reverse:
            return "/secapi/pay/reverse";
        case Call::refund:
            return "/secapi/pay/refund";
        case Call::refundquery:
            return "/pay/refundquery";
        case Call::closeorder:
            return "/pay/closeorder";
    }
    return "";
}

std::string_view to_string(Call call) {
    switch (call) {
        case Call::micropay:
            return "micropay";
        case Call::unifiedorder:
            return "unifiedorder";
        case Call::orderquery:
            return "orderquery";
        case Call::reverse:
            return "reverse";
        case Call::refund:
            return "refund";
        case Call::refundquery:
            return "refundquery";
        case Call::closeorder:
            return "closeorder";
    }
    return "";
}

std::string_view account_defect(const ports::ChannelAccount& account) {
    if (!parse_sign_type(account.sign_type)) return "bad_sign_type";
    if (account.app_id.empty() || account.mch_id.empty() || account.api_key.empty()) return "bad_account";
    return "";
}

std::string_view trade_type_of(payments::Product product) {
    switch (product) {
        case payments::Product::barcode:
            return "MICROPAY";
        case payments::Product::qr:
            return "NATIVE";
        case payments::Product::wap:
        case payments::Product::mini_program:
            return "JSAPI";
        case payments::Product::app:
            return "APP";
        case payments::Product::h5:
            return "MWEB";
    }
    return "";
}

bool needs_payer(payments::Product product) {
    return trade_type_of(product) == "JSAPI";
}

std::string_view launch_defect(const ports::ChannelAccount& account, const ports::LaunchCall& call) {
    if (call.terminal_ip.empty() && account.server_ip.empty()) return "no_terminal_ip";
    if (needs_payer(call.product) && call.payer_id.empty()) return "no_payer";
    if (!net::parse_base_url(call.notify_url) || call.notify_url.contains('?')) return "bad_notify_url";
    return "";
}

SignType sign_type_of(const ports::ChannelAccount& account) {
    const auto type = parse_sign_type(account.sign_type);
    HUITONG_ASSERT(type.has_value(), "account_defect was not asked");
    return *type;
}

CallText build_micropay(const ports::ChannelAccount& account, const ports::PayByCode& call,
                        std::string nonce) {
    codec::XmlFields fields = order_fields(account, call, std::move(nonce));
    fields.set("auth_code", call.payment_code);
    return finish(std::move(fields), account);
}

CallText build_unifiedorder(const ports::ChannelAccount& account, const ports::LaunchCall& call,
                            std::string nonce) {
    HUITONG_ASSERT(call.product != payments::Product::barcode, "a payment code is not launched");
    codec::XmlFields fields = order_fields(account, call, std::move(nonce));
    fields.set("trade_type", std::string(trade_type_of(call.product)));
    fields.set("notify_url", call.notify_url);
    fields.set("time_start", core::to_beijing_compact(call.created_at));
    fields.set("time_expire", core::to_beijing_compact(call.expires_at));
    if (call.product == payments::Product::qr) fields.set("product_id", call.number);
    if (call.product == payments::Product::h5) fields.set("scene_info", scene_of(call));
    // The payer as the application knows it whose page or mini-program calls the wallet.
    if (needs_payer(call.product))
        fields.set(account.sub_app_id.empty() ? "openid" : "sub_openid",
                   clean_text(call.payer_id, max_openid_bytes));
    return finish(std::move(fields), account);
}

CallText build_orderquery(const ports::ChannelAccount& account, std::string_view number, std::string nonce) {
    return build_by_number(account, number, std::move(nonce));
}

CallText build_reverse(const ports::ChannelAccount& account, std::string_view number, std::string nonce) {
    return build_by_number(account, number, std::move(nonce));
}

CallText build_closeorder(const ports::ChannelAccount& account, std::string_view number, std::string nonce) {
    return build_by_number(account, number, std::move(nonce));
}

CallText build_refund(const ports::ChannelAccount& account, const ports::RefundRef& refund,
                      std::string nonce) {
    const bool is_cny = refund.amount.currency() == core::Currency::CNY &&
                        refund.trade_amount.currency() == core::Currency::CNY;
    HUITONG_ASSERT(is_cny, "WeChat Pay v2 takes CNY only");
    codec::XmlFields fields = common_fields(account, std::move(nonce));
    fields.set("out_trade_no", refund.trade_number);
    fields.set("out_refund_no", refund.refund_number);
    fields.set("total_fee", std::to_string(refund.trade_amount.minor()));
    const core::Money part = HUITONG_MUTATED("refund_of_whole_trade") ? refund.trade_amount : refund.amount;
    fields.set("refund_fee", std::to_string(part.minor()));
    fields.set("refund_fee_type", "CNY");
    set_if_any(fields, "refund_desc", clean_text(refund.reason, max_refund_desc_bytes));
    set_if_any(fields, "notify_url", refund.notify_url);
    return finish(std::move(fields), account);
}

CallText build_refundquery(const ports::ChannelAccount& account, std::string_view refund_number,
                           std::string nonce) {
    codec::XmlFields fields = common_fields(account, std::move(nonce));
    fields.set("out_refund_no", std::string(refund_number));
    return finish(std::move(fields), account);
}

}  // namespace huitong::channels::wechat
