#include "api/admin/input.hpp"

#include <algorithm>
#include <charconv>

#include "codec/form.hpp"

namespace huitong::api::admin {

using codec::Json;
using codec::JsonObject;

namespace {

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_choice(std::string_view choices, std::string_view value) {
    for (std::size_t from = 0; from <= choices.size();) {
        const std::size_t end = std::min(choices.find('|', from), choices.size());
        if (choices.substr(from, end - from) == value) return true;
        from = end + 1;
    }
    return false;
}

std::optional<core::Money> parse_money(const Json& value) {
    const JsonObject* const object = value.as_object();
    const Json* const minor = value.find("minor");
    const Json* const currency = value.find("currency");
    if (object == nullptr || object->size() != 2 || minor == nullptr || currency == nullptr)
        return std::nullopt;
    const auto amount = minor->as_number() ? parse_integer(minor->as_number()->text) : std::nullopt;
    const auto unit = currency->as_string() ? core::parse_currency(*currency->as_string())
                                            : core::Result<core::Currency>(std::unexpect);
    if (!amount || !unit) return std::nullopt;
    return core::Money(*amount, *unit);
}

std::string bounds_text(const Field& field) {
    return std::to_string(field.least) + " to " + std::to_string(most_of(field));
}

// Why the value is not one of that field; empty: it is.
std::string fault_of_text(const Field& field, const std::string& text) {
    const auto size = static_cast<std::int64_t>(text.size());
    if (size < field.least || size > most_of(field)) return "must be of " + bounds_text(field) + " bytes";
    if (!is_clean(text, most_of(field) > most_text)) return "must not hold control characters";
    if (!field.choices.empty() && !is_choice(field.choices, text))
        return "must be one of " + std::string(field.choices);
    return {};
}

std::string fault_of(const Field& field, const Json& value) {
    switch (field.type) {
        case Type::text:
            return value.as_string() ? fault_of_text(field, *value.as_string()) : "must be a text";
        case Type::integer: {
            const auto number = value.as_number() ? parse_integer(value.as_number()->text) : std::nullopt;
            if (!number) return "must be a whole number";
            const bool is_inside = *number >= field.least && *number <= most_of(field);
            return is_inside ? std::string() : "must be " + bounds_text(field);
        }
        case Type::boolean:
            return value.as_bool() ? "" : "must be true or false";
        case Type::time:
            return value.as_string() && core::parse_rfc3339(*value.as_string())
                       ? ""
                       : "must be a time as of RFC 3339";
        case Type::money:
            return parse_money(value) ? "" : R"(must be {"minor": whole number, "currency": "CNY"})";
        case Type::object:
        case Type::list:
            return "cannot be given";
    }
    return "cannot be given";
}

std::expected<Input, Problem> check(std::span<const Field> fields, JsonObject given) {
    for (const auto& [name, value] : given) {
        const auto field = std::ranges::find(fields, name, &Field::name);
        if (field == fields.end())
            return bad_field("unknown_field", name.substr(0, most_text), "there is none");
        if (std::string fault = fault_of(*field, value); !fault.empty())
            return bad_field("invalid_field", name, std::move(fault));
    }
    for (const Field& field : fields) {
        if (field.is_required &&
            std::ranges::find(given, field.name, &codec::JsonMember::first) == given.end())
            return bad_field("missing_field", field.name, std::string(field.about));
    }
    return Input(std::move(given));
}

// A query knows texts only.
Json from_query(const Field& field, const std::string& text) {
    if (field.type == Type::integer) return codec::JsonNumber{text};
    if (field.type == Type::boolean && (text == "true" || text == "false")) return Json(text == "true");
    return text;
}

}  // namespace

bool is_clean(std::string_view text, bool may_have_lines) {
    const auto is_control = [=](char c) {
        const bool is_line_end = c == '\n' || c == '\r' || c == '\t';
        return (static_cast<unsigned char>(c) < 0x20 && !(may_have_lines && is_line_end)) || c == 0x7f;
    };
    return codec::is_utf8(text) && std::ranges::none_of(text, is_control);
}

std::string Input::text(std::string_view name) const {
    const Json* const value = fields_.find(name);
    return value && value->as_string() ? *value->as_string() : std::string();
}

std::optional<std::int64_t> Input::integer(std::string_view name) const {
    const Json* const value = fields_.find(name);
    return value && value->as_number() ? parse_integer(value->as_number()->text) : std::nullopt;
}

std::optional<bool> Input::boolean(std::string_view name) const {
    const Json* const value = fields_.find(name);
    return value && value->as_bool() ? std::optional(*value->as_bool()) : std::nullopt;
}

std::optional<core::Instant> Input::time(std::string_view name) const {
    const Json* const value = fields_.find(name);
    if (!value || !value->as_string()) return std::nullopt;
    const auto time = core::parse_rfc3339(*value->as_string());
    return time ? std::optional(*time) : std::nullopt;
}

std::optional<core::Money> Input::money(std::string_view name) const {
    const Json* const value = fields_.find(name);
    return value ? parse_money(*value) : std::nullopt;
}

std::expected<Input, Problem> read_body(std::span<const Field> fields, std::string_view body) {
    if (body.empty()) return check(fields, {});
    const auto json = codec::parse_json(body);
    if (!json || json->as_object() == nullptr)
        return std::unexpected(
            Problem{.status = 400, .code = "bad_json", .detail = "the body must be one JSON object"});
    return check(fields, *json->as_object());
}

std::expected<Input, Problem> read_query(std::span<const Field> fields, std::string_view query) {
    const auto form = codec::parse_form(query);
    if (!form)
        return std::unexpected(Problem{.status = 400, .code = "bad_query", .detail = form.error().detail});
    JsonObject given;
    for (const auto& [name, text] : *form) {
        const auto field = std::ranges::find(fields, name, &Field::name);
        given.emplace_back(name, field == fields.end() ? Json(text) : from_query(*field, text));
    }
    return check(fields, std::move(given));
}

}  // namespace huitong::api::admin
