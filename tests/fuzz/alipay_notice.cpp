// Fuzz target: notices of Alipay, as they came and signed again so that what is behind the signature is
// reached. Nothing is read without a good signature over what was decoded once (spec/channels 2.10).
#include <algorithm>
#include <array>

#include "channels/alipay/notice.hpp"
#include "channels/alipay/signature.hpp"
#include "codec/form.hpp"
#include "crypto/digest.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;
namespace ali = channels::alipay;

// Made at the start: no key is kept in the source tree. They change no decision, only bytes of signatures.
struct Gateway {
    crypto::RsaPrivateKey key = crypto::RsaPrivateKey::generate();
    crypto::RsaPublicKey public_key = *crypto::RsaPublicKey::parse(key.public_pem());
    ali::AccountKeys keys{
        .app = key, .channel = public_key, .app_cert_sn = {}, .root_cert_sn = {}, .channel_cert_sn = {}};
    ali::AccountKeys certificate_mode{.app = key,
                                      .channel = public_key,
                                      .app_cert_sn = "a1",
                                      .root_cert_sn = "b2",
                                      .channel_cert_sn = "c3"};
};

const Gateway& gateway() {
    static const Gateway made;
    return made;
}

const std::array<ports::ChannelAccount, 2>& accounts() {
    static const std::array made = [] {
        ports::ChannelAccount account;
        account.id = "ali-fuzz";
        account.app_id = "2021000000000001";
        ports::ChannelAccount seller = account;
        seller.mch_id = "2088021109625633";
        return std::array{account, seller};
    }();
    return made;
}

std::string_view get(const codec::FormFields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &codec::FormField::first);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

void drop(codec::FormFields& fields, std::string_view name) {
    std::erase_if(fields, [&](const codec::FormField& field) { return field.first == name; });
}

void check(std::string_view body, const ports::ChannelAccount& account, const ali::AccountKeys& keys,
           bool is_signed) {
    const auto notice = ali::read_notice(account, keys, body);
    if (!notice) {
        const std::string& reason = notice.error().reason;
        require(notice.error().code == core::Code::invalid, "a bad notice is the sender's fault");
        require(reason == "unreadable" || reason == "bad_signature" || reason == "other_account" ||
                    reason == "not_a_result",
                "a refusal has a listed reason");
        return;
    }
    require(is_signed, "read only with a good signature");
    const auto fields = codec::parse_form(body);
    require(fields.has_value(), "what is no form is not read");
    require(get(*fields, "app_id") == account.app_id, "read only for its application");
    const std::string_view seller = get(*fields, "seller_id");
    require(account.mch_id.empty() || seller.empty() || seller == account.mch_id, "read only for its seller");
    require(!notice->number.empty() && notice->number == get(*fields, "out_trade_no"), "the signed number");
    require(!notice->code.empty() && notice->code == get(*fields, "trade_status"), "the signed status");
    require(notice->refund_number.empty() || notice->refund_number == get(*fields, "out_biz_no"),
            "the signed number of a refund");
    const std::string_view certificate = get(*fields, "alipay_cert_sn");
    require(keys.channel_cert_sn.empty() || certificate.empty() || certificate == keys.channel_cert_sn,
            "read only with its certificate");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = text_of(data, size);
    const auto& keys = size % 2 == 0 ? gateway().keys : gateway().certificate_mode;
    for (const auto& account : accounts()) check(body, account, keys, false);
    auto fields = codec::parse_form(body);
    if (!fields) return 0;
    drop(*fields, "sign");
    drop(*fields, "sign_type");
    const std::string sign = crypto::to_base64(gateway().key.sign_sha256(ali::text_to_sign(*fields)));
    fields->emplace_back("sign_type", "RSA2");
    fields->emplace_back("sign", sign);
    for (const auto& account : accounts()) check(codec::write_form(*fields), account, keys, true);
    // One field more than was signed.
    if (get(*fields, "added").empty()) {
        drop(*fields, "added");
        fields->emplace_back("added", "1");
        for (const auto& account : accounts()) check(codec::write_form(*fields), account, keys, false);
    }
    return 0;
}
