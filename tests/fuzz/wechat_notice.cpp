// Fuzz target: notices of WeChat Pay v2, as they came and signed or sealed again so that what is behind is
// reached. Nothing is read without a good signature of the account's own algorithm, or of a refund without
// its key (spec/channels 1A.11).
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>

#include "channels/wechat/notice.hpp"
#include "channels/wechat/signature.hpp"
#include "crypto/digest.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;
namespace wx = channels::wechat;

ports::ChannelAccount make_account(std::string_view sign_type, bool has_sub_merchant) {
    ports::ChannelAccount account;
    account.id = "wx-fuzz";
    account.app_id = "wx8888888888888888";
    account.mch_id = "1900000109";
    account.sign_type = sign_type;
    account.api_key = core::Secret(std::string(32, 'k'));
    if (has_sub_merchant) account.sub_mch_id = "1900000110";
    return account;
}

const std::array<ports::ChannelAccount, 3>& accounts() {
    static const std::array made{make_account("MD5", false), make_account("HMAC-SHA256", false),
                                 make_account("HMAC-SHA256", true)};
    return made;
}

wx::SignType type_of(const ports::ChannelAccount& account) {
    return *wx::parse_sign_type(account.sign_type);
}

// How the channel seals the content of a refund's notice.
std::string sealed(const ports::ChannelAccount& account, std::string_view plain) {
    const std::string key = crypto::md5_hex(account.api_key.reveal());
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                  &EVP_CIPHER_CTX_free);
    std::string out(plain.size() + 32, '\0');
    auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
    const auto* const in = reinterpret_cast<const unsigned char*>(plain.data());
    int length = 0;
    int last = 0;
    const bool is_sealed =
        EVP_EncryptInit_ex2(context.get(), EVP_aes_256_ecb(),
                            reinterpret_cast<const unsigned char*>(key.data()), nullptr, nullptr) == 1 &&
        EVP_EncryptUpdate(context.get(), bytes, &length, in, static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), bytes + length, &last) == 1;
    require(is_sealed, "AES-256-ECB is there");
    out.resize(static_cast<std::size_t>(length) + static_cast<std::size_t>(last));
    return crypto::to_base64(out);
}

// `refund`: what its content said, when it was sealed well for this account.
void check(std::string_view body, const ports::ChannelAccount& account, const codec::XmlFields* refund) {
    const auto notice = wx::read_notice(account, body);
    if (!notice) {
        const std::string& reason = notice.error().reason;
        require(notice.error().code == core::Code::invalid, "a bad notice is the sender's fault");
        require(reason == "unreadable" || reason == "bad_signature" || reason == "other_account" ||
                    reason == "not_a_result",
                "a refusal has a listed reason");
        return;
    }
    const auto fields = codec::parse_flat_xml(body);
    require(fields.has_value(), "what is no flat XML is not read");
    require(fields->get("return_code") == "SUCCESS", "read only when it says so");
    require(fields->get("appid") == account.app_id && fields->get("mch_id") == account.mch_id &&
                fields->get("sub_mch_id") == account.sub_mch_id,
            "read only for its account");
    require(!notice->number.empty() && !notice->code.empty(), "a notice names its trade");
    if (fields->find("req_info") == nullptr) {
        require(fields->get("sign") == wx::sign(*fields, type_of(account), account.api_key),
                "read only with a good signature");
        require(notice->refund_number.empty(), "of a payment");
        require(notice->number == fields->get("out_trade_no"), "the signed number");
    } else {
        require(refund != nullptr, "a refund only with our key");
        require(notice->refund_number == refund->get("out_refund_no"), "the sealed number");
        require(!notice->refund_number.empty(), "of a refund");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = text_of(data, size);
    // As it came: nobody knows the key.
    for (const auto& account : accounts()) {
        require(!wx::read_notice(account, body), "nothing is read without the key");
    }
    const auto& signer = accounts()[size % accounts().size()];
    if (auto fields = codec::parse_flat_xml(body)) {
        fields->set("sign", wx::sign(*fields, type_of(signer), signer.api_key));
        const std::string again = codec::write_flat_xml(*fields);
        for (const auto& account : accounts()) check(again, account, nullptr);
    }
    // The input as the content of a refund's notice.
    codec::XmlFields outer({{"return_code", "SUCCESS"},
                            {"appid", signer.app_id},
                            {"mch_id", signer.mch_id},
                            {"req_info", sealed(signer, body)}});
    if (!signer.sub_mch_id.empty()) outer.set("sub_mch_id", signer.sub_mch_id);
    const auto content = codec::parse_flat_xml(body, "root");
    for (const auto& account : accounts()) {
        check(codec::write_flat_xml(outer), account, content ? &*content : nullptr);
    }
    return 0;
}
