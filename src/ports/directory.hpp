// Who may use the platform: vendors, applications, merchants, stores, terminals, activation codes, channel
// accounts and operators (spec/upay §7). Secrets travel as core::Secret and are sealed by the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/secret.hpp"
#include "core/time.hpp"
#include "payments/payment.hpp"

namespace huitong::ports {

struct Vendor {
    std::string sn;  // 8 digits
    std::string name;
    core::Secret key;  // 32 hex characters
    bool is_active = true;
};

// What stands before the signature of a notification: nothing, or the terminal's number (spec/upay 2.4).
enum class NotifyHeader { bare, sn_prefixed };
[[nodiscard]] std::string_view to_string(NotifyHeader header);

// Where sources disagree about the contract, what one application's clients expect (spec/upay 10).
struct AppSwitches {
    NotifyHeader notify_header = NotifyHeader::bare;
    bool notify_canceled = false;  // notifications beside "paid"
    bool notify_refunded = false;
    bool wap_as_object = false;   // wap_pay_request as an object, not as text
    bool long_client_sn = false;  // 64 bytes instead of 32 when an order is made
    bool unique_device = false;   // a device of a merchant is activated once

    friend bool operator==(const AppSwitches&, const AppSwitches&) = default;
};

struct App {
    std::string id;  // 16 digits
    std::string vendor_sn;
    std::string name;
    bool is_active = true;
    AppSwitches switches{};
};

struct Merchant {
    std::string sn;  // 13 digits
    std::string name;
    bool is_active = true;
};

struct Store {
    std::string sn;  // 13 digits
    std::string merchant_sn;
    std::string name;
    bool is_active = true;
};

struct ActivationCode {
    std::string code;  // 8 digits
    std::string store_sn;
    std::string merchant_sn;
    std::optional<int> uses_left;  // none: unlimited
    core::Instant expires_at;
};

struct Terminal {
    std::string sn;  // 18 digits, carries the shard of its merchant
    std::string app_id;
    std::string merchant_sn;
    std::string store_sn;
    std::string device_id;
    std::string client_sn;  // the vendor's own number; unique inside app_id when not empty
    std::string name;
    std::string os_info;
    std::string sdk_version;
    core::Secret current_key;   // 32 hex characters
    core::Secret previous_key;  // valid beside the current one; empty before the first check-in
    bool is_active = true;
    std::int64_t version = 1;
    core::Instant created_at;
    core::Instant last_checkin_at;
};

// A terminal with the names its answers carry and whether everything above it is active: one read per
// request.
struct TerminalView {
    Terminal terminal;
    std::string merchant_name;
    std::string store_name;
    bool is_store_active = true;
    bool is_merchant_active = true;
    AppSwitches switches{};  // of its application
};

// Our account at a channel: the provider's keys, and the sub-merchant when the provider acts for one. A
// merchant may have several at one channel.
struct ChannelAccount {
    std::string id;  // short, ours: "wx-main"
    payments::ChannelKind channel = payments::ChannelKind::wechat;
    std::string merchant_sn;  // whom it serves
    std::string base_url;     // WeChat: "https://host[:port]"; Alipay: the gateway's whole URL
    std::string app_id;
    std::string mch_id;      // Alipay: the seller's number (seller_id), may be empty
    std::string sub_app_id;  // WeChat service-provider mode; empty otherwise
    std::string sub_mch_id;
    std::string sign_type;               // WeChat "MD5" or "HMAC-SHA256"; Alipay "RSA2"
    core::Secret api_key;                // WeChat: 32 characters
    std::string client_certificate_pem;  // WeChat, for /secapi; empty: none
    core::Secret client_key_pem;
    core::Secret app_private_key;     // Alipay: RSA key of the application, as crypto::RsaPrivateKey takes it
    std::string channel_public_key;   // Alipay: its public key, or its certificate in certificate mode
    std::string app_certificate_pem;  // Alipay certificate mode; empty: key mode
    std::string root_certificates_pem;  // Alipay certificate mode: its root certificates
    core::Secret app_auth_token;        // Alipay service-provider mode; empty otherwise
    std::string server_ip;              // spbill_create_ip when the terminal's is not known
    int priority = 0;                   // of several accounts the lowest is used first, then by id
    int refund_days = 0;                // by contract; 0: the channel's own (payments::Policy)
    int channel_fee_ppm = 0;            // what the channel keeps of an amount, in millionths
    int merchant_fee_ppm = 0;           // what the platform keeps of it
    bool is_active = true;
};

enum class Role { operator_, approver, auditor };
[[nodiscard]] std::string_view to_string(Role role);

struct Operator {
    std::string name;
    Role role = Role::operator_;
    std::string
        key_hash;  // SHA-256 of the operator's key, hex; the key itself is shown once and never stored
    bool is_active = true;
};

// The key pair that notifications are signed with; the same for all who use the platform.
struct PlatformKey {
    std::string id;  // "1": there is no other yet
    core::Secret private_key_pem;
    std::string public_key_pem;  // SubjectPublicKeyInfo
    core::Instant created_at;
};

// One row of the append-only audit log. hash = SHA-256 over the row and the hash before it.
struct AuditRow {
    std::int64_t id = 0;
    core::Instant at;
    std::string actor;    // operator name, "system" or "console owner"
    std::string act;      // "merchant.create", "payment.decide"
    std::string subject;  // what it was done to
    std::string detail;   // no secrets
    std::string previous_hash;
    std::string hash;
};

}  // namespace huitong::ports
