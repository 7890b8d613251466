// Reading notices of Alipay (spec/channels 2.10).
#include "channels/alipay/notice.hpp"

#include <algorithm>

#include "codec/form.hpp"
#include "core/mutation.hpp"
#include "crypto/digest.hpp"

namespace huitong::channels::alipay {

namespace {

std::unexpected<core::Error> refuse(const char* reason, std::string detail = {}) {
    return core::fail(core::Code::invalid, reason, std::move(detail));
}

std::string_view get(const codec::FormFields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &codec::FormField::first);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

bool is_same_if_said(const codec::FormFields& fields, std::string_view name, std::string_view ours) {
    const std::string_view said = get(fields, name);
    return said.empty() || ours.empty() || said == ours;
}

// Unlike a request's, a notice's sign_type takes no part.
std::string signed_text(codec::FormFields fields) {
    std::erase_if(fields, [](const codec::FormField& field) { return field.first == "sign_type"; });
    return text_to_sign(fields);
}

bool is_signed(const codec::FormFields& fields, const AccountKeys& keys) {
    if (get(fields, "sign_type") != "RSA2") return false;
    if (!is_same_if_said(fields, "alipay_cert_sn", keys.channel_cert_sn)) return false;
    const auto signature = crypto::from_base64(get(fields, "sign"));
    return signature && keys.channel.verify_sha256(signed_text(fields), *signature);
}

// A closed trade and one that is partly refunded come with the refund that did it.
bool is_about_refund(const codec::FormFields& fields) {
    const auto refunded = core::parse_decimal(get(fields, "refund_fee"), core::Currency::CNY);
    return !get(fields, "gmt_refund").empty() || (refunded && refunded->minor() > 0);
}

}  // namespace

core::Result<payments::Notice> read_notice(const ports::ChannelAccount& account, const AccountKeys& keys,
                                           std::string_view body) {
    const auto fields = codec::parse_form(body);
    if (!fields) return refuse("unreadable", fields.error().reason);
    if (!is_signed(*fields, keys) && !HUITONG_MUTATED("alipay_notice_unsigned_trusted"))
        return refuse("bad_signature");
    if (get(*fields, "app_id") != account.app_id || !is_same_if_said(*fields, "seller_id", account.mch_id))
        return refuse("other_account");
    payments::Notice notice;
    notice.number = get(*fields, "out_trade_no");
    notice.code = get(*fields, "trade_status");
    if (get(*fields, "notify_type") != "trade_status_sync" || notice.number.empty() || notice.code.empty())
        return refuse("not_a_result");
    if (is_about_refund(*fields)) notice.refund_number = get(*fields, "out_biz_no");
    if (const auto amount = core::parse_decimal(get(*fields, "total_amount"), core::Currency::CNY))
        notice.amount = *amount;
    notice.trade_no = get(*fields, "trade_no");
    notice.body = signed_text(*fields) + "&sign=***";
    return notice;
}

ports::NoticeReply reply_to_notice(bool is_heard) {
    ports::NoticeReply reply;
    reply.content_type = "text/plain";
    reply.body = is_heard ? "success" : "fail";
    return reply;
}

}  // namespace huitong::channels::alipay
