// The keys of the simulated WeChat's API v3, as the control plane shows and turns them.
#include <algorithm>

#include "sim/control_views.hpp"

namespace huitong::sim {

namespace {

using codec::Json;
using codec::JsonObject;

constexpr std::size_t key_characters = 32;

core::Result<void> take_step(Simulators& simulators, std::string_view step) {
    wechat::v3::Platform& platform = simulators.wechat().desk().platform();
    if (step == "announce") return platform.announce(simulators.clock().now());
    if (step == "switch") return platform.switch_over();
    if (step == "retire") return platform.retire();
    return core::fail(core::Code::invalid, "bad_wechat", "platform_key: announce, switch or retire");
}

core::Result<void> set_key(Simulators& simulators, const Json& change, const std::string& key) {
    auto& merchants = simulators.options().wechat_merchants;
    const Json* const named = change.find("mch_id");
    auto found = merchants.begin();
    if (named != nullptr && named->as_string() != nullptr) {
        found = std::ranges::find(merchants, *named->as_string(), &WechatMerchant::mch_id);
    }
    if (found == merchants.end() || key.size() != key_characters) {
        return core::fail(core::Code::invalid, "bad_wechat", "apiv3_key: 32 characters, of a merchant");
    }
    found->apiv3_key = core::Secret(key);
    return {};
}

}  // namespace

Json view_wechat(Simulators& simulators) {
    wechat::v3::Platform& platform = simulators.wechat().desk().platform();
    const core::Instant now = simulators.clock().now();
    const std::string signing = platform.signing_certificate(now).serial;
    codec::JsonArray certificates;
    for (const wechat::v3::PlatformCertificate& certificate : platform.certificates(now)) {
        certificates.emplace_back(JsonObject{{"serial", certificate.serial},
                                             {"certificate", certificate.pem},
                                             {"signs", Json(certificate.serial == signing)}});
    }
    return JsonObject{{"mode", simulators.options().wechat_public_key ? "public_key" : "certificates"},
                      {"platform_certificates", Json(std::move(certificates))},
                      {"public_key_id", platform.public_key_id()},
                      {"public_key", platform.public_key()}};
}

core::Result<void> change_wechat(Simulators& simulators, const Json& change) {
    const Json* const step = change.find("platform_key");
    const Json* const key = change.find("apiv3_key");
    if (step != nullptr && step->as_string() != nullptr) return take_step(simulators, *step->as_string());
    if (key != nullptr && key->as_string() != nullptr) return set_key(simulators, change, *key->as_string());
    return core::fail(core::Code::invalid, "bad_wechat", "one of platform_key, apiv3_key");
}

}  // namespace huitong::sim
