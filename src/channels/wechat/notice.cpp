// Reading notices of WeChat Pay v2 (spec/channels 1A.11). The codec refuses DTDs, entities and duplicates.
#include "channels/wechat/notice.hpp"

#include "channels/wechat/wire.hpp"
#include "codec/xml.hpp"
#include "core/mutation.hpp"
#include "crypto/aes.hpp"
#include "crypto/digest.hpp"

namespace huitong::channels::wechat {

namespace {

using codec::XmlFields;

constexpr std::string_view mask = "***";

std::unexpected<core::Error> refuse(const char* reason, std::string detail = {}) {
    return core::fail(core::Code::invalid, reason, std::move(detail));
}

// Unlike an answer, which was asked for, a notice has to say whose it is.
bool is_ours(const XmlFields& fields, const ports::ChannelAccount& account) {
    return fields.get("appid") == account.app_id && fields.get("mch_id") == account.mch_id &&
           fields.get("sub_mch_id") == account.sub_mch_id;
}

std::optional<core::Money> amount_of(const XmlFields& fields) {
    const auto fen = core::parse_minor(fields.get("total_fee"));
    const std::string_view currency = fields.get("fee_type");
    if (!fen || (!currency.empty() && currency != "CNY")) return std::nullopt;
    return core::fen(*fen);
}

core::Result<payments::Notice> read_payment(XmlFields fields, const ports::ChannelAccount& account) {
    const bool is_signed = verify(fields, sign_type_of(account), account.api_key);
    if (!is_signed && !HUITONG_MUTATED("wechat_notice_unsigned_trusted")) return refuse("bad_signature");
    if (!is_ours(fields, account)) return refuse("other_account");
    // An answer to a query is signed with the same key, and is no notice.
    const bool is_result = fields.get("result_code") == "SUCCESS" && !fields.get("out_trade_no").empty() &&
                           !fields.get("transaction_id").empty() && fields.find("trade_state") == nullptr;
    if (!is_result) return refuse("not_a_result");
    payments::Notice notice;
    notice.number = fields.get("out_trade_no");
    notice.code = fields.get("result_code");
    notice.amount = amount_of(fields);
    notice.trade_no = fields.get("transaction_id");
    fields.set("sign", std::string(mask));
    notice.body = codec::write_flat_xml(fields);
    return notice;
}

// The content of a refund notice. Whatever the key does not open to XML was not sealed with it.
core::Result<XmlFields> open_refund(std::string_view req_info, const ports::ChannelAccount& account) {
    const core::Secret key(crypto::md5_hex(account.api_key.reveal()));
    const auto sealed = crypto::from_base64(req_info);
    if (!sealed) return refuse("bad_signature");
    const auto plain = crypto::open_aes256_ecb(key, *sealed);
    if (!plain) return refuse("bad_signature");
    auto fields = codec::parse_flat_xml(*plain, "root");
    if (!fields) return refuse("bad_signature");
    return fields;
}

core::Result<payments::Notice> read_refund(XmlFields fields, const ports::ChannelAccount& account) {
    if (!is_ours(fields, account)) return refuse("other_account");
    const auto refund = open_refund(fields.get("req_info"), account);
    if (!refund) return std::unexpected(refund.error());
    payments::Notice notice;
    notice.number = refund->get("out_trade_no");
    notice.refund_number = refund->get("out_refund_no");
    notice.code = refund->get("refund_status");
    notice.amount = amount_of(*refund);
    notice.trade_no = refund->get("transaction_id");
    if (notice.number.empty() || notice.refund_number.empty() || notice.code.empty())
        return refuse("not_a_result");
    fields.set("req_info", codec::write_flat_xml(*refund));
    notice.body = codec::write_flat_xml(fields);
    return notice;
}

}  // namespace

core::Result<payments::Notice> read_notice(const ports::ChannelAccount& account, std::string_view body) {
    auto fields = codec::parse_flat_xml(body);
    if (!fields) return refuse("unreadable", std::move(fields.error().reason));
    const std::string_view defect = account_defect(account);
    if (!defect.empty()) return refuse("bad_signature", std::string(defect));
    if (fields->get("return_code") != "SUCCESS") return refuse("not_a_result");
    if (fields->find("req_info") != nullptr) return read_refund(std::move(*fields), account);
    return read_payment(std::move(*fields), account);
}

ports::NoticeReply reply_to_notice(bool is_heard) {
    const char* code = is_heard ? "SUCCESS" : "FAIL";
    const char* message = is_heard ? "OK" : "LATER";
    ports::NoticeReply reply;
    reply.content_type = "text/xml";
    reply.body = codec::write_flat_xml(XmlFields({{"return_code", code}, {"return_msg", message}}));
    return reply;
}

}  // namespace huitong::channels::wechat
