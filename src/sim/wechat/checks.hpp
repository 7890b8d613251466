// What WeChat verifies before it looks at an order: form, identity, signature, fields (spec/channels 1A.1 to
// 1A.10).
#pragma once

#include <expected>

#include "core/random.hpp"
#include "sim/wechat/answers.hpp"

namespace huitong::sim::wechat {

// The operation behind a path; none: not one of WeChat's.
[[nodiscard]] std::optional<Op> find_op(std::string_view path);

// What both APIs ask of a text. A number of at most `longest` characters; 18 digits that begin with 10 to 15;
// absolute and without a query; whole fen from 1 to the most that a payment may be.
[[nodiscard]] bool is_trade_number(std::string_view text, std::size_t longest);
[[nodiscard]] bool is_auth_code(std::string_view text);
[[nodiscard]] bool is_notify_url(std::string_view url);
[[nodiscard]] std::optional<std::int64_t> parse_fee(std::string_view text);
// What the fields of a call that is understood say to the books.
void fill(Call& call);

// The call, or the answer that refuses it. Until the signature is verified a refusal is unsigned
// (return_code=FAIL); afterwards it is signed (result_code=FAIL). `seen_number` gets the out_trade_no as soon
// as it can be read.
struct Asked {
    Op op;
    const net::Request& request;
    core::Instant now;
    const Options& options;
    core::Random& random;
};
[[nodiscard]] std::expected<Call, Outcome> check_request(const Asked& asked, std::string& seen_number);
// The part of unifiedorder that is more than lengths: what each trade_type demands, times, URLs.
[[nodiscard]] std::optional<Outcome> read_launch(Call& call, core::Instant now, core::Random& random);

}  // namespace huitong::sim::wechat
