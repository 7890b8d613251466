// JSON text into our Json, with Boost.JSON's SAX parser: we build the values ourselves, because
// boost::json::value would turn numbers into doubles and keep the last of two equal keys.
#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>

#include "codec/json.hpp"

namespace huitong::codec {

namespace {

namespace bj = boost::json;

// An array or object being read. The key is that of the member being read.
struct Frame {
    bool is_object = false;
    std::string key;
    JsonObject members;
    JsonArray items;
};

// Few members are compared pairwise, many by sorting, so that an object of n keys costs O(n log n) at most.
bool has_duplicate_key(const JsonObject& members) {
    constexpr std::size_t few = 12;
    if (members.size() <= few) {
        for (std::size_t i = 1; i < members.size(); ++i) {
            for (std::size_t k = 0; k < i; ++k) {
                if (members[i].first == members[k].first) return true;
            }
        }
        return false;
    }
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& member : members) keys.emplace_back(member.first);
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) != keys.end();
}

// What basic_parser calls while it reads. A false return with `ec` set stops it. The explicit stack is as
// deep as the parser allows (JsonLimits::max_depth).
class Builder {
  public:
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool on_document_begin(bj::error_code&) { return true; }
    bool on_document_end(bj::error_code&) { return true; }
    bool on_object_begin(bj::error_code&) { return push(true); }
    bool on_array_begin(bj::error_code&) { return push(false); }
    bool on_object_end(std::size_t, bj::error_code& ec) {
        JsonObject members = std::move(frames_.back().members);
        frames_.pop_back();
        duplicate_ = has_duplicate_key(members);
        if (duplicate_) ec = bj::error::syntax;
        return !duplicate_ && add(Json(std::move(members)));
    }
    bool on_array_end(std::size_t, bj::error_code&) {
        JsonArray items = std::move(frames_.back().items);
        frames_.pop_back();
        return add(Json(std::move(items)));
    }
    bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) { return append(part); }
    bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
        append(part);
        frames_.back().key = std::move(text_);
        text_.clear();
        return true;
    }
    bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) { return append(part); }
    bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
        append(part);
        return add(Json(take_text()));
    }
    bool on_number_part(bj::string_view part, bj::error_code&) { return append(part); }
    bool on_int64(std::int64_t, bj::string_view part, bj::error_code&) { return add_number(part); }
    bool on_uint64(std::uint64_t, bj::string_view part, bj::error_code&) { return add_number(part); }
    bool on_double(double, bj::string_view part, bj::error_code&) { return add_number(part); }
    bool on_bool(bool value, bj::error_code&) { return add(Json(value)); }
    bool on_null(bj::error_code&) { return add(Json()); }
    bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
    bool on_comment(bj::string_view, bj::error_code&) { return true; }

    [[nodiscard]] bool found_duplicate() const { return duplicate_; }
    [[nodiscard]] Json take() { return std::move(root_); }

  private:
    bool push(bool is_object) {
        frames_.emplace_back().is_object = is_object;
        return true;
    }
    bool append(bj::string_view part) {
        text_.append(part.data(), part.size());
        return true;
    }
    std::string take_text() {
        std::string text = std::move(text_);
        text_.clear();
        return text;
    }
    bool add_number(bj::string_view part) {
        append(part);
        return add(Json(JsonNumber{take_text()}));
    }
    bool add(Json value) {
        if (frames_.empty()) {
            root_ = std::move(value);
            return true;
        }
        Frame& frame = frames_.back();
        if (frame.is_object) {
            frame.members.emplace_back(std::move(frame.key), std::move(value));
        } else {
            frame.items.push_back(std::move(value));
        }
        return true;
    }

    std::vector<Frame> frames_;
    std::string text_;
    Json root_;
    bool duplicate_ = false;
};

}  // namespace

const Json* Json::find(std::string_view key) const {
    const JsonObject* const members = as_object();
    if (members == nullptr) return nullptr;
    const auto found = std::ranges::find(*members, key, &JsonMember::first);
    return found == members->end() ? nullptr : &found->second;
}

core::Result<Json> parse_json(std::string_view text, JsonLimits limits) {
    if (!is_utf8(text)) return core::fail(core::Code::invalid, "bad_utf8");
    bj::parse_options options;
    options.max_depth = limits.max_depth;
    bj::basic_parser<Builder> parser(options);
    bj::error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (parser.handler().found_duplicate()) return core::fail(core::Code::invalid, "json_duplicate_key");
    if (ec == bj::error::too_deep) return core::fail(core::Code::invalid, "json_too_deep");
    if (ec) return core::fail(core::Code::invalid, "bad_json", ec.message());
    if (used != text.size() || !parser.done())
        return core::fail(core::Code::invalid, "bad_json", "extra data");
    return parser.handler().take();
}

}  // namespace huitong::codec
