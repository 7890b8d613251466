#include "sql/pg_address.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "sql/pg_session.hpp"

namespace huitong::sql {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

constexpr std::string_view mask = "********";

std::string value_of(const PQconninfoOption* options, std::string_view keyword) {
    for (const PQconninfoOption* one = options; one->keyword != nullptr; ++one) {
        if (keyword == one->keyword && one->val != nullptr) return one->val;
    }
    return {};
}

bool stands_before_the_query(std::string_view keyword) {
    return keyword == "user" || keyword == "password" || keyword == "host" || keyword == "port" ||
           keyword == "dbname";
}

}  // namespace

core::Result<std::string> shown_postgresql_address(const std::string& address) {
    // What libpq says about an address it cannot read may quote the password.
    const Options options(PQconninfoParse(address.c_str(), nullptr));
    if (!options) {
        return core::fail(
            core::Code::invalid, "bad_store_url",
            "store.url: not an address as libpq reads it (percent-encode what is special in it)");
    }
    const auto part = [&](std::string_view before, std::string_view keyword, std::string_view after) {
        const std::string value = value_of(options.get(), keyword);
        return value.empty() ? std::string() : std::string(before) + value + std::string(after);
    };
    const bool has_password = !value_of(options.get(), "password").empty();
    std::string text = "postgresql://" + part("", "user", has_password ? "" : "@");
    if (has_password) text += ":" + std::string(mask) + "@";
    text += part("", "host", "") + part(":", "port", "") + part("/", "dbname", "");
    char separator = '?';
    for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
        if (one->val == nullptr || stands_before_the_query(one->keyword)) continue;
        const bool is_secret = std::string_view(one->dispchar) == "*";
        text += separator + std::string(one->keyword) + "=" + (is_secret ? std::string(mask) : one->val);
        separator = '&';
    }
    return text;
}

std::string postgresql_address_of(const std::string& address, const std::string& database,
                                  const std::string& schema) {
    const Options options(PQconninfoParse(address.c_str(), nullptr));
    if (!options) throw SqlError(SqlError::Kind::connection, "postgresql: not an address");
    std::string text;
    const auto add = [&](std::string_view keyword, std::string_view value) {
        text += std::string(keyword) + "='";
        for (const char c : value) {
            if (c == '\\' || c == '\'') text += '\\';
            text += c;
        }
        text += "' ";
    };
    for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
        const std::string_view keyword = one->keyword;
        if (one->val == nullptr || keyword == "dbname" || (keyword == "options" && !schema.empty())) continue;
        add(keyword, one->val);
    }
    add("dbname", database);
    if (!schema.empty()) add("options", "-c search_path=" + schema);
    return text;
}

std::vector<std::string> careless_settings(const std::string& address) {
    static constexpr std::string_view ask =
        "select name || '=' || setting from pg_settings where setting = 'off'"
        " and name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name";
    std::vector<std::string> found;
    for (Row& row : make_postgresql_session(address)->query(ask, {}))
        found.push_back(std::move(std::get<std::string>(row.at(0))));
    return found;
}

std::int64_t count_connections_of_ours(const std::string& address) {
    static constexpr std::string_view ask =
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and application_name = 'huitong' and pid <> pg_backend_pid()";
    const Rows rows = make_postgresql_session(address)->query(ask, {});
    return std::get<std::int64_t>(rows.at(0).at(0));
}

bool has_postgresql_table(const std::string& address, const std::string& table) {
    static constexpr std::string_view ask =
        "select count(*) from pg_tables where schemaname = any(current_schemas(false)) and tablename = $1";
    const Rows rows = make_postgresql_session(address)->query(ask, {table});
    return std::get<std::int64_t>(rows.at(0).at(0)) > 0;
}

}  // namespace huitong::sql
