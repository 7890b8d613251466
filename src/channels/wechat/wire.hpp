// WeChat Pay v2 as bytes, without a socket: builds the requests of micropay, unifiedorder, orderquery,
// reverse, refund, refundquery and closeorder, and reads their answers into the three answers the rules know
// (spec/channels 1A.3–1A.10, 3.7). Whatever is not proven is unknown.
#pragma once

#include <string>
#include <string_view>

#include "channels/wechat/codes.hpp"
#include "channels/wechat/signature.hpp"
#include "payments/answers.hpp"
#include "ports/channel.hpp"
#include "ports/directory.hpp"

namespace huitong::channels::wechat {

inline constexpr std::size_t max_body_bytes = 127;
inline constexpr std::size_t max_attach_bytes = 127;
inline constexpr std::size_t max_goods_tag_bytes = 32;
inline constexpr std::size_t max_refund_desc_bytes = 80;

struct CallText {
    std::string body;    // to send
    std::string masked;  // to keep: of the payment code only the first two and the last four digits
};

// What unifiedorder and its answer call the way a payer begins: "NATIVE", "JSAPI", "APP", "MWEB".
[[nodiscard]] std::string_view trade_type_of(payments::Product product);
// JSAPI: the channel must know who pays.
[[nodiscard]] bool needs_payer(payments::Product product);

// The path below the channel's base URL, and the name in payments::Exchange.
[[nodiscard]] std::string_view path_of(Call call);
[[nodiscard]] std::string_view to_string(Call call);

// Why this account cannot make calls at all; "" when it can: bad_account, bad_sign_type.
[[nodiscard]] std::string_view account_defect(const ports::ChannelAccount& account);
// Of an account without a defect.
[[nodiscard]] SignType sign_type_of(const ports::ChannelAccount& account);

// Why this call cannot be made; "" when it can: no_terminal_ip, no_payer, bad_notify_url (empty, or with a
// query, which the channel would cut off).
[[nodiscard]] std::string_view launch_defect(const ports::ChannelAccount& account,
                                             const ports::LaunchCall& call);

// Amounts in fen; another currency than CNY is a defect and ends the process. `nonce`: 32 characters at most.
[[nodiscard]] CallText build_micropay(const ports::ChannelAccount& account, const ports::PayByCode& call,
                                      std::string nonce);
// An account without a defect of `launch_defect` for this call.
[[nodiscard]] CallText build_unifiedorder(const ports::ChannelAccount& account, const ports::LaunchCall& call,
                                          std::string nonce);
[[nodiscard]] CallText build_orderquery(const ports::ChannelAccount& account, std::string_view number,
                                        std::string nonce);
[[nodiscard]] CallText build_reverse(const ports::ChannelAccount& account, std::string_view number,
                                     std::string nonce);
[[nodiscard]] CallText build_closeorder(const ports::ChannelAccount& account, std::string_view number,
                                        std::string nonce);
[[nodiscard]] CallText build_refund(const ports::ChannelAccount& account, const ports::RefundRef& refund,
                                    std::string nonce);
[[nodiscard]] CallText build_refundquery(const ports::ChannelAccount& account, std::string_view refund_number,
                                         std::string nonce);

// `bytes`: the body of an HTTP 200. `number`: the out_trade_no that was asked about. The exchange is left to
// the caller. Codes of ours: empty_answer, bad_xml and the other reasons of the codec, unsigned, bad_sign,
// mismatch (another number, merchant, application, currency or trade_type than asked), incomplete,
// bad_result_code, unlisted.
[[nodiscard]] payments::PayAnswer parse_micropay_answer(std::string_view bytes,
                                                        const ports::ChannelAccount& account,
                                                        std::string_view number);
// `nonce`: of the parameters that are signed for the payer's device.
[[nodiscard]] payments::LaunchAnswer parse_unifiedorder_answer(std::string_view bytes,
                                                               const ports::ChannelAccount& account,
                                                               const ports::LaunchCall& call,
                                                               std::string nonce);
[[nodiscard]] payments::QueryAnswer parse_orderquery_answer(std::string_view bytes,
                                                            const ports::ChannelAccount& account,
                                                            std::string_view number);
[[nodiscard]] payments::ReverseAnswer parse_reverse_answer(std::string_view bytes,
                                                           const ports::ChannelAccount& account,
                                                           std::string_view number);
[[nodiscard]] payments::CloseAnswer parse_closeorder_answer(std::string_view bytes,
                                                            const ports::ChannelAccount& account,
                                                            std::string_view number);
[[nodiscard]] payments::RefundAnswer parse_refund_answer(std::string_view bytes,
                                                         const ports::ChannelAccount& account,
                                                         const ports::RefundRef& refund);
[[nodiscard]] payments::RefundAnswer parse_refundquery_answer(std::string_view bytes,
                                                              const ports::ChannelAccount& account,
                                                              const ports::RefundRef& refund);

}  // namespace huitong::channels::wechat
