// Input: the fields of a body or a query, checked by their table before anybody sees them. What the table
// does not name is refused.
#pragma once

#include <optional>
#include <string>

#include "api/admin/problem.hpp"
#include "api/admin/schema.hpp"
#include "core/money.hpp"

namespace huitong::api::admin {

class Input {
  public:
    Input() = default;
    explicit Input(codec::Json fields) : fields_(std::move(fields)) {}

    [[nodiscard]] bool has(std::string_view name) const { return fields_.find(name) != nullptr; }
    // Empty when it is not there.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
    [[nodiscard]] std::optional<core::Instant> time(std::string_view name) const;
    [[nodiscard]] std::optional<core::Money> money(std::string_view name) const;

  private:
    codec::Json fields_;
};

// Problems of both, all 400 and with the field's name: unknown_field, missing_field, invalid_field; of a body
// bad_json, of a query bad_query.
[[nodiscard]] std::expected<Input, Problem> read_body(std::span<const Field> fields, std::string_view body);
[[nodiscard]] std::expected<Input, Problem> read_query(std::span<const Field> fields, std::string_view query);
// A text from outside: UTF-8 without control characters, but for line ends where `may_have_lines`.
[[nodiscard]] bool is_clean(std::string_view text, bool may_have_lines);

}  // namespace huitong::api::admin
