// The requests of Alipay's gateway (spec/channels 2.1, 2.3–2.8).
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

CallText finish(Call call, const Sender& sender, codec::JsonObject content) {
    codec::FormFields fields = public_parameters(call, sender);
    codec::FormFields all = fields;
    const codec::FormField biz_content{"biz_content", codec::write_json(codec::Json(content))};
    all.push_back(biz_content);
    fields.emplace_back("sign", sign(all, sender.keys.app));
    CallText text;
    text.query = codec::write_form(fields);
    text.body = codec::write_form({biz_content});
    for (auto& [name, value] : content) {
        if (name == "auth_code") value = codec::Json(mask_code(*value.as_string()));
    }
    for (auto& [name, value] : all) {
        if (name == "biz_content") value = codec::write_json(codec::Json(content));
        if (name == "app_auth_token") value = "***";
    }
    text.masked = text_to_sign(all) + "&sign=***";
    return text;
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
    std::string subject = clean_text(call.subject, max_text_bytes);
    if (subject.find_first_not_of(' ') == subject.npos) subject = call.number;  // it may not be blank
    codec::JsonObject content{{"out_trade_no", codec::Json(call.number)},
                              {"scene", codec::Json("bar_code")},
                              {"auth_code", codec::Json(call.payment_code)},
                              {"subject", codec::Json(std::move(subject))},
                              {"total_amount", codec::Json(yuan(call.amount))},
                              {"product_code", codec::Json("FACE_TO_FACE_PAYMENT")}};
    add_if_any(content, "seller_id", sender.account.mch_id);
    add_if_any(content, "terminal_id", clean_text(call.terminal_sn, max_terminal_id_bytes));
    const std::string passback = codec::percent_encode(call.attach);
    if (passback.size() <= max_passback_bytes) add_if_any(content, "passback_params", passback);
    return finish(Call::pay, sender, std::move(content));
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
