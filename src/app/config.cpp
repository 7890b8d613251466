#include "app/config.hpp"

#include <fmt/format.h>

#include "app/admin_listen.hpp"
#include "app/store_place.hpp"
#include "net/http_client.hpp"

namespace huitong::app {

using core::Code;
using core::fail;

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::int64_t to_ms(core::Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

bool is_hex_key(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_choice(std::string_view choices, std::string_view value) {
    const std::string padded = fmt::format("|{}|", choices);
    return value.find('|') == std::string_view::npos && padded.contains(fmt::format("|{}|", value));
}

core::Result<void> out_of_bounds(const Key& key, std::string_view what) {
    return fail(Code::invalid, "bad_value",
                fmt::format("{}: {} must be between {} and {}", key.name, what, key.least, key.most));
}

}  // namespace

std::string_view type_of(const Key& key) {
    Config scratch;
    return std::visit(
        Overloaded{[](std::string*) { return "text"; }, [](std::int64_t*) { return "integer"; },
                   [](int*) { return "integer"; }, [](core::Duration*) { return "milliseconds"; },
                   [](core::Secret*) { return "secret text"; }},
        key.slot(scratch));
}

std::string value_text(const Key& key, const Config& config) {
    Config copy = config;
    return std::visit(
        Overloaded{[&](std::string* value) {
                       if (!key.is_store_url) return quoted(*value);
                       const auto location = store_location(copy);
                       if (!location) return quoted("");
                       const bool is_file = location->engine == sql::Engine::sqlite;
                       return quoted(is_file ? *value : location->shown);
                   },
                   [](std::int64_t* value) { return std::to_string(*value); },
                   [](int* value) { return std::to_string(*value); },
                   [](core::Duration* value) { return std::to_string(to_ms(*value)); },
                   [](core::Secret* value) { return quoted(value->empty() ? "" : "********"); }},
        key.slot(copy));
}

core::Result<void> set_integer(const Key& key, Config& config, std::int64_t value) {
    const Slot slot = key.slot(config);
    auto* const integer = std::get_if<std::int64_t*>(&slot);
    auto* const count = std::get_if<int*>(&slot);
    auto* const duration = std::get_if<core::Duration*>(&slot);
    if (integer == nullptr && count == nullptr && duration == nullptr) {
        return fail(Code::invalid, "bad_value", fmt::format("{}: must be a text", key.name));
    }
    if (value < key.least || value > key.most) return out_of_bounds(key, "the value");
    if (integer != nullptr) **integer = value;
    if (count != nullptr) **count = static_cast<int>(value);
    if (duration != nullptr) **duration = std::chrono::milliseconds(value);
    return {};
}

core::Result<void> set_text(const Key& key, Config& config, std::string value) {
    const Slot slot = key.slot(config);
    auto* const text = std::get_if<std::string*>(&slot);
    auto* const secret = std::get_if<core::Secret*>(&slot);
    if (text == nullptr && secret == nullptr) {
        return fail(Code::invalid, "bad_value", fmt::format("{}: must be a whole number", key.name));
    }
    const auto length = static_cast<std::int64_t>(value.size());
    if (length < key.least || length > key.most) return out_of_bounds(key, "the length");
    if (!key.choices.empty() && !is_choice(key.choices, value)) {
        return fail(Code::invalid, "bad_value", fmt::format("{}: must be one of {}", key.name, key.choices));
    }
    if (key.is_hex_key && !is_hex_key(value)) {
        return fail(Code::invalid, "bad_value", fmt::format("{}: must be 64 hex digits", key.name));
    }
    if (text != nullptr) **text = std::move(value);
    if (secret != nullptr) **secret = core::Secret(std::move(value));
    return {};
}

payments::Policy policy_of(const Config& config, payments::ChannelKind channel) {
    payments::Policy policy = config.policy;
    if (channel == payments::ChannelKind::wechat) return policy;
    policy.first_query = config.alipay.first_query;
    policy.query_every = config.alipay.query_every;
    policy.earliest_reverse = config.alipay.earliest_reverse;
    policy.refund_spacing = config.alipay.refund_spacing;
    policy.refund_first_look = config.alipay.refund_first_look;
    policy.most_refunds = config.alipay.most_refunds;
    policy.refund_days = config.alipay.refund_days;
    return policy;
}

core::Result<void> check_together(const Config& config) {
    const auto refuse = [](const char* what) { return fail(Code::invalid, "bad_config", what); };
    const payments::Policy& policy = config.policy;
    if (config.tls_certificate_file.empty() != config.tls_key_file.empty()) {
        return refuse("listen.tls_certificate_file and listen.tls_key_file come together");
    }
    if (!config.webhook_url.empty() && !net::parse_base_url(config.webhook_url)) {
        return refuse("alerts.webhook_url: must be http(s)://host[:port][/path]");
    }
    if (!config.public_url.empty() && !net::parse_base_url(config.public_url)) {
        return refuse("listen.public_url: must be http(s)://host[:port][/path]");
    }
    if (!net::AddressGuard::make(config.notify_allow)) {
        return refuse("notify.allow: must be networks as 10.20.0.0/16, separated by commas");
    }
    if (!config.webhook_url.empty() && config.webhook_secret.empty()) {
        return refuse("alerts.webhook_url needs alerts.webhook_secret");
    }
    if (auto admin = check_admin_listen(config); !admin) return admin;
    if (policy.call_timeout > policy.deadline) {
        return refuse("payments.call_timeout_ms must not exceed payments.deadline_ms");
    }
    if (policy.in_flight_bound < policy.call_timeout + std::chrono::minutes(1)) {
        return refuse(
            "payments.in_flight_bound_ms must exceed payments.call_timeout_ms by the minute a payment code "
            "lives");
    }
    if (auto location = store_location(config); !location)
        return std::unexpected(std::move(location.error()));
    return {};
}

std::string in_data_dir(const Config& config, std::string_view name) {
    return name.starts_with('/') ? std::string(name) : config.data_dir + "/" + std::string(name);
}

std::string config_reference() {
    const Config defaults;
    std::string text =
        "# Configuration\n\n"
        "`huitong serve --config FILE` reads TOML. `huitong check-config FILE` shows what a file amounts to; "
        "an unknown\n"
        "key or a bad value is refused with its line. This page is printed by `huitong config-reference`.\n";
    std::string_view section;
    for (const Key& key : config_keys()) {
        const auto dot = key.name.find('.');
        if (key.name.substr(0, dot) != section) {
            section = key.name.substr(0, dot);
            text += fmt::format(
                "\n## [{}]\n\n| key | type | default | bounds | meaning | example "
                "|\n|---|---|---|---|---|---|\n",
                section);
        }
        const bool is_number = type_of(key) == "integer" || type_of(key) == "milliseconds";
        std::string choices(key.choices);
        for (std::size_t at = 0; (at = choices.find('|', at)) != std::string::npos; at += 2)
            choices.replace(at, 1, ", ");
        text += fmt::format("| `{}` | {} | `{}` | {} | {} | `{}` |\n", key.name.substr(dot + 1), type_of(key),
                            value_text(key, defaults),
                            is_number ? fmt::format("{} to {}", key.least, key.most) : choices,
                            key.description, key.example);
    }
    return text;
}

}  // namespace huitong::app
