// Tolerant reading of a request's fields: absent, null and "" are the same, a number may stand where a text
// is due, unknown keys do not matter (spec/upay 1.1). The first field that breaks its rule names the error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json.hpp"
#include "core/result.hpp"

namespace huitong::api::upay {

enum class Need { optional, required };
enum class Unit { characters, bytes };

struct TextRule {
    Need need = Need::optional;
    std::size_t most = 0;
    Unit unit = Unit::characters;
};

// Reads one object. After a failure every further read is empty, so a caller reads all fields and asks once.
class Fields {
  public:
    explicit Fields(const codec::Json& object) : object_(object) {}

    // Text, or the text of a number. Control characters other than tab and line ends are refused.
    [[nodiscard]] std::string text(std::string_view name, TextRule rule);
    // Digits only, or empty.
    [[nodiscard]] std::string digits(std::string_view name, TextRule rule);
    // Fen: one to ten digits as text or number, above zero; required (spec/upay 3.4).
    [[nodiscard]] std::int64_t amount(std::string_view name);
    // Text of at most `most` characters; an object or array counts as its compact JSON.
    [[nodiscard]] std::string text_or_json(std::string_view name, std::size_t most);
    // An object, or a text that holds one; null when absent (spec/upay 3.4 `extended`).
    [[nodiscard]] codec::Json object_or_text(std::string_view name);
    // An array, or a text that holds one; null when absent.
    [[nodiscard]] codec::Json array_or_text(std::string_view name);

    // Records the first failure; `message` is what the client is told.
    void refuse(std::string message);
    // invalid {bad_params}, with the message for the client as detail.
    [[nodiscard]] core::Result<void> check() const;

  private:
    [[nodiscard]] const codec::Json* present(std::string_view name) const;
    [[nodiscard]] codec::Json structure(std::string_view name, bool wants_object);

    const codec::Json& object_;
    std::string failure_;
};

// "extended": at most 24 keys of 64 bytes with values of 256 bytes; a value that is no text counts as compact
// JSON.
void check_extended(Fields& fields, const codec::Json& extended);
// "goods_details": every item whole and in bounds.
void check_goods_details(Fields& fields, const codec::Json& goods);

// What a body that is no JSON object is answered with: the message for the client as detail of invalid
// {bad_params}.
[[nodiscard]] core::Result<codec::Json> parse_body(std::string_view body);

}  // namespace huitong::api::upay
