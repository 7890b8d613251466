// Keys are read once, when the simulators start.
#include "sim/alipay/sign.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/digest.hpp"

namespace huitong::sim::alipay {

std::vector<Account> open_accounts(const std::vector<AlipayMerchant>& merchants) {
    std::vector<Account> accounts;
    for (const AlipayMerchant& merchant : merchants) {
        auto app_key = crypto::RsaPublicKey::parse(merchant.app_public_key);
        auto own_key = crypto::RsaPrivateKey::parse(merchant.alipay_private_key);
        if (!app_key || !own_key) throw std::invalid_argument("bad key of Alipay app " + merchant.app_id);
        accounts.push_back({&merchant, std::move(*app_key), std::move(*own_key)});
    }
    return accounts;
}

std::string text_to_sign(const codec::FormFields& params) {
    std::vector<const codec::FormField*> sorted;
    for (const codec::FormField& param : params) {
        if (!param.second.empty() && param.first != "sign") sorted.push_back(&param);
    }
    std::ranges::sort(sorted, [](const auto* a, const auto* b) { return a->first < b->first; });
    std::string text;
    for (const codec::FormField* const param : sorted) {
        if (!text.empty()) text += '&';
        text.append(param->first).append("=").append(param->second);
    }
    return text;
}

bool verify(const Account& account, const codec::FormFields& params, std::string_view sign) {
    const auto signature = crypto::from_base64(sign);
    return signature && account.app_key.verify_sha256(text_to_sign(params), *signature);
}

std::string sign(const Account& account, std::string_view text) {
    return crypto::to_base64(account.own_key.sign_sha256(text));
}

}  // namespace huitong::sim::alipay
