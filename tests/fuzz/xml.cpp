// Fuzz target: the flat XML of WeChat Pay v2. What is accepted is written and read back as the same fields;
// nothing with a DTD or entities of its own is accepted (spec/channels 1A.1).
#include "codec/xml.hpp"

#include "codec/json.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;

void check_fields(const codec::XmlFields& fields) {
    for (const auto& [name, value] : fields.all()) {
        require(!name.empty() && codec::is_utf8(name), "a name is not empty");
        require(codec::is_utf8(value), "a value is UTF-8");
        require(value.find('\0') == std::string::npos, "a value holds no NUL");
        require(fields.find(name) == &value, "every field is found by its name: no name stands twice");
    }
    require(fields.all().size() <= 256, "not more than 256 fields");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    const auto fields = codec::parse_flat_xml(text);
    if (!fields) {
        require(!fields.error().reason.empty(), "a refusal has a reason");
        return 0;
    }
    require(codec::is_utf8(text), "what is accepted is UTF-8");
    const bool may_quote = text.contains("<!--") || text.contains("<![CDATA[");
    require(may_quote || !text.contains("<!"), "no DTD is accepted");
    check_fields(*fields);
    const std::string written = codec::write_flat_xml(*fields);
    const auto again = codec::parse_flat_xml(written);
    require(again && again->all() == fields->all(), "what is written is read back as the same");
    require(codec::write_flat_xml(*again) == written, "writing is repeatable");
    return 0;
}
