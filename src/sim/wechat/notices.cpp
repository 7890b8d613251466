// WeChat's notices: the signed result of a payment, and the encrypted, unsigned result of a refund whose call
// had a notify_url (spec/channels 1A.11, 6.5).
#include <array>

#include "core/money.hpp"
#include "crypto/aes.hpp"
#include "crypto/digest.hpp"
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<core::Duration, 15> intervals{
    seconds(15), seconds(15), seconds(30), minutes(3), minutes(10), minutes(20), minutes(30), minutes(30),
    minutes(30), minutes(60), hours(3),    hours(3),   hours(3),    hours(6),    hours(6)};

// What a stranger signs and encrypts with.
constexpr std::string_view strange_key = "00000000000000000000000000000000";

using Fields = std::vector<std::pair<std::string, std::string>>;

void set(Fields& fields, std::string_view name, std::string value) {
    for (auto& field : fields) {
        if (field.first == name) field.second = std::move(value);
    }
}

std::string seal(const Fields& fields, const core::Secret& api_key) {
    std::string plain = codec::write_flat_xml(codec::XmlFields(fields));
    // The root element of these is <root>.
    plain = "<root>" + plain.substr(5, plain.size() - 11) + "</root>";
    const core::Secret key(crypto::md5_hex(api_key.reveal()));
    return crypto::to_base64(crypto::seal_aes256_ecb(key, plain));
}

}  // namespace

std::span<const core::Duration> Desk::notice_intervals() const {
    return intervals;
}

bool Desk::is_acknowledged(const Notice& notice, const net::Response& answer) const {
    if (notice.is_v3) return answer.status >= 200 && answer.status <= 204;
    if (answer.status != 200) return false;
    const auto fields = codec::parse_flat_xml(answer.body);
    return fields && fields->get("return_code") == "SUCCESS";
}

void Desk::tell_payment(Notice& notice, const Order& order) {
    Outcome outcome;
    if (order.launch->is_v3) {
        notice.is_v3 = true;
        outcome.api = Api::v3;
        outcome.add("mchid", account_name(order.account()));
        outcome.add("appid", options_.wechat_merchants[order.account()].appid);
        add_payment_fields(outcome, order);
        add_state(outcome, order, notice.born_at);
        notice.fields = std::move(outcome.fields);
        return;
    }
    outcome.add("return_code", "SUCCESS");
    add_merchant(outcome, order);
    outcome.add("result_code", "SUCCESS");
    if (order.launch->wants_hmac) outcome.add("sign_type", "HMAC-SHA256");
    add_payment_fields(outcome, order);
    notice.fields = std::move(outcome.fields);
}

void Desk::tell_refund(Notice& notice, const Order& order, const Refund& refund) {
    notice.url = refund.notify_url;
    notice.is_v3 = refund.is_v3;
    notice.fields = refund.is_v3 ? refund_notice_v3(order, refund) : refund_notice(order, refund);
}

// WeChat does not tell that an order was closed.
void Desk::tell_end(Notice&, const Order&) {}

void Desk::add_merchant(Outcome& outcome, const Order& order) const {
    const WechatMerchant& merchant = options_.wechat_merchants[order.account()];
    outcome.add("appid", merchant.appid);
    outcome.add("mch_id", merchant.mch_id);
    if (order.sub > 0) outcome.add("sub_mch_id", sub_name(order));
    outcome.add("nonce_str", random_.hex(32));
}

NoticeText Desk::write(const Notice& notice, NoticeScript play, core::Instant now) {
    if (notice.is_v3) return write_v3(notice, play, now);
    const Order& order = books().orders()[notice.order];
    const core::Secret stranger{std::string(strange_key)};
    const bool is_forged = play.play == NoticePlay::forged;
    const core::Secret& key = is_forged ? stranger : options_.wechat_merchants[order.account()].api_key;
    if (play.play == NoticePlay::xxe) return {"text/xml", poisoned_xml()};
    Fields fields = notice.fields;
    if (notice.news == News::refunded) {
        if (play.play == NoticePlay::amount) set(fields, "refund_fee", std::to_string(play.n));
        Outcome outer;
        outer.add("return_code", "SUCCESS");
        add_merchant(outer, order);
        std::string sealed = seal(fields, key);
        if (play.breaks_signature()) sealed[0] = sealed[0] == 'A' ? 'B' : 'A';
        outer.add("req_info", sealed);
        return {"text/xml", codec::write_flat_xml(codec::XmlFields(std::move(outer.fields)))};
    }
    SignType type = order.launch->wants_hmac ? SignType::hmac_sha256 : SignType::md5;
    const bool is_downgrade = play.play == NoticePlay::downgrade;
    const bool is_unsigned = is_downgrade && type == SignType::md5;
    if (is_downgrade) {
        std::erase_if(fields, [](const auto& field) { return field.first == "sign_type"; });
        type = SignType::md5;
    }
    if (play.play == NoticePlay::amount) {
        set(fields, "total_fee", std::to_string(play.n));
        set(fields, "cash_fee", std::to_string(play.n));
    }
    std::string sign = sign_fields(fields, key, type);
    if (play.breaks_signature()) sign[0] = sign[0] == '0' ? '1' : '0';
    if (!is_unsigned) fields.emplace_back("sign", std::move(sign));
    return {"text/xml", codec::write_flat_xml(codec::XmlFields(std::move(fields)))};
}

}  // namespace huitong::sim::wechat
