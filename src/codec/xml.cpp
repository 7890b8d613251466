// WeChat Pay v2's flat XML (spec/channels 1A.1) on pugixml. pugixml forgives much (unknown entities, text
// outside the root, DTDs), and an answer decides about money, so what it forgives is refused here, before or
// after it parses.
//
// Values: text and CDATA sections of an element are joined. Nothing is trimmed, except that white space
// before the first and after the last CDATA section is layout and dropped; an element of white space only has
// it as its value. Line ends become "\n" (XML 1.0 §2.11); a CR survives as "&#13;", which is how
// write_flat_xml writes it.
#include "codec/xml.hpp"

#include <algorithm>
#include <pugixml.hpp>

#include "codec/json.hpp"
#include "codec/xml_text.hpp"

namespace huitong::codec {

namespace {

constexpr std::size_t max_fields = 256;
constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view cdata_open = "<![CDATA[";
constexpr std::string_view cdata_close = "]]>";
// No escapes: character and entity references are decoded strictly by `decode`. Everything else is kept as a
// node, so that `parse_flat_xml` sees, and can refuse, what is not an element.
constexpr unsigned parse_flags = pugi::parse_cdata | pugi::parse_eol | pugi::parse_ws_pcdata |
                                 pugi::parse_fragment | pugi::parse_comments | pugi::parse_pi |
                                 pugi::parse_declaration | pugi::parse_doctype;

std::unexpected<core::Error> bad_xml(const char* why) {
    return core::fail(core::Code::invalid, "bad_xml", why);
}

bool is_white_space(std::string_view text) {
    return text.find_first_not_of(white_space) == text.npos;
}

// Before pugixml sees the text: no markup declaration outside CDATA and comments, and not more elements than
// allowed, so that a hostile document cannot make it build a large tree.
core::Result<void> check_markup(std::string_view text) {
    std::size_t elements = 0;
    std::size_t at = text.find('<');
    while (at != text.npos) {
        const std::string_view rest = text.substr(at);
        std::size_t skip = 1;
        if (rest.starts_with(cdata_open) || rest.starts_with("<!--")) {
            const bool cdata = rest.starts_with(cdata_open);
            const std::size_t end = cdata ? rest.find(cdata_close, cdata_open.size()) : rest.find("-->", 4);
            if (end == rest.npos) return bad_xml("unterminated CDATA or comment");
            skip = end + 3;
        } else if (rest.starts_with("<!")) {
            return core::fail(core::Code::invalid, "xml_dtd");
        } else if (rest.size() > 1 && rest[1] != '/' && rest[1] != '?') {
            if (++elements > max_fields + 1) return core::fail(core::Code::invalid, "xml_too_large");
        }
        at = text.find('<', at + skip);
    }
    return {};
}

// Text at the edge of an element that has CDATA sections: dropped when it is white space.
bool is_layout(pugi::xml_node text) {
    const bool edge = !text.previous_sibling() || !text.next_sibling();
    const bool alone = !text.previous_sibling() && !text.next_sibling();
    return edge && !alone && is_white_space(text.value());
}

core::Result<std::string> value_of(pugi::xml_node element) {
    std::string value;
    for (const pugi::xml_node child : element.children()) {
        if (child.type() == pugi::node_element) return core::fail(core::Code::invalid, "xml_nested");
        if (child.type() == pugi::node_cdata) {
            value += child.value();
        } else if (child.type() != pugi::node_pcdata) {
            return bad_xml("comment or instruction inside a value");
        } else if (!is_layout(child) && !append_decoded(value, child.value())) {
            return bad_xml("bad reference or text");
        }
    }
    return value;
}

bool is_utf8_declaration(pugi::xml_node declaration) {
    bool has_version = false;
    for (const pugi::xml_attribute attribute : declaration.attributes()) {
        const std::string_view name = attribute.name();
        std::string value = attribute.value();
        std::ranges::transform(value, value.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
        if (name == "version" && value.starts_with("1.")) {
            has_version = true;
        } else if (name == "encoding" ? value != "UTF-8" && value != "UTF8" : name != "standalone") {
            return false;
        }
    }
    return has_version;
}

// The one element of the document, after an optional declaration; beside it only comments and white space.
core::Result<pugi::xml_node> root_of(const pugi::xml_document& document, std::string_view name) {
    pugi::xml_node root;
    bool content_before = false;
    for (const pugi::xml_node node : document.children()) {
        if (node.type() == pugi::node_pcdata && is_white_space(node.value())) continue;
        if (node.type() == pugi::node_declaration) {
            if (content_before || !is_utf8_declaration(node)) return bad_xml("declaration");
        } else if (node.type() == pugi::node_element) {
            if (root) return bad_xml("two roots");
            root = node;
        } else if (node.type() == pugi::node_doctype) {
            return core::fail(core::Code::invalid, "xml_dtd");
        } else if (node.type() != pugi::node_comment) {
            return bad_xml("text or instruction outside the root");
        }
        content_before = true;
    }
    if (!root || root.name() != name) return bad_xml("root has another name");
    if (root.first_attribute()) return bad_xml("attribute");
    return root;
}

bool has_duplicate(const std::vector<XmlField>& fields) {
    std::vector<std::string_view> names;
    names.reserve(fields.size());
    for (const auto& field : fields) names.emplace_back(field.first);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

}  // namespace

void XmlFields::set(std::string name, std::string value) {
    const auto found = std::ranges::find(fields_, name, &XmlField::first);
    if (found != fields_.end()) {
        found->second = std::move(value);
    } else {
        fields_.emplace_back(std::move(name), std::move(value));
    }
}

const std::string* XmlFields::find(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &XmlField::first);
    return found == fields_.end() ? nullptr : &found->second;
}

std::string_view XmlFields::get(std::string_view name) const {
    const std::string* const value = find(name);
    return value == nullptr ? std::string_view() : std::string_view(*value);
}

core::Result<XmlFields> parse_flat_xml(std::string_view text, std::string_view root_name) {
    if (!is_utf8(text)) return core::fail(core::Code::invalid, "bad_utf8");
    if (has_illegal_char(text)) return bad_xml("control character");
    if (text.starts_with("\xEF\xBB\xBF")) return bad_xml("byte order mark");
    if (const auto checked = check_markup(text); !checked) return std::unexpected(checked.error());
    std::string buffer(text);
    buffer += '\n';  // pugixml uses the last byte as its terminator, and would lose a text of one character
    pugi::xml_document document;
    const auto parsed =
        document.load_buffer_inplace(buffer.data(), buffer.size(), parse_flags, pugi::encoding_utf8);
    if (!parsed) return bad_xml(parsed.description());
    const auto root = root_of(document, root_name);
    if (!root) return std::unexpected(root.error());
    std::vector<XmlField> fields;
    for (const pugi::xml_node node : root->children()) {
        if (node.type() == pugi::node_comment) continue;
        if (node.type() == pugi::node_pcdata && is_white_space(node.value())) continue;
        if (node.type() != pugi::node_element) return bad_xml("text or instruction between elements");
        if (!is_xml_name(node.name())) return bad_xml("element name");
        if (node.first_attribute()) return bad_xml("attribute");
        auto value = value_of(node);
        if (!value) return std::unexpected(std::move(value.error()));
        fields.emplace_back(node.name(), std::move(*value));
    }
    if (fields.size() > max_fields) return core::fail(core::Code::invalid, "xml_too_large");
    if (has_duplicate(fields)) return core::fail(core::Code::invalid, "xml_duplicate");
    return XmlFields(std::move(fields));
}

}  // namespace huitong::codec
