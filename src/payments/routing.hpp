// Which wallet issued a scanned payment code, and which channel drives it (spec/upay 4.5, spec/channels 2.3).
// Codes of wallets that Huitong does not drive yet are told apart from what is no payment code at all.
#pragma once

#include <optional>
#include <string_view>

#include "payments/payment.hpp"

namespace huitong::payments {

enum class CodeIssuer {
    wechat,
    alipay,
    unionpay,  // 云闪付
    qq,        // QQ钱包
    bestpay,   // 翼支付
    jd,        // 京东钱包
    wallet,    // cross-border wallet scheme
};

// The four digits every code of the wallet scheme begins with (spec/wallet-scheme 1).
inline constexpr int wallet_scheme_prefix = 8800;

// none: no payment code.
[[nodiscard]] std::optional<CodeIssuer> issuer_of_code(std::string_view payment_code);
// none: reserved, no channel drives it.
[[nodiscard]] std::optional<ChannelKind> channel_of(CodeIssuer issuer);

}  // namespace huitong::payments
