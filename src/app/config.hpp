// Configuration: one row per key, with type, default, bounds and description; everything else about a key
// (parsing, check-config, docs/configuration.md) follows from its row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "payments/policy.hpp"

namespace huitong::app {

struct Config {
    std::string data_dir = "/var/lib/huitong";
    std::string store_url = "sqlite:huitong.db";
    int store_connections = 4;
    std::string master_key_file = "master.key";
    core::Secret master_key;
    std::string listen_host = "127.0.0.1";
    std::int64_t listen_port = 8080;
    std::string public_url;
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::int64_t max_body_bytes = 1 << 20;
    std::int64_t max_connections = 4096;
    core::Duration drain_notice = std::chrono::seconds(2);
    core::Duration drain_timeout = std::chrono::seconds(15);
    std::string journal_dir;
    int journal_keep_days = 7;
    core::Secret metrics_token;
    std::string admin_listen;
    bool is_admin_on_gateway = false;  // the demo's; not to be had in a file
    std::int64_t second_person_above = -1;
    std::string webhook_url;
    core::Secret webhook_secret;
    std::string notify_allow;
    std::string trusted_ca_file;
    std::int64_t circuit_failures = 5;
    core::Duration circuit_pause = std::chrono::seconds(10);
    core::Duration pay_wait = std::chrono::seconds(35);
    core::Duration refund_wait = std::chrono::seconds(15);
    payments::Policy policy = payments::default_policy(payments::ChannelKind::wechat);
    // Only what differs by channel is read from it; policy_of() has the whole.
    payments::Policy alipay = payments::default_policy(payments::ChannelKind::alipay);
    std::string log_level = "info";
    std::string log_format = "text";
    std::string log_file;
};

// Where a key's value lives; the type decides how it is written in the file. Durations are whole milliseconds
// there.
using Slot = std::variant<std::string*, std::int64_t*, int*, core::Duration*, core::Secret*>;

struct Key {
    std::string_view name;  // "section.key"
    Slot (*slot)(Config&);
    std::int64_t least = 0;         // of integers and durations (milliseconds); of texts: the least length
    std::int64_t most = 0;          // of texts: the greatest length
    std::string_view choices = {};  // of texts: the values allowed, separated by '|'; empty: any
    bool is_hex_key = false;        // of secrets: 64 hex digits
    bool is_store_url = false;      // of texts: shown without a password
    std::string_view description;
    std::string_view example;  // as written in a file
};

[[nodiscard]] std::span<const Key> config_keys();
// "text", "integer", "milliseconds" or "secret text".
[[nodiscard]] std::string_view type_of(const Key& key);
// The value as it stands in a file: quoted text, digits; secrets masked.
[[nodiscard]] std::string value_text(const Key& key, const Config& config);
// Within the key's bounds. reason: bad_value
[[nodiscard]] core::Result<void> set_integer(const Key& key, Config& config, std::int64_t value);
[[nodiscard]] core::Result<void> set_text(const Key& key, Config& config, std::string value);
// What no single key can tell. reason: bad_config
[[nodiscard]] core::Result<void> check_together(const Config& config);

[[nodiscard]] payments::Policy policy_of(const Config& config, payments::ChannelKind channel);

// "name" relative to the data directory, unless it begins with '/'.
[[nodiscard]] std::string in_data_dir(const Config& config, std::string_view name);

// docs/configuration.md, from the table.
[[nodiscard]] std::string config_reference();

}  // namespace huitong::app
