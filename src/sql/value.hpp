// Values that cross the border to a database: null, 64-bit integer, text and bytes. Both engines store
// exactly these.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace huitong::sql {

struct Null {
    friend bool operator==(Null, Null) = default;
};

struct Blob {
    std::string bytes;
    friend bool operator==(const Blob&, const Blob&) = default;
};

using Value = std::variant<Null, std::int64_t, std::string, Blob>;
using Values = std::vector<Value>;  // the value of $n is at n - 1
using Row = std::vector<Value>;     // in the order of the select list
using Rows = std::vector<Row>;

}  // namespace huitong::sql
