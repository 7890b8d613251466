// Fuzz target: URL queries and form bodies. What is accepted is written and read back as the same fields, and
// any bytes survive being percent-encoded (spec/channels 2.1).
#include "codec/form.hpp"

#include <set>

#include "property.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace huitong;
    using namespace huitong::fuzz;
    const std::string_view text = text_of(data, size);

    const auto encoded = codec::parse_form("k=" + codec::percent_encode(text));
    require(encoded && encoded->size() == 1 && encoded->front() == codec::FormField{"k", std::string(text)},
            "any bytes come back from percent-encoding");

    const auto fields = codec::parse_form(text);
    if (!fields) {
        require(fields.error().reason == "bad_form", "a refusal says bad_form");
        return 0;
    }
    require(fields->size() <= 256, "not more than 256 fields");
    std::set<std::string_view> names;
    for (const auto& field : *fields) {
        require(names.insert(field.first).second, "no name stands twice");
    }
    const std::string written = codec::write_form(*fields);
    const auto again = codec::parse_form(written);
    require(again && *again == *fields, "what is written is read back as the same");
    require(codec::write_form(*again) == written, "writing is repeatable");
    return 0;
}
