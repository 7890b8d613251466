// The simulator's own RSA2 over Alipay's parameters and answers (spec/channels 2.1, 2.2), written apart from
// the adapter's so that a mistake there cannot hide here.
#pragma once

#include "codec/form.hpp"
#include "crypto/rsa.hpp"
#include "sim/options.hpp"

namespace huitong::sim::alipay {

// One application with its keys parsed.
struct Account {
    const AlipayMerchant* merchant;
    crypto::RsaPublicKey app_key;
    crypto::RsaPrivateKey own_key;
};

// Throws std::invalid_argument when a key cannot be read.
[[nodiscard]] std::vector<Account> open_accounts(const std::vector<AlipayMerchant>& merchants);
// "k=v&…" of every parameter but `sign` that is not empty, by the names' bytes.
[[nodiscard]] std::string text_to_sign(const codec::FormFields& params);
[[nodiscard]] bool verify(const Account& account, const codec::FormFields& params, std::string_view sign);
// Base64.
[[nodiscard]] std::string sign(const Account& account, std::string_view text);

}  // namespace huitong::sim::alipay
