// Bills over the books of both APIs, and the platform certificates (spec/channels 1A.12, 1B.4, 6.6).
#include <algorithm>

#include "codec/gzip.hpp"
#include "crypto/digest.hpp"
#include "crypto/gcm.hpp"
#include "sim/wechat/desk.hpp"
#include "sim/wechat/v3_answers.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr core::Duration longest_kept = std::chrono::hours(24 * 92);
constexpr core::Duration ticket_life = std::chrono::seconds(30);
constexpr std::string_view no_bill = "No Bill Exist";

// API v2 says what is wrong with a request for a bill in words, unsigned.
Outcome refuse_bill(const Call& call, std::string_view return_msg, std::string_view error_code) {
    if (call.api == Api::v3) {
        if (return_msg == no_bill) return v3::fail(call, "NO_STATEMENT_EXIST", "账单文件不存在");
        return v3::fail(call, "PARAM_ERROR", return_msg);
    }
    Outcome outcome;
    outcome.add("return_code", "FAIL");
    outcome.add("return_msg", return_msg);
    outcome.add("error_code", error_code);
    return outcome;
}

// "20240305" in API v2, "2024-03-05" in API v3.
core::Result<core::Date> parse_day(const Call& call) {
    const std::string text(call.fields.get("bill_date"));
    const auto begins = call.api == Api::v3 ? core::parse_beijing_text(text + " 00:00:00")
                                            : core::parse_beijing_compact(text + "000000");
    if (!begins) return std::unexpected(begins.error());
    return core::to_beijing_date(*begins);
}

// As it stood when the bill was made; nothing in that file changes afterwards.
std::string_view refund_status_at(const Refund& refund, core::Instant made_at) {
    if (refund.ends_at > made_at) return "PROCESSING";
    switch (refund.ends_as) {
        case RefundState::abnormal:
            return "CHANGE";
        case RefundState::closed:
            return "FAIL";
        case RefundState::asked:
        case RefundState::processing:
        case RefundState::succeeded:
            break;
    }
    return "SUCCESS";
}

}  // namespace

void Desk::add_lines(std::multimap<core::Instant, BillLine>& lines, const Order& order, const BillDay& day) {
    const WechatMerchant& merchant = options_.wechat_merchants[order.account()];
    BillLine common{
        .at = order.paid_at,
        .appid = merchant.appid,
        .mch_id = merchant.mch_id,
        .transaction_id = trade_id(order),
        .out_trade_no = std::string(order.number()),
        .openid = openid_of(order),
        .trade_type = std::string(order.launch == nullptr ? "MICROPAY" : to_string(order.launch->way)),
        .state = "SUCCESS"};
    if (order.sub > 0) common.sub_mch_id = sub_name(order);
    common.subject = books().subject_of(order);
    common.attach = books().attach_of(order);
    common.rate = rate_text(merchant.fee_ppm);
    if (day.holds(order.paid_at)) {
        BillLine line = common;
        line.settled_fen = line.order_fen = order.amount_fen;
        line.fee_fen = fee_of(order.amount_fen, merchant.fee_ppm);
        lines.emplace(line.at, std::move(line));
    }
    const auto give_back = [&](BillLine line, std::int64_t fen) {
        line.refunded_fen = line.asked_fen = fen;
        line.fee_fen = -fee_of(fen, merchant.fee_ppm);
        line.refund_type = "ORIGINAL";
        line.refund_asked_at = core::to_beijing_text(line.at);
        lines.emplace(line.at, std::move(line));
    };
    if (order.state == State::revoked && day.holds(order.reversed_at)) {
        BillLine line = common;
        line.at = order.reversed_at;
        line.state = "REVOKED";
        line.refund_status = "SUCCESS";
        line.refund_done_at = core::to_beijing_text(order.reversed_at);
        give_back(std::move(line), order.amount_fen);
    }
    for (const Refund* const refund : books().refunds().of(order.serial)) {
        if (!refund->is_accepted() || !day.holds(refund->accepted_at)) continue;
        BillLine line = common;
        line.at = refund->accepted_at;
        line.state = "REFUND";
        line.refund_id = refund_id(*refund);
        line.out_refund_no = refund->number;
        line.refund_status = refund_status_at(*refund, day.made_at);
        if (line.refund_status == "SUCCESS") line.refund_done_at = core::to_beijing_text(refund->ends_at);
        give_back(std::move(line), refund->amount_fen);
    }
}

