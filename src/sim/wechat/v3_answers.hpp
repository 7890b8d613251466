// The answers of the simulated WeChat's API v3: JSON, HTTP statuses, and a signature in the headers
// (spec/channels 1B.2, 1B.4). The operations speak in the fields of an Outcome; "amount.total" is a member
// of an object, and amounts are numbers.
#pragma once

#include "codec/json.hpp"
#include "sim/wechat/answers.hpp"
#include "sim/wechat/platform.hpp"

namespace huitong::sim::wechat::v3 {

using Fields = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] codec::Json to_json(const Fields& fields);
// Every amount that there is of a payment or a refund becomes `fen`.
void show_amount(Fields& fields, std::int64_t fen);

// Codes are named as API v2 names them; API v3 says some otherwise. An answer to somebody whose signature was
// not verified is not signed.
[[nodiscard]] Outcome refuse_call(std::string_view err_code, std::string_view text);
[[nodiscard]] Outcome succeed(const Call& call);
[[nodiscard]] Outcome fail(const Call& call, std::string_view err_code, std::string_view text);
// Refused with `code` in that spelling; both APIs' are understood.
[[nodiscard]] Outcome fail_verbatim(const Call& call, std::string_view code);

struct BadField {
    std::string_view field;  // "/amount/total"
    std::string_view value;
    std::string_view issue;
    std::string_view location = "body";
};
[[nodiscard]] Outcome fail_field(const Call& call, const BadField& bad);

struct Pen {
    Platform& platform;
    core::Random& random;
    core::Instant now;
};
[[nodiscard]] net::Response render(Outcome outcome, const Pen& pen);

}  // namespace huitong::sim::wechat::v3
