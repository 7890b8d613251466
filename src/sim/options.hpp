// What a simulator can be told at its start; the switches can also be changed while it runs (POST
// /_sim/options). spec/channels 6.2, 6.3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/secret.hpp"

namespace huitong::sim {

// One account at WeChat. With sub-merchants it is a service provider's: every call must then name one of
// them.
struct WechatMerchant {
    std::string appid;
    std::string mch_id;
    core::Secret api_key;
    std::vector<std::string> sub_mch_ids;
};

struct Options {
    std::vector<WechatMerchant> wechat_merchants;
    bool require_client_cert = false;   // /secapi/ paths refuse a request without a proven client certificate
    bool tombstones = true;             // reversing an unknown number succeeds and bars that number for ever
    bool platform_auto_revoke = false;  // an unpaid barcode order is revoked by the platform after 45 s
    bool magic = true;                  // payment codes and the negative-test header choose scenarios
    std::int64_t password_above_fen =
        100'000;                         // a larger payment needs the password; 0: the amount does not matter
    int password_free_per_day = 5;       // of one payer, by Beijing day; 0: no limit
    std::size_t journal_limit = 10'000;  // calls remembered; 0: none, totals are kept all the same
};

}  // namespace huitong::sim
