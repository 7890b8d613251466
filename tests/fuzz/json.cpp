// Fuzz target: JSON text. What is accepted is written and read back as the same value, and the raw members a
// signature is verified on are slices of the text that say what the whole says (spec/upay 1.1, spec/channels
// 2.2).
#include "codec/json.hpp"

#include <algorithm>

#include "property.hpp"

namespace huitong::fuzz {
namespace {

using codec::Json;

bool is_same(const Json& a, const Json& b) {
    if (a.value().index() != b.value().index()) return false;
    if (const auto* items = a.as_array()) return std::ranges::equal(*items, *b.as_array(), is_same);
    if (const auto* members = a.as_object()) {
        return std::ranges::equal(*members, *b.as_object(), [](const auto& x, const auto& y) {
            return x.first == y.first && is_same(x.second, y.second);
        });
    }
    if (const auto* text = a.as_string()) return *text == *b.as_string();
    if (const auto* number = a.as_number()) return *number == *b.as_number();
    return a.is_null() || *a.as_bool() == *b.as_bool();
}

std::size_t depth_of(const Json& json) {
    std::size_t deepest = 0;
    if (const auto* items = json.as_array()) {
        for (const Json& item : *items) deepest = std::max(deepest, depth_of(item));
        return deepest + 1;
    }
    if (const auto* members = json.as_object()) {
        for (const auto& member : *members) deepest = std::max(deepest, depth_of(member.second));
        return deepest + 1;
    }
    return 0;
}

void check_names(const Json& json) {
    const auto* members = json.as_object();
    if (members == nullptr) return;
    for (const auto& [name, value] : *members) {
        require(codec::is_utf8(name), "a name is UTF-8");
        require(json.find(name) == &value, "every member is found by its name: no name stands twice");
        check_names(value);
    }
}

void check_raw_members(std::string_view text, const Json* whole) {
    const auto raw = codec::raw_members(text);
    const auto* members = whole == nullptr ? nullptr : whole->as_object();
    require(raw.has_value() == (members != nullptr), "raw members exist exactly of a text that is an object");
    if (!raw) return;
    require(raw->size() == members->size(), "as many raw members as members");
    for (std::size_t i = 0; i < raw->size(); ++i) {
        const auto& [name, slice] = (*raw)[i];
        require(name == (*members)[i].first, "raw members have the names of the members, in their order");
        require(slice.data() >= text.data() && slice.data() + slice.size() <= text.data() + text.size(),
                "a raw member is a slice of the text");
        const auto value = codec::parse_json(slice);
        require(value && is_same(*value, (*members)[i].second), "a raw member says what the member says");
        constexpr std::string_view blanks = " \t\r\n";
        require(!slice.empty() && !blanks.contains(slice.front()) && !blanks.contains(slice.back()),
                "a raw member carries no white space around it");
    }
}

}  // namespace
}  // namespace huitong::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace huitong;
    using namespace huitong::fuzz;
    const std::string_view text = text_of(data, size);
    const auto json = codec::parse_json(text);
    check_raw_members(text, json ? &*json : nullptr);
    if (!json) {
        require(!json.error().reason.empty(), "a refusal has a reason");
        return 0;
    }
    require(codec::is_utf8(text), "what is accepted is UTF-8");
    require(depth_of(*json) <= codec::JsonLimits{}.max_depth, "what is accepted is not nested too deep");
    check_names(*json);
    const std::string written = codec::write_json(*json);
    const auto again = codec::parse_json(written);
    require(again && is_same(*json, *again), "what is written is read back as the same");
    require(codec::write_json(*again) == written, "writing is repeatable");
    const auto pretty = codec::parse_json(codec::write_json_pretty(*json));
    require(pretty && is_same(*json, *pretty), "the form for people says the same");
    return 0;
}
