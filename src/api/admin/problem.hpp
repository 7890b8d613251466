// Problems: every answer that is not what was asked for (RFC 9457, application/problem+json), with a stable
// `code` that programs may rely on; `detail` is for people.
#pragma once

#include <expected>
#include <string>

#include "codec/json.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "net/message.hpp"

namespace huitong::api::admin {

struct Problem {
    int status = 500;
    std::string code;
    std::string detail = {};
    std::string field = {};  // of the request; empty: none in particular
    core::Duration retry_after{0};
};

// The body of an answer, or why there is none.
using Reply = std::expected<codec::Json, Problem>;

// What a story says, in HTTP.
[[nodiscard]] std::unexpected<Problem> problem_of(const core::Error& error);
[[nodiscard]] std::unexpected<Problem> bad_field(std::string_view code, std::string_view field,
                                                 std::string detail);
[[nodiscard]] net::Response to_response(const Problem& problem);
[[nodiscard]] std::string_view title_of(int status);

}  // namespace huitong::api::admin
