// What Alipay's gateway verifies before it looks at a trade: parameters, identity, signature, time, content
// (spec/channels 2.1, 2.3 to 2.8).
#pragma once

#include <expected>
#include <span>

#include "codec/json.hpp"
#include "net/message.hpp"
#include "sim/alipay/answers.hpp"
#include "sim/service.hpp"

namespace huitong::sim::alipay {

// The call, or the answer that refuses it; the answer is signed as soon as the application is known. `seen`
// gets the operation and the out_trade_no as soon as they can be read.
[[nodiscard]] std::expected<Call, Outcome> check_request(const net::Request& request, core::Instant now,
                                                         const Options& options,
                                                         std::span<const Account> accounts, Seen& seen);
// What a request to prepare an order says of it, from parameters beside biz_content, too.
struct LaunchTexts {
    std::string_view biz_content;
    std::string_view notify_url;
    std::string_view return_url;
    core::Instant now;
};
// Checks biz_content of a launch and moves it into the call.
[[nodiscard]] std::optional<Outcome> read_launch(Call& call, const codec::Json& content,
                                                 const LaunchTexts& texts);
// Whole fen from 0.01 yuan up to Alipay's limit.
[[nodiscard]] std::optional<std::int64_t> parse_amount(std::string_view text);
[[nodiscard]] Outcome bad_parameter(const Call& call, std::string_view name);
// The members that every pay-like method has. Fills the amount.
[[nodiscard]] std::optional<Outcome> read_sale(Call& call, const codec::Json& content);
// Checks biz_content by the rules of call.op and moves it into the call.
[[nodiscard]] std::optional<Outcome> read_content(Call& call, const codec::Json& content);
// The member as text, "" when there is none; amounts may come as JSON numbers.
[[nodiscard]] std::string_view text_of(const codec::Json& content, std::string_view name);

}  // namespace huitong::sim::alipay
