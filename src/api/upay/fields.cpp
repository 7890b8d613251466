// The rules of fields.hpp.
#include "api/upay/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/money.hpp"

namespace huitong::api::upay {

namespace {

constexpr std::size_t max_amount_digits = 10;

bool is_all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_forbidden_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 ? c != '\t' && c != '\n' && c != '\r' : c == 0x7F;
}

const std::string* scalar_text(const codec::Json& value) {
    if (const auto* text = value.as_string()) return text;
    const auto* number = value.as_number();
    return number != nullptr ? &number->text : nullptr;
}

std::string compact(const codec::Json& value) {
    const std::string* text = scalar_text(value);
    return text != nullptr ? *text : codec::write_json(value);
}

std::string_view message_of(const core::Error& error) {
    if (error.reason == "json_too_deep") return "请求体JSON嵌套过深";
    if (error.reason == "json_duplicate_key") return "请求体JSON含有重复的键";
    if (error.reason == "bad_utf8") return "请求体不是合法的UTF-8编码";
    return "请求体不是合法的JSON";
}

}  // namespace

const codec::Json* Fields::present(std::string_view name) const {
    if (!failure_.empty()) return nullptr;
    const codec::Json* value = object_.find(name);
    if (value == nullptr || value->is_null()) return nullptr;
    const auto* text = value->as_string();
    return text != nullptr && text->empty() ? nullptr : value;
}

void Fields::refuse(std::string message) {
    if (failure_.empty()) failure_ = std::move(message);
}

core::Result<void> Fields::check() const {
    if (failure_.empty()) return {};
    return core::fail(core::Code::invalid, "bad_params", failure_);
}

std::string Fields::text(std::string_view name, TextRule rule) {
    const codec::Json* value = present(name);
    if (value == nullptr) {
        if (rule.need == Need::required) refuse(fmt::format("{}不可以为空", name));
        return {};
    }
    const std::string* found = scalar_text(*value);
    if (found == nullptr) {
        refuse(fmt::format("{}应为字符串", name));
        return {};
    }
    if (std::ranges::any_of(*found, is_forbidden_control)) {
        refuse(fmt::format("{}含有控制字符", name));
        return {};
    }
    // Fewer bytes than allowed characters need no counting.
    const bool is_bytes = rule.unit == Unit::bytes;
    if (found->size() > rule.most && (is_bytes || codec::utf8_length(*found) > rule.most)) {
        refuse(fmt::format("{}长度不超过{}{}", name, rule.most, is_bytes ? "字节" : "位"));
        return {};
    }
    return *found;
}

std::string Fields::digits(std::string_view name, TextRule rule) {
    std::string found = text(name, rule);
    if (found.empty() || is_all_digits(found)) return found;
    refuse(fmt::format("{}应为数字", name));
    return {};
}

std::int64_t Fields::amount(std::string_view name) {
    const codec::Json* value = present(name);
    if (value == nullptr) {
        refuse(fmt::format("{}不可以为空", name));
        return 0;
    }
    const std::string* found = scalar_text(*value);
    const bool is_shaped = found != nullptr && found->size() <= max_amount_digits && is_all_digits(*found);
    const auto fen = is_shaped ? core::parse_minor(*found) : core::Result<std::int64_t>(0);
    if (fen && *fen > 0) return *fen;
    refuse(fmt::format("{}金额为整数，长度不超过10位，以分为单位", name));
    return 0;
}

std::string Fields::text_or_json(std::string_view name, std::size_t most) {
    const codec::Json* value = present(name);
    if (value == nullptr || scalar_text(*value) != nullptr) return text(name, {.most = most});
    std::string written = codec::write_json(*value);
    if (codec::utf8_length(written) <= most) return written;
    refuse(fmt::format("{}长度不超过{}位", name, most));
    return {};
}

codec::Json Fields::structure(std::string_view name, bool wants_object) {
    const auto is_wanted = [&](const codec::Json& json) {
        return wants_object ? json.as_object() != nullptr : json.as_array() != nullptr;
    };
    const codec::Json* value = present(name);
    if (value == nullptr) return {};
    if (is_wanted(*value)) return *value;
    if (const auto* text = value->as_string()) {
        auto parsed = codec::parse_json(*text);
        if (parsed && is_wanted(*parsed)) return std::move(*parsed);
    }
    refuse(fmt::format("{}应为JSON{}", name, wants_object ? "对象" : "数组"));
    return {};
}

codec::Json Fields::object_or_text(std::string_view name) {
    return structure(name, true);
}

codec::Json Fields::array_or_text(std::string_view name) {
    return structure(name, false);
}

void check_extended(Fields& fields, const codec::Json& extended) {
    const codec::JsonObject* members = extended.as_object();
    if (members == nullptr) return;
    if (members->size() > 24) return fields.refuse("extended最多24个键");
    for (const auto& [key, value] : *members) {
        if (key.size() > 64) return fields.refuse("extended的键长度不超过64字节");
        if (compact(value).size() > 256) return fields.refuse("extended的值长度不超过256字节");
    }
}

void check_goods_details(Fields& fields, const codec::Json& goods) {
    const codec::JsonArray* items = goods.as_array();
    if (items == nullptr) return;
    for (const codec::Json& item : *items) {
        if (item.as_object() == nullptr) return fields.refuse("goods_details的元素应为JSON对象");
        Fields parts(item);
        (void)parts.text("goods_id", {Need::required, 32});
        (void)parts.text("goods_name", {Need::required, 32});
        (void)parts.digits("quantity", {Need::required, 10});
        (void)parts.digits("price", {Need::required, 9});
        const std::string promotion = parts.digits("promotion_type", {Need::required, 1});
        if (promotion != "0" && promotion != "1") parts.refuse("promotion_type应为0或1");
        if (const auto checked = parts.check(); !checked) {
            return fields.refuse(fmt::format("goods_details: {}", checked.error().detail));
        }
    }
}

core::Result<codec::Json> parse_body(std::string_view body) {
    auto parsed = codec::parse_json(body);
    if (!parsed)
        return core::fail(core::Code::invalid, "bad_params", std::string(message_of(parsed.error())));
    if (parsed->as_object() == nullptr) {
        return core::fail(core::Code::invalid, "bad_params", "请求体应为JSON对象");
    }
    return parsed;
}

}  // namespace huitong::api::upay
