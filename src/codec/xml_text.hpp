// The character level of XML 1.0, for xml.cpp and xml_write.cpp only: which names and characters are legal,
// and strict decoding of references. Stricter than pugixml, which passes unknown entities through.
#pragma once

#include <string>
#include <string_view>

namespace huitong::codec {

// [A-Za-z_][A-Za-z0-9_.-]{0,63}: all names WeChat Pay uses; no namespaces.
[[nodiscard]] bool is_xml_name(std::string_view name);
// A control character that XML cannot carry, not even as a reference.
[[nodiscard]] bool is_illegal_control(char c);
// `text` is UTF-8, so besides control characters only U+FFFE and U+FFFF can be illegal.
[[nodiscard]] bool has_illegal_char(std::string_view text);
// Appends character data with its references decoded. False when a reference is malformed, unknown (only the
// five of XML are known) or names an illegal character, or when `raw` contains "]]>".
[[nodiscard]] bool append_decoded(std::string& out, std::string_view raw);

}  // namespace huitong::codec
