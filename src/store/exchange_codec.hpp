// The raw exchange as one value: two times and three texts, each with its length. It is sealed before it is
// stored.
#pragma once

#include <string>
#include <string_view>

#include "payments/answers.hpp"

namespace huitong::store {

[[nodiscard]] std::string encode_exchange(const payments::Exchange& exchange);
// Throws Failure internal/bad_row.
[[nodiscard]] payments::Exchange decode_exchange(std::string_view bytes);

}  // namespace huitong::store
