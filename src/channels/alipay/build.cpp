// The requests of Alipay's gateway (spec/channels 2.1, 2.3–2.8) and of the payer's device.
#include <algorithm>

#include "channels/alipay/wire.hpp"
#include "codec/json.hpp"
#include "core/assert.hpp"
#include "core/mutation.hpp"

namespace huitong::channels::alipay {

namespace {

// At most `max_bytes` of `text`, cut between characters. What Alipay does not take in a subject becomes
// blanks, control characters too; of a text that is not UTF-8 only ASCII is kept.
std::string clean_text(std::string_view text, std::size_t max_bytes) {
    constexpr std::string_view forbidden = "/=&";
    const bool is_utf8 = codec::is_utf8(text);
    std::string clean;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && !is_utf8) continue;
        const bool is_blank = byte < 0x20 || byte == 0x7F || forbidden.find(c) != forbidden.npos;
        clean += is_blank ? ' ' : c;
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

std::string yuan(core::Money amount) {
    HUITONG_ASSERT(amount.currency() == core::Currency::CNY, "Alipay's trade calls take CNY only");
    if (HUITONG_MUTATED("fen_sent_as_yuan")) return std::to_string(amount.minor());
    return core::to_decimal(amount);
}

void add_if_any(codec::JsonObject& object, std::string_view name, std::string value) {
    if (!value.empty()) object.emplace_back(std::string(name), codec::Json(std::move(value)));
}

// Users have numbers beginning with 2088, or another number for each application.
std::string_view payer_name_of(std::string_view payer_id) {
    constexpr std::size_t user_id_digits = 16;
    const bool is_user_id = payer_id.size() == user_id_digits && payer_id.starts_with("2088") &&
                            payer_id.find_first_not_of("0123456789") == payer_id.npos;
    return is_user_id ? "buyer_id" : "buyer_open_id";
}

codec::FormFields public_parameters(Call call, const Sender& sender) {
    codec::FormFields fields{{"app_id", sender.account.app_id},
                             {"method", std::string(method_of(call))},
                             {"format", "JSON"},
                             {"charset", "utf-8"},
                             {"sign_type", "RSA2"},
                             {"timestamp", core::to_beijing_text(sender.now)},
                             {"version", "1.0"}};
    if (!sender.keys.app_cert_sn.empty()) {
        fields.emplace_back("app_cert_sn", sender.keys.app_cert_sn);
        fields.emplace_back("alipay_root_cert_sn", sender.keys.root_cert_sn);
    }
    if (!sender.account.app_auth_token.empty()) {
        fields.emplace_back("app_auth_token", std::string(sender.account.app_auth_token.reveal()));
    }
    return fields;
}

// What is kept of a request: the signed text, without signature, token and most of the payment code.
std::string masked(codec::FormFields all, codec::JsonObject content) {
    for (auto& [name, value] : content) {
        if (name == "auth_code") value = codec::Json(mask_code(*value.as_string()));
    }
    for (auto& [name, value] : all) {
        if (name == "biz_content") value = codec::write_json(codec::Json(content));
        if (name == "app_auth_token") value = "***";
    }
    return text_to_sign(all) + "&sign=***";
}

// `fields`: the public parameters.
CallText finish(codec::FormFields fields, const Sender& sender, codec::JsonObject content) {
    codec::FormFields all = fields;
    const codec::FormField biz_content{"biz_content", codec::write_json(codec::Json(content))};
    all.push_back(biz_content);
    fields.emplace_back("sign", sign(all, sender.keys.app));
    CallText text;
    text.query = codec::write_form(fields);
    text.body = codec::write_form({biz_content});
    text.masked = masked(std::move(all), std::move(content));
    return text;
}

CallText finish(Call call, const Sender& sender, codec::JsonObject content) {
    return finish(public_parameters(call, sender), sender, std::move(content));
}

// What pay and the launches have in common.
template <class Order>
codec::JsonObject order_content(const Sender& sender, const Order& order, std::string_view product_code) {
    std::string subject = clean_text(order.subject, max_text_bytes);
    if (subject.find_first_not_of(' ') == subject.npos) subject = order.number;  // it may not be blank
    codec::JsonObject content{{"out_trade_no", codec::Json(order.number)},
                              {"subject", codec::Json(std::move(subject))},
                              {"total_amount", codec::Json(yuan(order.amount))},
                              {"product_code", codec::Json(product_code)}};
    add_if_any(content, "seller_id", sender.account.mch_id);
    add_if_any(content, "terminal_id", clean_text(order.terminal_sn, max_terminal_id_bytes));
    const std::string passback = codec::percent_encode(order.attach);
    if (passback.size() <= max_passback_bytes) add_if_any(content, "passback_params", passback);
    return content;
}

std::string_view product_code_of(Call call) {
    if (call == Call::wap_pay) return "QUICK_WAP_WAY";
    return call == Call::app_pay ? "QUICK_MSECURITY_PAY" : "FACE_TO_FACE_PAYMENT";
}

codec::JsonObject launch_content(const Sender& sender, const ports::LaunchCall& call) {
    const Call method = launch_call_of(call);
    codec::JsonObject content = order_content(sender, call, product_code_of(method));
    add_if_any(content, "time_expire", core::to_beijing_text(call.expires_at));
    if (method == Call::create) add_if_any(content, payer_name_of(call.payer_id), call.payer_id);
    return content;
}

codec::FormFields launch_parameters(const Sender& sender, const ports::LaunchCall& call) {
    const Call method = launch_call_of(call);
    codec::FormFields fields = public_parameters(method, sender);
    if (!call.notify_url.empty()) fields.emplace_back("notify_url", call.notify_url);
    // Without it the payer finds back by himself; with one that is too long he could not begin.
    const bool leads_back = !call.return_url.empty() && call.return_url.size() <= max_return_url_bytes;
    if (method == Call::wap_pay && leads_back) fields.emplace_back("return_url", call.return_url);
    return fields;
}

CallText build_by_number(Call call, const Sender& sender, std::string_view number) {
    return finish(call, sender, {{"out_trade_no", codec::Json(number)}});
}

codec::Json one_option(std::string_view name) {
    return codec::Json(codec::JsonArray{codec::Json(name)});
}

}  // namespace

std::string_view method_of(Call call) {
    switch (call) {
        case Call::pay:
            return "alipay.trade.pay";
        case Call::query:
            return "alipay.trade.query";
        case Call::cancel:
            return "alipay.trade.cancel";
        case Call::refund:
            return "alipay.trade.refund";
        case Call::refund_query:
            return "alipay.trade.fastpay.refund.query";
        case Call::close:
            return "alipay.trade.close";
        case Call::precreate:
            return "alipay.trade.precreate";
        case Call::create:
            return "alipay.trade.create";
        case Call::wap_pay:
            return "alipay.trade.wap.pay";
        case Call::app_pay:
            return "alipay.trade.app.pay";
    }
    return "";
}

std::string_view account_defect(const ports::ChannelAccount& account) {
    if (!account.sign_type.empty() && account.sign_type != "RSA2") return "bad_sign_type";
    if (account.app_id.empty() || account.app_private_key.empty() || account.channel_public_key.empty())
        return "bad_account";
    return "";
}

bool is_number(std::string_view number) {
    constexpr std::size_t max_number_bytes = 64;
    return !number.empty() && number.size() <= max_number_bytes && std::ranges::all_of(number, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    });
}

