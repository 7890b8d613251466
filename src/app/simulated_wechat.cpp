#include "app/simulated_wechat.hpp"

#include "crypto/digest.hpp"
#include "sim/control_views.hpp"

namespace huitong::app {

WechatV3Account make_wechat_v3_account(core::Random& random) {
    return {.key = crypto::RsaPrivateKey::generate(),
            .certificate_serial = "4" + crypto::to_upper(random.hex(39)),
            .apiv3_key = random.hex(32)};
}

void open_wechat_v3(sim::WechatMerchant& merchant, const WechatV3Account& account) {
    merchant.apiv3_key = core::Secret(account.apiv3_key);
    merchant.certificate_serial = account.certificate_serial;
    merchant.public_key = account.key.public_pem();
}

codec::Json view_wechat_v3(const sim::WechatMerchant& merchant, const WechatV3Account& account,
                           const std::string& base_url, sim::Simulators& simulators) {
    codec::JsonObject view{{"base_url", base_url},
                           {"appid", merchant.appid},
                           {"mchid", merchant.mch_id},
                           {"certificate_serial", account.certificate_serial},
                           {"private_key", account.key.to_pkcs8_pem().reveal()},
                           {"apiv3_key", account.apiv3_key}};
    const codec::Json platform = sim::view_wechat(simulators);
    for (const codec::JsonMember& member : *platform.as_object()) view.push_back(member);
    return view;
}

}  // namespace huitong::app
