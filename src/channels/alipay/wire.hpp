// Alipay's OpenAPI gateway as bytes, without a socket: builds the requests of trade.pay, precreate, create,
// query, cancel, refund, fastpay.refund.query and close, and reads their answers into the three answers the
// rules know; and signs the strings of wap.pay and app.pay (spec/channels 2.1–2.8, 3.7). Whatever is not
// proven is unknown.
#pragma once

#include <string>
#include <string_view>

#include "channels/alipay/codes.hpp"
#include "channels/alipay/signature.hpp"
#include "core/time.hpp"
#include "payments/answers.hpp"
#include "ports/channel.hpp"
#include "ports/directory.hpp"

namespace huitong::channels::alipay {

inline constexpr std::size_t max_text_bytes = 256;  // subject, refund_reason
inline constexpr std::size_t max_terminal_id_bytes = 32;
inline constexpr std::size_t max_return_url_bytes = 256;
inline constexpr std::size_t max_passback_bytes = 512;

// The query carries the public parameters with the signature, the body biz_content, as the official SDK does.
struct CallText {
    std::string query;
    std::string body;
    std::string masked;  // to keep: the signed text, without signature, token and most of the payment code
};

// The call that makes a product known, one of precreate, create, wap_pay and app_pay: a page in the wallet's
// browser needs create where the payer is known, and does without where it is not.
[[nodiscard]] Call launch_call_of(const ports::LaunchCall& call);

// "alipay.trade.pay": the method, and the name in payments::Exchange.
[[nodiscard]] std::string_view method_of(Call call);

// Why this account cannot make calls at all, its keys aside; "" when it can: bad_account, bad_sign_type.
[[nodiscard]] std::string_view account_defect(const ports::ChannelAccount& account);
// 1 to 64 of [A-Za-z0-9_]: what Alipay takes as out_trade_no and out_request_no.
[[nodiscard]] bool is_number(std::string_view number);

// What every request is made from. All of it must outlive the call only.
struct Sender {
    const ports::ChannelAccount& account;
    const AccountKeys& keys;
    core::Instant now;
};
// Amounts in yuan; another currency than CNY is a defect and ends the process.
[[nodiscard]] CallText build_pay(const Sender& sender, const ports::PayByCode& call);
// precreate, create.
[[nodiscard]] CallText build_launch(const Sender& sender, const ports::LaunchCall& call);
// wap.pay, app.pay: nothing is sent.
struct LaunchText {
    std::string order_string;
    std::string masked;  // as in CallText
};
[[nodiscard]] LaunchText build_launch_text(const Sender& sender, const ports::LaunchCall& call);
[[nodiscard]] CallText build_query(const Sender& sender, std::string_view number);
[[nodiscard]] CallText build_cancel(const Sender& sender, std::string_view number);
[[nodiscard]] CallText build_close(const Sender& sender, std::string_view number);
[[nodiscard]] CallText build_refund(const Sender& sender, const ports::RefundRef& refund);
[[nodiscard]] CallText build_refund_query(const Sender& sender, const ports::RefundRef& refund);

// `bytes`: the body of an HTTP 200. `number`: the out_trade_no that was asked about. The exchange is left to
// the caller. Codes of ours: empty_answer, bad_json and the other reasons of the codec, unsigned, bad_sign,
// bad_cert_sn, mismatch (another number or another call's answer), incomplete, unlisted, retry_flag,
// fund_change, no_refund.
[[nodiscard]] payments::PayAnswer parse_pay_answer(std::string_view bytes, const AccountKeys& keys,
                                                   std::string_view number);
// Of precreate (launch: the text of the code) and create (launch: {"tradeNO":…}).
[[nodiscard]] payments::LaunchAnswer parse_launch_answer(std::string_view bytes, const AccountKeys& keys,
                                                         const ports::LaunchCall& call);
[[nodiscard]] payments::QueryAnswer parse_query_answer(std::string_view bytes, const AccountKeys& keys,
                                                       std::string_view number);
[[nodiscard]] payments::ReverseAnswer parse_cancel_answer(std::string_view bytes, const AccountKeys& keys,
                                                          std::string_view number);
[[nodiscard]] payments::CloseAnswer parse_close_answer(std::string_view bytes, const AccountKeys& keys,
                                                       std::string_view number);
[[nodiscard]] payments::RefundAnswer parse_refund_answer(std::string_view bytes, const AccountKeys& keys,
                                                         const ports::RefundRef& refund);
[[nodiscard]] payments::RefundAnswer parse_refund_query_answer(std::string_view bytes,
                                                               const AccountKeys& keys,
                                                               const ports::RefundRef& refund);

}  // namespace huitong::channels::alipay
