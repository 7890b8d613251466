// The members of a JSON object as slices of its text, for signatures over the raw bytes (spec/channels 2.2).
// The text is parsed first; the scan below then only has to find where values end.
#include "codec/json.hpp"

namespace huitong::codec {

namespace {

constexpr std::string_view white_space = " \t\r\n";

// Walks over text that is known to be JSON.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    // Past white space and the one character after it.
    void skip_mark() { at_ = text_.find_first_not_of(white_space, at_) + 1; }
    std::string_view take_value() {
        at_ = text_.find_first_not_of(white_space, at_);
        const std::size_t start = at_;
        if (text_[at_] == '"') {
            skip_string();
        } else if (text_[at_] == '{' || text_[at_] == '[') {
            skip_nested();
        } else {
            at_ = text_.find_first_of(",}] \t\r\n", at_);
        }
        return text_.substr(start, at_ - start);
    }

  private:
    void skip_string() {
        for (++at_; text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        ++at_;
    }
    void skip_nested() {
        std::size_t depth = 0;
        do {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
        } while (depth > 0);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

core::Result<std::vector<RawMember>> raw_members(std::string_view text, JsonLimits limits) {
    auto json = parse_json(text, limits);
    if (!json) return std::unexpected(std::move(json.error()));
    const JsonObject* const parsed = json->as_object();
    if (parsed == nullptr) return core::fail(core::Code::invalid, "bad_json", "no object");
    std::vector<RawMember> members;
    members.reserve(parsed->size());
    Scanner scanner(text);
    for (const JsonMember& member : *parsed) {
        scanner.skip_mark();  // '{' or ','
        (void)scanner.take_value();
        scanner.skip_mark();  // ':'
        members.emplace_back(member.first, scanner.take_value());
    }
    return members;
}

}  // namespace huitong::codec
