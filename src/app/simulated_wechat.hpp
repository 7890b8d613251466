// What a merchant is to the simulated WeChat's API v3, beside what he is to API v2: made anew by every
// process that runs the simulators for others, and told to whoever wants to be that merchant.
#pragma once

#include <string>

#include "codec/json.hpp"
#include "core/random.hpp"
#include "crypto/rsa.hpp"
#include "sim/simulators.hpp"

namespace huitong::app {

struct WechatV3Account {
    crypto::RsaPrivateKey key;
    std::string certificate_serial;
    std::string apiv3_key;  // 32 characters
};

[[nodiscard]] WechatV3Account make_wechat_v3_account(core::Random& random);
// The merchant may call API v3 from now on.
void open_wechat_v3(sim::WechatMerchant& merchant, const WechatV3Account& account);
// The merchant's keys and the platform's, for a client at that address.
[[nodiscard]] codec::Json view_wechat_v3(const sim::WechatMerchant& merchant, const WechatV3Account& account,
                                         const std::string& base_url, sim::Simulators& simulators);

}  // namespace huitong::app
