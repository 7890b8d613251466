// application/x-www-form-urlencoded: URL queries and form bodies (spec/channels 2.1).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace huitong::codec {

using FormField = std::pair<std::string, std::string>;
using FormFields = std::vector<FormField>;  // in the order of the text

// '+' and "%20" are spaces. reasons: bad_form (broken escape, a name twice, more than 256 fields)
[[nodiscard]] core::Result<FormFields> parse_form(std::string_view text);
// Everything but [A-Za-z0-9-_.~] percent-encoded.
[[nodiscard]] std::string write_form(const FormFields& fields);
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace huitong::codec
