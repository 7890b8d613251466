// Result and Error: how every library says that something did not work.
// Code tells the caller what it may do next; `reason` is a stable token that tests and the API tables match
// on; `detail` is for people and never decides anything.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace huitong::core {

enum class Code {
    invalid,          // the input is wrong; sending it again cannot help
    denied,           // authentication or permission
    not_found,        // the thing named does not exist
    conflict,         // lost a compare-and-set, or a unique value is taken: read again, then decide
    limit,            // a limit or quota
    unavailable,      // certainly not done; may be tried again
    unknown_outcome,  // may or may not have been done; only evidence may decide
    internal,         // a defect of ours
};

struct Error {
    Code code = Code::internal;
    std::string reason;
    std::string detail;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string_view reason,
                                                 std::string detail = {}) {
    return std::unexpected<Error>(Error{code, std::string(reason), std::move(detail)});
}

[[nodiscard]] std::string_view to_string(Code code);

}  // namespace huitong::core
