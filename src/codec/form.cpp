// application/x-www-form-urlencoded, byte for byte: the bytes behind the escapes are the caller's charset.
#include "codec/form.hpp"

#include <algorithm>

namespace huitong::codec {

namespace {

constexpr std::size_t max_fields = 256;
constexpr std::string_view hex_digits = "0123456789ABCDEF";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

// False when an escape is broken.
bool decode(std::string_view text, std::string& out) {
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (text.size() - i < 3) return false;
        const int high = hex_value(text[i + 1]);
        const int low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return false;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return true;
}

bool has_duplicate_name(const FormFields& fields) {
    std::vector<std::string_view> names;
    names.reserve(fields.size());
    for (const FormField& field : fields) names.emplace_back(field.first);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

}  // namespace

core::Result<FormFields> parse_form(std::string_view text) {
    FormFields fields;
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        if (pair.empty()) continue;
        if (fields.size() == max_fields)
            return core::fail(core::Code::invalid, "bad_form", "too many fields");
        const std::size_t equals = std::min(pair.find('='), pair.size());
        FormField& field = fields.emplace_back();
        const bool is_good = decode(pair.substr(0, equals), field.first) &&
                             decode(pair.substr(std::min(equals + 1, pair.size())), field.second);
        if (!is_good) return core::fail(core::Code::invalid, "bad_form", "broken escape");
    }
    if (has_duplicate_name(fields)) return core::fail(core::Code::invalid, "bad_form", "a name twice");
    return fields;
}

std::string percent_encode(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 2);
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += hex_digits[byte >> 4U];
        out += hex_digits[byte & 0x0FU];
    }
    return out;
}

std::string write_form(const FormFields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        out.append(percent_encode(name)).append("=").append(percent_encode(value));
    }
    return out;
}

}  // namespace huitong::codec
