// Demo data: a vendor, an application, a merchant with a store, a channel account at the simulators and an
// activation code of unlimited use; fresh keys every time they are made. For the demo and for simulation.
#pragma once

#include <string>

#include "codec/json.hpp"
#include "core/random.hpp"
#include "ports/store.hpp"
#include "sim/options.hpp"
#include "task/time.hpp"

namespace huitong::app {

struct DemoData {
    std::string operator_name;
    std::string operator_key;
    std::string vendor_sn;
    std::string vendor_key;
    std::string app_id;
    std::string merchant_sn;
    std::string store_sn;
    std::string activation_code;
    std::string terminal_sn;  // of an activated terminal; empty until there is one
    std::string terminal_key;
    std::string platform_public_key;  // verifies notifications; the store's, written for clients, never read
    std::string wechat_appid;
    std::string wechat_mch_id;
    std::string wechat_api_key;
    std::string alipay_app_id;
    std::string alipay_seller_id;
    std::string alipay_app_private_key;        // ours
    std::string alipay_public_key;             // the channel's
    std::string alipay_simulator_private_key;  // the channel's, for the simulator
};

// Where the simulated channels are.
struct ChannelUrls {
    std::string wechat;  // "http://host:port"
    std::string alipay;  // "http://host:port/gateway.do"
};
// Of simulators that listen at "http://host:port".
[[nodiscard]] ChannelUrls urls_at(const std::string& simulator_url);

// Through the onboarding stories, in an empty store. Errors: theirs.
[[nodiscard]] task::Task<DemoData> create_demo_data(ports::StorePort& store, task::Time& time,
                                                    core::Random& random, ChannelUrls urls);
// Makes the merchant's only active channel accounts those at these URLs: the demo may be started on another
// port.
[[nodiscard]] task::Task<void> point_at(ports::StorePort& store, task::Time& time, core::Random& random,
                                        DemoData data, ChannelUrls urls);
// Makes the simulators know the merchant.
void add_simulated_merchant(sim::Options& options, const DemoData& data);

// DIR/demo.json (DESIGN.md §7): what a client needs. reason: bad_demo_file
[[nodiscard]] codec::Json to_json(const DemoData& data, const std::string& gateway_url,
                                  const std::string& simulator_url);
[[nodiscard]] core::Result<DemoData> parse_demo_data(std::string_view text);

}  // namespace huitong::app
