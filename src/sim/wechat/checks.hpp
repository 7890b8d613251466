// What WeChat verifies before it looks at an order: form, identity, signature, fields (spec/channels 1A.1 to
// 1A.10).
#pragma once

#include <expected>

#include "core/random.hpp"
#include "sim/wechat/answers.hpp"

namespace huitong::sim::wechat {

// The operation behind a path; none: not one of WeChat's.
[[nodiscard]] std::optional<Op> find_op(std::string_view path);

// The call, or the answer that refuses it. Until the signature is verified a refusal is unsigned
// (return_code=FAIL); afterwards it is signed (result_code=FAIL). `seen_number` gets the out_trade_no as soon
// as it can be read.
[[nodiscard]] std::expected<Call, Outcome> check_request(Op op, const net::Request& request,
                                                         const Options& options, core::Random& random,
                                                         std::string& seen_number);

}  // namespace huitong::sim::wechat
