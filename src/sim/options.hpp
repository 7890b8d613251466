// What a simulator can be told at its start; the switches can also be changed while it runs (POST
// /_sim/options). spec/channels 6.2, 6.3.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/secret.hpp"

namespace huitong::sim {

// One account at WeChat. With sub-merchants it is a service provider's: every call must then name one of
// them, and API v3 is closed to it.
struct WechatMerchant {
    std::string appid;
    std::string mch_id;
    core::Secret api_key;  // of API v2
    std::vector<std::string> sub_mch_ids = {};
    // API v3. Without a certificate every call of it is refused as not signed.
    core::Secret apiv3_key = {};          // 32 characters
    std::string certificate_serial = {};  // of its API certificate
    std::string public_key = {};          // of that certificate: PEM, or the certificate itself
    std::int64_t fee_ppm = 6000;          // what WeChat keeps, as its bills say
};

// The certificate numbers of an application in certificate mode (spec/channels 2.1). Empty: key mode.
struct AlipayCertificates {
    std::string app_cert_sn = {};          // requests must carry it
    std::string alipay_root_cert_sn = {};  // and this
    std::string alipay_cert_sn = {};       // answers carry it
};

// One application at Alipay. With tokens it is a service provider's: every call must then carry the
// app_auth_token of one of its sub-merchants.
struct AlipayMerchant {
    std::string app_id;
    std::string app_public_key;       // verifies requests: PEM or bare base64
    core::Secret alipay_private_key;  // signs answers: PEM or bare base64
    std::string seller_id = {};       // 2088…; a request that names another is refused
    std::vector<std::string> app_auth_tokens = {};
    AlipayCertificates certificates = {};
};

struct Options {
    std::vector<WechatMerchant> wechat_merchants;
    bool require_client_cert = false;  // /secapi/ paths refuse a request without a proven client certificate
    bool tombstones = true;            // reversing an unknown number succeeds and bars that number for ever
    bool platform_auto_revoke =
        false;  // WeChat: an unpaid barcode order is revoked by the platform after 45 s
    bool forbids_early_close = false;  // a close within 5 minutes of the creation is a violation; it works
    bool magic = true;  // payment codes, directives and the negative-test header choose scenarios
    std::int64_t password_above_fen =
        100'000;                         // a larger payment needs the password; 0: the amount does not matter
    int password_free_per_day = 5;       // of one payer, by Beijing day; 0: no limit
    std::size_t journal_limit = 10'000;  // calls remembered; 0: none, totals are kept all the same

    // Where WeChat's H5 cashier is: the simulator's own address, so that a browser finds its wallet page.
    std::string wechat_web_url = "https://wx.tenpay.com";
    // Where its API v3 hands out the files of bills: the simulator's own address.
    std::string wechat_api_url = "https://api.mch.weixin.qq.com";
    // What it signs answers and notices of API v3 with: PEM. Empty: made when first used.
    core::Secret wechat_platform_key = {};         // of its first platform certificate
    core::Secret wechat_public_key_pair = {};      // of what merchants know as PUB_KEY_ID_…
    bool wechat_public_key = false;                // signs with the latter, and hands out no certificates
    std::int64_t wechat_timestamp_window_s = 300;  // as Alipay's below

    std::vector<AlipayMerchant> alipay_merchants = {};
    std::int64_t alipay_auto_close_s = 180;        // an unpaid trade is closed after that; 0: never
    std::int64_t alipay_timestamp_window_s = 600;  // a request's timestamp may differ by that much; 0: by any
    std::int64_t refund_settles_after_s = 0;  // WeChat: an accepted refund is PROCESSING that long, and never
                                              // shorter than until the next look at it
};

}  // namespace huitong::sim