std::optional<std::string> Desk::write_bill_of(std::size_t account, core::Date date, BillKind kind,
                                               core::Instant now) {
    const BillDay day = bill_day(date);
    if (now < day.made_at || now > day.ends + longest_kept) return std::nullopt;
    std::multimap<core::Instant, BillLine> lines;
    for (Order& order : books().orders()) {
        if (order.account() != account) continue;
        settle(order, now);
        if (order.was_paid()) add_lines(lines, order, day);
    }
    if (lines.empty()) return std::nullopt;
    std::vector<BillLine> in_order;
    for (auto& [at, line] : lines) in_order.push_back(std::move(line));
    return write_bill(in_order, kind);
}

Outcome Desk::bill(const Call& call, core::Instant now) {
    if (call.fields.get("bill_date").empty()) return refuse_bill(call, "missing parameter", "20006");
    const auto date = parse_day(call);
    if (!date) return refuse_bill(call, "data format error", "20003");
    const std::string_view type = call.fields.get("bill_type");
    // Nothing is ever paid from a top-up here.
    if (type == "RECHARGE_REFUND") return refuse_bill(call, no_bill, "20002");
    const auto kind = parse_bill_kind(type);
    if (!kind) return refuse_bill(call, "invalid bill_type", "20004");
    const std::string_view packing = call.fields.get("tar_type");
    if (!packing.empty() && packing != "GZIP") return refuse_bill(call, "data format error", "20003");
    auto text = write_bill_of(call.account, *date, *kind, now);
    if (!text) return refuse_bill(call, no_bill, "20002");
    std::string file = packing.empty() ? *text : codec::gzip(*text);
    if (call.api == Api::v2) {
        Outcome outcome;
        outcome.raw_body = std::move(file);
        return outcome;
    }
    std::erase_if(tickets_, [&](const auto& ticket) { return ticket.second.until < now; });
    const std::string token = random_.hex(32);
    tickets_[token] = {.account = call.account, .file = std::move(file), .until = now + ticket_life};
    Outcome outcome = succeed(call, random_);
    outcome.add("hash_type", "SHA1");
    outcome.add("hash_value", crypto::sha1_hex(*text));
    outcome.add("download_url", options_.wechat_api_url + "/v3/billdownload/file?token=" + token);
    return outcome;
}

// The file is not signed: the answer that named it says what it hashes to.
Outcome Desk::bill_file(const Call& call, core::Instant now) {
    const auto ticket = tickets_.find(std::string(call.fields.get("token")));
    const bool is_good =
        ticket != tickets_.end() && ticket->second.account == call.account && now <= ticket->second.until;
    if (!is_good) return fail(call, random_, "RESOURCE_NOT_EXISTS", "下载链接无效或已过期");
    Outcome outcome = succeed(call, random_);
    outcome.raw_body = ticket->second.file;
    return outcome;
}

Outcome Desk::certificates(const Call& call, core::Instant now) {
    if (options_.wechat_public_key) {
        return fail(call, random_, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥");
    }
    codec::JsonArray data;
    for (const v3::PlatformCertificate& certificate : platform_.certificates(now)) {
        const std::string nonce = random_.hex(crypto::gcm_nonce_bytes);
        const std::string sealed = crypto::seal_aes256_gcm(
            call.merchant->apiv3_key, {.nonce = nonce, .associated_data = "certificate"}, certificate.pem);
        data.emplace_back(codec::JsonObject{
            {"serial_no", certificate.serial},
            {"effective_time", core::to_rfc3339(certificate.from)},
            {"expire_time", core::to_rfc3339(certificate.until)},
            {"encrypt_certificate", codec::JsonObject{{"algorithm", "AEAD_AES_256_GCM"},
                                                      {"nonce", nonce},
                                                      {"associated_data", "certificate"},
                                                      {"ciphertext", crypto::to_base64(sealed)}}}});
    }
    Outcome outcome = succeed(call, random_);
    outcome.json = codec::write_json(codec::JsonObject{{"data", codec::Json(std::move(data))}});
    return outcome;
}

}  // namespace huitong::sim::wechat
