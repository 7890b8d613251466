// JSON for APIs whose peers are not trusted: strict UTF-8, bounded depth, no duplicate keys; numbers keep
// their text, so that an amount is never a double. Parsing is Boost.JSON's; this header keeps it out of
// everybody's includes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace huitong::codec {

class Json;
using JsonArray = std::vector<Json>;
using JsonMember = std::pair<std::string, Json>;
using JsonObject = std::vector<JsonMember>;  // in the order of the text

struct JsonNumber {
    std::string text;  // as written: "100", "-1", "1.0", "1e3"
    friend bool operator==(const JsonNumber&, const JsonNumber&) = default;
};

class Json {
  public:
    using Value = std::variant<std::nullptr_t, bool, JsonNumber, std::string, JsonArray, JsonObject>;
    Json() = default;
    Json(std::string text) : value_(std::move(text)) {}
    Json(std::string_view text) : value_(std::string(text)) {}
    Json(const char* text) : value_(std::string(text)) {}
    Json(JsonObject members) : value_(std::move(members)) {}
    Json(JsonArray items) : value_(std::move(items)) {}
    Json(JsonNumber number) : value_(std::move(number)) {}
    explicit Json(bool value) : value_(value) {}
    [[nodiscard]] static Json number(std::int64_t value) { return Json(JsonNumber{std::to_string(value)}); }

    [[nodiscard]] const Value& value() const { return value_; }
    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
    [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }
    [[nodiscard]] const JsonNumber* as_number() const { return std::get_if<JsonNumber>(&value_); }
    [[nodiscard]] const JsonObject* as_object() const { return std::get_if<JsonObject>(&value_); }
    [[nodiscard]] const JsonArray* as_array() const { return std::get_if<JsonArray>(&value_); }
    [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&value_); }
    // The member of that name, or null when this is no object or has none.
    [[nodiscard]] const Json* find(std::string_view key) const;

  private:
    Value value_ = nullptr;
};

struct JsonLimits {
    std::size_t max_depth = 16;
};

// reasons: bad_json, json_too_deep, json_duplicate_key, bad_utf8
[[nodiscard]] core::Result<Json> parse_json(std::string_view text, JsonLimits limits = {});
// The members of a top-level object with their values as the exact slices of `text`: what a signature over
// the raw bytes is verified on (spec/channels 2.2). The whole text must be JSON by the rules of parse_json.
// The slices live as long as `text`. reasons: those of parse_json; bad_json when it is no object.
using RawMember = std::pair<std::string, std::string_view>;
[[nodiscard]] core::Result<std::vector<RawMember>> raw_members(std::string_view text, JsonLimits limits = {});
// Compact, UTF-8 unescaped.
[[nodiscard]] std::string write_json(const Json& json);
// Two-space indent, for people and files.
[[nodiscard]] std::string write_json_pretty(const Json& json);

// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);
// Characters (code points) of well-formed UTF-8.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

}  // namespace huitong::codec
