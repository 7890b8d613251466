// Names, characters and references of XML 1.0 (§2.2, §2.3, §4.1), as narrow as WeChat Pay v2 allows.
#include "codec/xml_text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace huitong::codec {

namespace {

constexpr std::size_t max_name_length = 64;

// XML 1.0 §2.2 Char.
bool is_xml_char(std::uint32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c >= 0x10000 && c <= 0x10FFFF);
}

void append_utf8(std::string& out, std::uint32_t c) {
    const auto tail = [c](unsigned shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | c >> 6);
        out += tail(0);
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | c >> 12);
        out += tail(6);
        out += tail(0);
    } else {
        out += static_cast<char>(0xF0 | c >> 18);
        out += tail(12);
        out += tail(6);
        out += tail(0);
    }
}

// "#38" or "#x26", without '&' and ';'. False when it is no legal character.
bool append_character_reference(std::string& out, std::string_view reference) {
    const bool hex = reference.starts_with("#x");
    const std::string_view digits = reference.substr(hex ? 2 : 1);
    if (digits.empty()) return false;
    std::uint32_t c = 0;
    for (const char digit : digits) {
        std::uint32_t value = 16;
        if (digit >= '0' && digit <= '9') value = static_cast<std::uint32_t>(digit - '0');
        if (hex && digit >= 'a' && digit <= 'f') value = static_cast<std::uint32_t>(digit - 'a' + 10);
        if (hex && digit >= 'A' && digit <= 'F') value = static_cast<std::uint32_t>(digit - 'A' + 10);
        if (value == 16) return false;
        c = c * (hex ? 16 : 10) + value;
        if (c > 0x10FFFF) return false;
    }
    if (!is_xml_char(c)) return false;
    append_utf8(out, c);
    return true;
}

bool append_reference(std::string& out, std::string_view reference) {
    if (reference.starts_with('#')) return append_character_reference(out, reference);
    constexpr std::pair<std::string_view, char> entities[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    const auto* const found =
        std::ranges::find(entities, reference, &std::pair<std::string_view, char>::first);
    if (found == std::end(entities)) return false;
    out += found->second;
    return true;
}

}  // namespace

bool is_xml_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto other = [](char c) { return (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    return !name.empty() && name.size() <= max_name_length && letter(name[0]) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || other(c); });
}

bool is_illegal_control(char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x20 && !is_xml_char(byte);
}

bool has_illegal_char(std::string_view text) {
    return std::ranges::any_of(text, is_illegal_control) || text.find("\xEF\xBF\xBE") != text.npos ||
           text.find("\xEF\xBF\xBF") != text.npos;
}

bool append_decoded(std::string& out, std::string_view raw) {
    if (raw.find("]]>") != raw.npos) return false;
    std::size_t from = 0;
    for (std::size_t at = raw.find('&'); at != raw.npos; at = raw.find('&', from)) {
        const std::size_t end = raw.find(';', at);
        if (end == raw.npos) return false;
        out.append(raw, from, at - from);
        if (!append_reference(out, raw.substr(at + 1, end - at - 1))) return false;
        from = end + 1;
    }
    out.append(raw, from);
    return true;
}

}  // namespace huitong::codec
