// XmlFields into text. Signatures cover values, so every value that XML can carry comes back from
// parse_flat_xml as it was, line ends included.
#include <algorithm>

#include "codec/xml.hpp"
#include "codec/xml_text.hpp"
#include "core/assert.hpp"

namespace huitong::codec {

namespace {

constexpr std::string_view cdata_open = "<![CDATA[";
constexpr std::string_view cdata_close = "]]>";

bool is_integer(std::string_view value) {
    if (value.starts_with('-')) value.remove_prefix(1);
    return !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

// `value` as CDATA sections. CR is written between sections, because it would become LF inside one; a control
// character that XML cannot carry becomes U+FFFD.
void append_cdata(std::string& out, std::string_view value) {
    out += cdata_open;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value.substr(i).starts_with(cdata_close)) {
            out += "]]]]><![CDATA[>";
            i += 2;
        } else if (value[i] == '\r') {
            out += "]]>&#13;<![CDATA[";
        } else if (is_illegal_control(value[i])) {
            out += "\xEF\xBF\xBD";
        } else {
            out += value[i];
        }
    }
    out += cdata_close;
}

}  // namespace

std::string write_flat_xml(const XmlFields& fields) {
    std::string out = "<xml>";
    for (const auto& [name, value] : fields.all()) {
        HUITONG_ASSERT(is_xml_name(name), "not an element name");
        out.append("<").append(name).append(">");
        if (is_integer(value)) {
            out += value;
        } else {
            append_cdata(out, value);
        }
        out.append("</").append(name).append(">");
    }
    out += "</xml>";
    return out;
}

}  // namespace huitong::codec
