// The table of configuration keys, the reader over it, and the page written from it.
#include "app/config.hpp"

#include <gtest/gtest.h>

#include <set>

#include "app/config_file.hpp"
#include "app/store_place.hpp"

namespace huitong::app {
namespace {

std::string mistakes_in(std::string_view text) {
    const auto config = parse_config(text, "huitong.toml");
    return config ? std::string("accepted") : config.error().detail;
}

TEST(Config, EveryDefaultIsWithinItsBounds) {
    std::set<std::string_view> names;
    const Config defaults;
    for (const Key& key : config_keys()) {
        EXPECT_TRUE(names.insert(key.name).second) << key.name << " stands twice";
        Config copy = defaults;
        const Slot slot = key.slot(copy);
        if (auto* const number = std::get_if<std::int64_t*>(&slot)) {
            EXPECT_TRUE(set_integer(key, copy, **number).has_value()) << key.name;
        } else if (auto* const duration = std::get_if<core::Duration*>(&slot)) {
            EXPECT_TRUE(set_integer(key, copy, (*duration)->count() / 1000).has_value()) << key.name;
        } else if (auto* const text = std::get_if<std::string*>(&slot)) {
            EXPECT_TRUE(set_text(key, copy, **text).has_value()) << key.name;
        }
    }
    EXPECT_TRUE(check_together(defaults).has_value());
}

TEST(Config, NoTwoKeysShareAValue) {
    Config config;
    std::set<const void*> places;
    for (const Key& key : config_keys()) {
        const void* const place =
            std::visit([](auto* value) { return static_cast<const void*>(value); }, key.slot(config));
        EXPECT_TRUE(places.insert(place).second) << key.name;
    }
}

TEST(Config, TheAdminApiListensBeyondLoopbackOnlyWithTls) {
    const auto takes = [](const std::string& place, const std::string& tls = {}) {
        Config config;
        config.admin_listen = place;
        config.tls_certificate_file = tls;
        config.tls_key_file = tls;
        return check_together(config).has_value();
    };
    for (const char* place : {"127.0.0.1:8079", "localhost:1", "[::1]:8079"})
        EXPECT_TRUE(takes(place)) << place;
    for (const char* place : {"0.0.0.0:8079", "admin.example.com:443", "[::]:8079"}) {
        EXPECT_FALSE(takes(place)) << place;
        EXPECT_TRUE(takes(place, "tls.pem")) << place;
    }
    for (const char* place : {"8079", "127.0.0.1", "127.0.0.1:", "[::1]", "a b:1", "127.0.0.1:1/x", ":1"})
        EXPECT_FALSE(takes(place, "tls.pem")) << place;
}

TEST(Config, ReadsAFile) {
    const auto config = parse_config(
        "[listen]\nport = 9000\n[store]\nurl = 'sqlite:/srv/pay.db'\n[payments]\ndeadline_ms = 45000\n", "f");
    ASSERT_TRUE(config.has_value());
    EXPECT_EQ(config->listen_port, 9000);
    EXPECT_EQ(config->policy.deadline, std::chrono::seconds(45));
    EXPECT_EQ(*sqlite_path(*config), "/srv/pay.db");
    EXPECT_EQ(config->pay_wait, std::chrono::seconds(35));
}

TEST(Config, NamesEveryMistakeWithItsLine) {
    EXPECT_EQ(mistakes_in("[listen]\nport = 70000\nhots = 'x'\n"),
              "huitong.toml:3: unknown key listen.hots\n"
              "huitong.toml:2: listen.port: the value must be between 0 and 65535");
    EXPECT_EQ(mistakes_in("\n[log]\nlevel = 'loud'\n"),
              "huitong.toml:3: log.level: must be one of debug|info|warn|error");
    EXPECT_EQ(mistakes_in("[log]\nlevel = 'info|warn'\n"),
              "huitong.toml:2: log.level: must be one of debug|info|warn|error");
    EXPECT_EQ(mistakes_in("[upay]\npay_wait_ms = '35'\n"),
              "huitong.toml:2: upay.pay_wait_ms: must be a whole number");
    EXPECT_EQ(mistakes_in("[upay]\npay_wait_ms = 35.0\n"),
              "huitong.toml:2: upay.pay_wait_ms: must be a milliseconds");
    EXPECT_EQ(mistakes_in("port = 1\n"), "huitong.toml:1: port: every key stands in a [section]");
    EXPECT_TRUE(mistakes_in("[listen\n").starts_with("huitong.toml:1: "));
}

TEST(Config, ChecksWhatKeysMeanTogether) {
    EXPECT_EQ(mistakes_in("[listen]\ntls_key_file = 'k'\n"),
              "huitong.toml: listen.tls_certificate_file and listen.tls_key_file come together");
    EXPECT_EQ(mistakes_in("[store]\nurl = 'mysql://h/d'\n"),
              "huitong.toml: store.url: must be sqlite:PATH or postgresql://…");
    EXPECT_EQ(
        mistakes_in("[store]\nurl = 'postgresql://u:secret%zz@h/d'\n"),
        "huitong.toml: store.url: not an address as libpq reads it (percent-encode what is special in it)");
    EXPECT_EQ(mistakes_in("[payments]\nin_flight_bound_ms = 60000\n"),
              "huitong.toml: payments.in_flight_bound_ms must exceed payments.call_timeout_ms by the minute "
              "a payment "
              "code lives");
}

TEST(Config, MasksSecrets) {
    const std::string key(64, 'a');
    const auto config = parse_config("[secrets]\nmaster_key = '" + key + "'\n", "f");
    ASSERT_TRUE(config.has_value());
    for (const Key& row : config_keys()) EXPECT_FALSE(value_text(row, *config).contains("aaaa")) << row.name;
    EXPECT_EQ(mistakes_in("[secrets]\nmaster_key = 'short'\n"),
              "huitong.toml:2: secrets.master_key: the length must be between 64 and 64");
}

TEST(Config, MasksThePasswordOfAStore) {
    const auto shown = [](const std::string& url) {
        const auto config = parse_config("[store]\nurl = '" + url + "'\n", "f");
        EXPECT_TRUE(config.has_value()) << url;
        return config ? store_location(*config)->shown : "";
    };
    EXPECT_EQ(shown("postgresql://pay:s3cret@db:6432/huitong"), "postgresql://pay:********@db:6432/huitong");
    EXPECT_EQ(shown("postgres://pay@db/huitong?password=s3cret&sslmode=require&sslpassword=s3cret"),
              "postgresql://pay:********@db/huitong?sslmode=require&sslpassword=********");
    EXPECT_EQ(shown("postgresql:///huitong?host=/run/pg"), "postgresql:///run/pg/huitong");
    const auto config = parse_config("[store]\nurl = 'postgresql://pay:s3cret@db/huitong'\n", "f");
    for (const Key& row : config_keys())
        EXPECT_FALSE(value_text(row, *config).contains("s3cret")) << row.name;
    EXPECT_EQ(sqlite_path(*config).error().reason, "not_a_file");
}

TEST(Config, TheReferenceIsWhatTheTableSays) {
    const auto page = read_file(HUITONG_SOURCE_DIR "/docs/configuration.md");
    ASSERT_TRUE(page.has_value());
    EXPECT_EQ(*page, config_reference()) << "run: huitong config-reference > docs/configuration.md";
}

}  // namespace
}  // namespace huitong::app