CallText build_pay(const Sender& sender, const ports::PayByCode& call) {
    codec::JsonObject content = order_content(sender, call, product_code_of(Call::pay));
    add_if_any(content, "scene", "bar_code");
    add_if_any(content, "auth_code", call.payment_code);
    return finish(Call::pay, sender, std::move(content));
}

Call launch_call_of(const ports::LaunchCall& call) {
    using payments::Product;
    HUITONG_ASSERT(call.product != Product::barcode, "a payment code is not launched");
    if (call.product == Product::qr) return Call::precreate;
    if (call.product == Product::app) return Call::app_pay;
    const bool is_known = call.product == Product::wap && !call.payer_id.empty();
    return is_known || call.product == Product::mini_program ? Call::create : Call::wap_pay;
}

CallText build_launch(const Sender& sender, const ports::LaunchCall& call) {
    return finish(launch_parameters(sender, call), sender, launch_content(sender, call));
}

LaunchText build_launch_text(const Sender& sender, const ports::LaunchCall& call) {
    codec::JsonObject content = launch_content(sender, call);
    codec::FormFields all = launch_parameters(sender, call);
    all.emplace_back("biz_content", codec::write_json(codec::Json(content)));
    std::string order_string = signed_string(all, sender.keys.app);
    return {std::move(order_string), masked(std::move(all), std::move(content))};
}

CallText build_query(const Sender& sender, std::string_view number) {
    return finish(Call::query, sender,
                  {{"out_trade_no", codec::Json(number)}, {"query_options", one_option("fund_bill_list")}});
}

CallText build_cancel(const Sender& sender, std::string_view number) {
    return build_by_number(Call::cancel, sender, number);
}

CallText build_close(const Sender& sender, std::string_view number) {
    return build_by_number(Call::close, sender, number);
}

CallText build_refund(const Sender& sender, const ports::RefundRef& refund) {
    codec::JsonObject content{{"out_trade_no", codec::Json(refund.trade_number)},
                              {"refund_amount", codec::Json(yuan(refund.amount))},
                              {"out_request_no", codec::Json(refund.refund_number)}};
    add_if_any(content, "refund_reason", clean_text(refund.reason, max_text_bytes));
    return finish(Call::refund, sender, std::move(content));
}

CallText build_refund_query(const Sender& sender, const ports::RefundRef& refund) {
    return finish(Call::refund_query, sender,
                  {{"out_trade_no", codec::Json(refund.trade_number)},
                   {"out_request_no", codec::Json(refund.refund_number)},
                   {"query_options", one_option("gmt_refund_pay")}});
}

}  // namespace huitong::channels::alipay
