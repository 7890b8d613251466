#include "app/shared_store.hpp"

#include <algorithm>

namespace huitong::app {

void share_store(GatewayOptions& options) {
    constexpr core::Duration margin = std::chrono::seconds(5);
    options.engine.is_only_process = false;
    for (payments::Policy* policy : {&options.engine.wechat, &options.engine.alipay})
        policy->lease = std::min(policy->lease, policy->call_timeout + margin);
    options.alerts.claim_for = std::chrono::minutes(1);
    options.look_again_every = std::chrono::milliseconds(400);
}

}  // namespace huitong::app
