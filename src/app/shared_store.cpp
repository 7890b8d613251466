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

task::Task<bool> opens_a_secret(ports::StorePort& store) {
    return store.read([](ports::Tx& tx) -> core::Result<bool> {
        for (const ports::Vendor& vendor : tx.directory().list_vendors({}))
            return tx.directory().find_vendor(vendor.sn).has_value();
        for (const ports::ChannelAccount& account : tx.directory().list_accounts({}))
            return tx.directory().find_account(account.id).has_value();
        return false;
    });
}

}  // namespace huitong::app
