#include "app/config.hpp"

#include <fmt/format.h>

#include "app/admin_listen.hpp"
#include "app/store_place.hpp"
#include "net/http_client.hpp"

namespace huitong::app {

using core::Code;
using core::fail;

namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;

constexpr Key keys[] = {
    {.name = "data.dir",
     .slot = [](Config& c) -> Slot { return &c.data_dir; },
     .least = 1,
     .most = 4000,
     .description =
         "Directory of the key file and of a SQLite store, with the lock that keeps a second `serve` out "
         "of it.",
     .example = "\"/var/lib/huitong\""},
    {.name = "store.url",
     .slot = [](Config& c) -> Slot { return &c.store_url; },
     .least = 1,
     .most = 4000,
     .is_store_url = true,
     .description =
         "sqlite:PATH, relative to data.dir: one process, nothing to administer. Or "
         "postgresql://USER@HOST/DB as "
         "libpq takes it: any number of `serve` on one database. A password is better in libpq's own places "
         "(PGPASSWORD, passfile, service) than here; it is never shown or logged.",
     .example = "\"postgresql://huitong@db.example.com/huitong?sslmode=verify-full\""},
    {.name = "store.connections",
     .slot = [](Config& c) -> Slot { return &c.store_connections; },
     .least = 1,
     .most = 64,
     .description = "PostgreSQL only: how many connections write, and as many read.",
     .example = "8"},
    {.name = "secrets.key_file",
     .slot = [](Config& c) -> Slot { return &c.master_key_file; },
     .least = 1,
     .most = 4000,
     .description =
         "File with the master key (64 hex digits), relative to data.dir, readable by its owner only. "
         "`huitong migrate` makes one for a new store. Keep a copy elsewhere: without it every secret in the "
         "store is lost.",
     .example = "\"/etc/huitong/master.key\""},
    {.name = "secrets.master_key",
     .slot = [](Config& c) -> Slot { return &c.master_key; },
     .least = 64,
     .most = 64,
     .is_hex_key = true,
     .description =
         "The master key itself, instead of the file. HUITONG_MASTER_KEY in the environment overrides both.",
     .example = "\"<64 hex digits>\""},
    {.name = "journal.dir",
     .slot = [](Config& c) -> Slot { return &c.journal_dir; },
     .most = 4000,
     .description =
         "Directory of the send journal, on another disk than the store: each call that moves money is "
         "written there before it leaves, so that after the loss of the store's disk the channels can be "
         "asked about what a backup does not know (docs/backup.md). Empty: no journal, and that is lost.",
     .example = "\"/mnt/other-disk/huitong-journal\""},
    {.name = "journal.keep_days",
     .slot = [](Config& c) -> Slot { return &c.journal_keep_days; },
     .least = 1,
     .most = 3650,
     .description = "Journals of earlier days are removed. Must be longer than from one backup to the next.",
     .example = "7"},
    {.name = "listen.host",
     .slot = [](Config& c) -> Slot { return &c.listen_host; },
     .least = 1,
     .most = 255,
     .description = "Address to listen on.",
     .example = "\"0.0.0.0\""},
    {.name = "listen.port",
     .slot = [](Config& c) -> Slot { return &c.listen_port; },
     .least = 0,
     .most = 65535,
     .description = "Port to listen on; 0 takes a free one, printed at start.",
     .example = "8443"},
    {.name = "listen.public_url",
     .slot = [](Config& c) -> Slot { return &c.public_url; },
     .most = 200,
     .description = "http(s)://host[:port][/path] where the world reaches this gateway: channels send their "
                    "notices below it, and links to pictures of codes begin with it. Empty: no order that "
                    "the payer begins (precreate) is taken.",
     .example = "\"https://pay.example.com\""},
    {.name = "listen.tls_certificate_file",
     .slot = [](Config& c) -> Slot { return &c.tls_certificate_file; },
     .most = 4000,
     .description = "PEM certificate chain. With listen.tls_key_file: HTTPS; without both: plain HTTP.",
     .example = "\"/etc/huitong/tls.crt\""},
    {.name = "listen.tls_key_file",
     .slot = [](Config& c) -> Slot { return &c.tls_key_file; },
     .most = 4000,
     .description = "PEM private key of the certificate.",
     .example = "\"/etc/huitong/tls.key\""},
    {.name = "listen.max_body_bytes",
     .slot = [](Config& c) -> Slot { return &c.max_body_bytes; },
     .least = 4096,
     .most = 64 << 20,
     .description = "Larger request bodies are refused with 413.",
     .example = "1048576"},
    {.name = "listen.max_connections",
     .slot = [](Config& c) -> Slot { return &c.max_connections; },
     .least = 1,
     .most = 1'000'000,
     .description = "More connections than this are answered with 503.",
     .example = "4096"},
    {.name = "listen.drain_notice_ms",
     .slot = [](Config& c) -> Slot { return &c.drain_notice; },
     .least = 0,
     .most = minute,
     .description =
         "After SIGTERM /readyz says no at once, and requests are still taken this long, so that a "
         "balancer notices before connections are refused. A second SIGTERM ends it early.",
     .example = "2000"},
    {.name = "listen.drain_timeout_ms",
     .slot = [](Config& c) -> Slot { return &c.drain_timeout; },
     .least = 0,
     .most = 10 * minute,
     .description =
         "How long a stop waits for running requests. What is unfinished goes on at the next start.",
     .example = "15000"},
    {.name = "manage.metrics_token",
     .slot = [](Config& c) -> Slot { return &c.metrics_token; },
     .least = 16,
     .most = 256,
     .description = "Who reads /metrics must send it (`Authorization: Bearer …`). Without one only peers on "
                    "loopback or in a private network may, and none that come through a proxy.",
     .example = "\"<random text>\""},
    {.name = "admin.listen",
     .slot = [](Config& c) -> Slot { return &c.admin_listen; },
     .most = 300,
     .description =
         "HOST:PORT of the admin API (docs/admin-api.md), a port of its own. Beyond loopback only "
         "with listen.tls_certificate_file and listen.tls_key_file, which it uses. Empty: it is not "
         "served.",
     .example = "\"127.0.0.1:8079\""},
    {.name = "review.second_person_above",
     .slot = [](Config& c) -> Slot { return &c.second_person_above; },
     .least = -1,
     .most = 1'000'000'000'000,
     .description =
         "Decisions on payments and refunds of more than this, in minor units of CNY, take effect when an "
         "approver confirms what another person proposed. 0: all; -1: none. The same in every process.",
     .example = "100000"},
    {.name = "alerts.webhook_url",
     .slot = [](Config& c) -> Slot { return &c.webhook_url; },
     .most = 2000,
     .description = "http(s)://host[:port][/path] that alerts are sent to, at least once each. Empty: they "
                    "wait in `huitong admin alert list`.",
     .example = "\"https://ops.example.com/huitong\""},
    {.name = "alerts.webhook_secret",
     .slot = [](Config& c) -> Slot { return &c.webhook_secret; },
     .least = 16,
     .most = 256,
     .description = "Key of the HMAC in X-Huitong-Signature, by which the receiver knows that it is us.",
     .example = "\"<random text>\""},
    {.name = "notify.allow",
     .slot = [](Config& c) -> Slot { return &c.notify_allow; },
     .most = 2000,
     .description = "Networks, separated by commas, that merchants' notify_url may lie in although they are "
                    "not the public Internet's: loopback, private and other special addresses are refused "
                    "otherwise.",
     .example = "\"10.20.0.0/16, fd00:20::/32\""},
    {.name = "channels.trusted_ca_file",
     .slot = [](Config& c) -> Slot { return &c.trusted_ca_file; },
     .most = 4000,
     .description = "PEM certificates of the authorities that may vouch for a channel's server, instead of "
                    "the system's. "
                    "Empty: the system's.",
     .example = "\"/etc/huitong/channel-ca.crt\""},
    {.name = "channels.circuit_failures",
     .slot = [](Config& c) -> Slot { return &c.circuit_failures; },
     .least = 1,
     .most = 1000,
     .description =
         "After so many calls in a row that a channel's server did not answer, new payments through it "
         "are refused at once, certainly not sent, until it answers again.",
     .example = "5"},
    {.name = "channels.circuit_pause_ms",
     .slot = [](Config& c) -> Slot { return &c.circuit_pause; },
     .least = second,
     .most = 10 * minute,
     .description = "Meanwhile one payment is let through as a try this often.",
     .example = "10000"},
    {.name = "upay.pay_wait_ms",
     .slot = [](Config& c) -> Slot { return &c.pay_wait; },
     .least = second,
     .most = minute,
     .description =
         "How long pay and cancel wait for an outcome before they answer \"in progress\". Clients give up "
         "after about 50 s.",
     .example = "35000"},
    {.name = "upay.refund_wait_ms",
     .slot = [](Config& c) -> Slot { return &c.refund_wait; },
     .least = second,
     .most = 35 * second,
     .description = "How long a refund waits for proof before it answers \"in progress\".",
     .example = "15000"},
    {.name = "payments.send_by_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.send_by; },
     .least = 100,
     .most = 30 * second,
     .description = "A pay call that could not leave this long after its request arrived is not sent at all.",
     .example = "5000"},
    {.name = "payments.call_timeout_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.call_timeout; },
     .least = second,
     .most = minute,
     .description = "Read time-out of a call to a channel.",
     .example = "10000"},
    {.name = "payments.deadline_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.deadline; },
     .least = 15 * second,
     .most = 10 * minute,
     .description =
         "A payment that is not proven this long after its pay call was sent is queried once more and "
         "reversed.",
     .example = "30000"},
    {.name = "payments.launch_valid_for_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.launch_valid_for; },
     .least = minute,
     .most = 120 * minute,
     .description = "How long a payer may begin an order of precreate; then it is closed.",
     .example = "240000"},
    {.name = "payments.last_query_timeout_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.last_query_timeout; },
     .least = second,
     .most = minute,
     .description = "Read time-out of that last query.",
     .example = "3000"},
    {.name = "payments.in_flight_bound_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.in_flight_bound; },
     .least = 30 * second,
     .most = 60 * minute,
     .description =
         "Until then an unanswered pay call may still arrive at the channel, and absence proves nothing.",
     .example = "90000"},
    {.name = "payments.reverse_repeat_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.reverse_repeat; },
     .least = 10 * second,
     .most = 60 * minute,
     .description = "Between two reversals once the first, closer ones have brought no proof.",
     .example = "300000"},
    {.name = "payments.reverse_give_up_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.reverse_give_up; },
     .least = 3 * minute,
     .most = 24 * 60 * minute,
     .description = "A reversal without proof for this long goes to manual review.",
     .example = "1800000"},
    {.name = "wechat.first_query_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.first_query; },
     .least = second,
     .most = minute,
     .description = "The first query comes this long after the pay call's answer.",
     .example = "5000"},
    {.name = "wechat.query_every_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.query_every; },
     .least = second,
     .most = minute,
     .description = "Between two queries of a payment that waits for its payer.",
     .example = "5000"},
    {.name = "wechat.earliest_reverse_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.earliest_reverse; },
     .least = 15 * second,
     .most = 5 * minute,
     .description = "No reversal is sent sooner after the pay call (WeChat Pay demands 15 s).",
     .example = "15000"},
    {.name = "wechat.refund_spacing_ms",
     .slot = [](Config& c) -> Slot { return &c.policy.refund_spacing; },
     .least = minute,
     .most = 60 * minute,
     .description =
         "Between two refunds of one payment (WeChat Pay demands a minute); later ones wait their turn.",
     .example = "61000"},
    {.name = "wechat.refund_days",
     .slot = [](Config& c) -> Slot { return &c.policy.refund_days; },
     .least = 1,
     .most = 3650,
     .description =
         "How long after payment a refund may be asked for, unless the channel account says otherwise.",
     .example = "365"},
    {.name = "alipay.first_query_ms",
     .slot = [](Config& c) -> Slot { return &c.alipay.first_query; },
     .least = second,
     .most = minute,
     .description = "The first query comes this long after the pay call's answer.",
     .example = "3000"},
    {.name = "alipay.query_every_ms",
     .slot = [](Config& c) -> Slot { return &c.alipay.query_every; },
     .least = second,
     .most = minute,
     .description = "Between two queries of a payment that waits for its payer.",
     .example = "3000"},
    {.name = "alipay.refund_days",
     .slot = [](Config& c) -> Slot { return &c.alipay.refund_days; },
     .least = 1,
     .most = 3650,
     .description =
         "How long after payment a refund may be asked for, unless the channel account says otherwise.",
     .example = "90"},
    {.name = "log.level",
     .slot = [](Config& c) -> Slot { return &c.log_level; },
     .least = 1,
     .most = 16,
     .choices = "debug|info|warn|error",
     .description = "The least severe lines to write.",
     .example = "\"warn\""},
    {.name = "log.format",
     .slot = [](Config& c) -> Slot { return &c.log_format; },
     .least = 1,
     .most = 16,
     .choices = "text|json",
     .description = "One line per event, as key=value text or as JSON.",
     .example = "\"json\""},
    {.name = "log.file",
     .slot = [](Config& c) -> Slot { return &c.log_file; },
     .most = 4000,
     .description = "File to append to, relative to data.dir; empty: standard error.",
     .example = "\"huitong.log\""},
};

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

std::span<const Key> config_keys() {
    return keys;
}

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
    for (const Key& key : keys) {
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
