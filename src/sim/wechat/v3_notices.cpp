// Notices of API v3: what happened is sealed under the merchant's APIv3 key, the whole is signed as answers
// are (spec/channels 1B.2 to 1B.4, 6.5).
#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "crypto/gcm.hpp"
#include "sim/wechat/desk.hpp"
#include "sim/wechat/v3_answers.hpp"

namespace huitong::sim::wechat {

namespace {

using codec::JsonObject;

constexpr core::Duration long_ago = std::chrono::minutes(10);
constexpr std::size_t signature_size = 256;

std::string find(const v3::Fields& fields, std::string_view name) {
    for (const auto& field : fields) {
        if (field.first == name) return field.second;
    }
    return {};
}

// As good as a signature by a key that nobody knows, and the same in every run from a seed.
std::string noise(core::Random& random) {
    std::string bytes;
    while (bytes.size() < signature_size) bytes += static_cast<char>(random.below(256));
    return crypto::to_base64(bytes);
}

void spoil(v3::Signature& signature, NoticeScript play, core::Random& random) {
    if (play.play == NoticePlay::forged) signature.value = noise(random);
    if (play.play == NoticePlay::badsign) signature.value[0] = signature.value[0] == 'A' ? 'B' : 'A';
    if (play.play == NoticePlay::probe) signature.value = "WECHATPAY/SIGNTEST/" + noise(random);
    if (play.play == NoticePlay::unknown_serial) {
        signature.serial = "5" + crypto::to_upper(random.hex(39));
        signature.value = noise(random);
    }
}

}  // namespace

NoticeText Desk::write_v3(const Notice& notice, NoticeScript play, core::Instant now) {
    if (play.play == NoticePlay::xxe) return {"text/xml", poisoned_xml()};
    const Order& order = books().orders()[notice.order];
    v3::Fields fields = notice.fields;
    if (play.play == NoticePlay::amount) v3::show_amount(fields, play.n);
    const bool is_refund = notice.news == News::refunded;
    const std::string kind = is_refund ? "refund" : "transaction";
    const std::string status = is_refund ? find(fields, "refund_status") : "SUCCESS";
    const std::string nonce = random_.hex(crypto::gcm_nonce_bytes);
    const std::string sealed = crypto::seal_aes256_gcm(options_.wechat_merchants[order.account()].apiv3_key,
                                                       {.nonce = nonce, .associated_data = kind},
                                                       codec::write_json(v3::to_json(fields)));
    // Every delivery of one notice has its number.
    const std::string id = crypto::sha256_hex(codec::write_json(v3::to_json(notice.fields))).substr(0, 32);
    const JsonObject envelope{
        {"id", id},
        {"create_time", core::to_rfc3339(notice.born_at)},
        {"event_type", (is_refund ? "REFUND." : "TRANSACTION.") + status},
        {"resource_type", "encrypt-resource"},
        {"summary", is_refund ? "退款通知" : "支付成功"},
        {"resource", JsonObject{{"original_type", kind},
                                {"algorithm", "AEAD_AES_256_GCM"},
                                {"ciphertext", crypto::to_base64(sealed)},
                                {"associated_data", play.play == NoticePlay::wrong_aad ? "elsewhere" : kind},
                                {"nonce", nonce}}}};
    NoticeText text{"application/json", codec::write_json(envelope)};
    // There is no weaker rule: this one comes without any signature.
    if (play.play == NoticePlay::downgrade) return text;
    const core::Instant signed_at = play.play == NoticePlay::expired ? now - long_ago : now;
    v3::Signature signature = platform_.sign(text.body, signed_at);
    spoil(signature, play, random_);
    text.headers = {{"Wechatpay-Timestamp", std::move(signature.timestamp)},
                    {"Wechatpay-Nonce", std::move(signature.nonce)},
                    {"Wechatpay-Serial", std::move(signature.serial)},
                    {"Wechatpay-Signature", std::move(signature.value)},
                    {"Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048"}};
    return text;
}

}  // namespace huitong::sim::wechat
