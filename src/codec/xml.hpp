// The flat XML of WeChat Pay v2: one root, leaf elements, no attributes (spec/channels 1A.1). Anything else
// is refused: DTDs, entities beyond the five of XML, processing instructions, nesting, duplicates, broken
// UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace huitong::codec {

using XmlField = std::pair<std::string, std::string>;

class XmlFields {
  public:
    XmlFields() = default;
    XmlFields(std::vector<XmlField> fields) : fields_(std::move(fields)) {}
    void set(std::string name, std::string value);  // replaces
    [[nodiscard]] const std::string* find(std::string_view name) const;
    [[nodiscard]] std::string_view get(std::string_view name) const;  // "" when absent
    [[nodiscard]] const std::vector<XmlField>& all() const { return fields_; }

  private:
    std::vector<XmlField> fields_;
};

// The root must be <xml>, or what `root` says. An XML declaration (UTF-8), CDATA, white space and comments
// between elements are accepted. reasons: bad_xml, xml_dtd, xml_nested, xml_duplicate, bad_utf8,
// xml_too_large (more than 256 fields)
[[nodiscard]] core::Result<XmlFields> parse_flat_xml(std::string_view text, std::string_view root = "xml");
// "<xml><name><![CDATA[value]]></name>…</xml>"; integers without CDATA; "]]>" inside a value is split safely.
[[nodiscard]] std::string write_flat_xml(const XmlFields& fields);

}  // namespace huitong::codec
