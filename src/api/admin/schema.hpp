// What goes in and out, as tables: one row per field says its type, its bounds and an example. Requests are
// checked by these tables, and the OpenAPI document is printed from them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace huitong::api::admin {

enum class Type {
    text,
    integer,
    boolean,
    time,    // RFC 3339
    money,   // {"minor", "currency"}
    object,  // of `of`
    list,    // of `of`
};

struct Schema;

struct Field {
    std::string_view name;
    Type type = Type::text;
    std::string_view about;
    std::string_view example = {};  // as JSON; objects and lists have those of their fields
    bool is_required = false;       // in requests; answers have all their fields
    bool is_nullable = false;       // in answers
    std::int64_t least = 0;  // of texts: bytes; the greatest for both when `most` is 0 is the type's own
    std::int64_t most = 0;
    std::string_view choices = {};  // of texts: separated by '|'
    const Schema* of = nullptr;
};

struct Schema {
    std::string_view name;
    std::string_view about;
    std::span<const Field> fields;
};

inline constexpr std::int64_t most_text = 200;
[[nodiscard]] constexpr std::int64_t most_of(const Field& field) {
    if (field.most != 0) return field.most;
    return field.type == Type::text ? most_text : 1'000'000'000'000;
}

}  // namespace huitong::api::admin
