// The envelopes every upay answer travels in: outer errors, the flat answers of terminal/*, and biz_response
// of upay/v2, with the exact placement of fields that real clients depend on (spec/upay 1.2, §10 rows 1–4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/upay/codes.hpp"
#include "api/upay/rejection.hpp"
#include "codec/json.hpp"

namespace huitong::api::upay {

// A body whose result_code is "400" or "500". An empty message means the table's own.
[[nodiscard]] std::string outer_error(OuterError error, std::string_view message = {});

// terminal/*: biz_response is the fields themselves, and no error_code stands beside result_code.
[[nodiscard]] std::string flat_answer(codec::JsonObject fields);

struct BizAnswer {
    std::string_view result_code;  // "PAY_SUCCESS", "FAIL", …
    BizError error = BizError::none;
    std::string message;                    // instead of the table's, when not empty
    std::optional<codec::JsonObject> data;  // none: no such member, because clients crash on null
};
// upay/v2: error_code and error_message are always there, "" when there is no error.
[[nodiscard]] std::string biz_answer(BizAnswer answer);
// FAIL without data: rejected before anything began. An empty message means the table's own.
[[nodiscard]] std::string biz_refusal(BizError error, std::string message = {});
[[nodiscard]] std::string write_rejection(const Rejection& rejection);

}  // namespace huitong::api::upay
