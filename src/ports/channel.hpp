// A channel: a system that holds the payer's money (spec/channels 3.6). Adapters are pure translators: no
// sleeping, no retries, no store. Every call returns an answer, never an error: what went wrong on the way is
// an unknown outcome, or not_sent when no byte left.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "payments/answers.hpp"
#include "payments/policy.hpp"
#include "ports/directory.hpp"
#include "task/task.hpp"

namespace huitong::ports {

struct PayByCode {
    std::string number;  // ours, unique for ever at the channel
    core::Money amount;
    std::string payment_code;  // scanned from the payer
    std::string subject;
    std::string terminal_sn;
    std::string terminal_ip;  // empty: the account's server_ip
    std::string attach;       // passed through when the channel has a place for it
    std::string goods_tag;
    core::Duration timeout;  // read time-out of this call
};

// A payment that the payer begins (spec/channels 1A.7, 2.4).
struct LaunchCall {
    std::string number;  // ours, unique for ever at the channel; the same call may be repeated
    core::Money amount;
    payments::Product product = payments::Product::qr;  // not barcode
    std::string payer_id;  // openid, buyer_user_id; empty where the channel does not need it
    std::string subject;
    std::string terminal_sn;
    std::string terminal_ip;  // empty: the account's server_ip
    std::string attach;
    std::string goods_tag;
    std::string notify_url;  // ours, where the channel's notices go
    std::string return_url;  // where a channel's own page leads the payer back; may be empty
    core::Instant created_at;
    core::Instant expires_at;  // the payer cannot begin after this
    core::Duration timeout;
};

// A channel's notice as it came in.
struct RawNotice {
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
};

struct NoticeReply {
    int status = 200;
    std::string content_type;
    std::string body;
};

struct TradeRef {
    std::string number;
    core::Money amount;  // what we asked for; a channel that reports another amount is reported as it says
    core::Duration timeout;
};

struct RefundRef {
    std::string trade_number;   // ours, of the payment
    core::Money trade_amount;   // of the payment
    std::string refund_number;  // ours, unique for ever at the channel; the same in every repetition
    core::Money amount;
    std::string reason;      // for the payer; may be empty
    std::string notify_url;  // ours, where the channel's notice of it goes; may be empty
    core::Duration timeout;
};

class Channel {
  public:
    virtual ~Channel() = default;
    [[nodiscard]] virtual task::Awaitable<payments::PayAnswer> pay_by_code(const ChannelAccount& account,
                                                                           const PayByCode& call) = 0;
    // Makes a launched payment known. Moves no money, so the same call may be repeated.
    [[nodiscard]] virtual task::Awaitable<payments::LaunchAnswer> launch(const ChannelAccount& account,
                                                                         const LaunchCall& call) = 0;
    // Whether the channel needs to know the payer beforehand.
    [[nodiscard]] virtual bool needs_payer(payments::Product product) const = 0;
    [[nodiscard]] virtual task::Awaitable<payments::QueryAnswer> query(const ChannelAccount& account,
                                                                       const TradeRef& trade) = 0;
    [[nodiscard]] virtual task::Awaitable<payments::ReverseAnswer> reverse(const ChannelAccount& account,
                                                                           const TradeRef& trade) = 0;
    // Barcode trades are reversed, not closed; this is for trades that the payer starts.
    [[nodiscard]] virtual task::Awaitable<payments::CloseAnswer> close(const ChannelAccount& account,
                                                                       const TradeRef& trade) = 0;
    [[nodiscard]] virtual task::Awaitable<payments::RefundAnswer> refund(const ChannelAccount& account,
                                                                         const RefundRef& refund) = 0;
    [[nodiscard]] virtual task::Awaitable<payments::RefundAnswer> query_refund(const ChannelAccount& account,
                                                                               const RefundRef& refund) = 0;
    // Reads a notice whose signature is that account's channel's. invalid {unreadable, bad_signature,
    // other_account, not_a_result}: nothing in it is to be believed, or it is about nothing of ours.
    [[nodiscard]] virtual core::Result<payments::Notice> read_notice(const ChannelAccount& account,
                                                                     const RawNotice& notice,
                                                                     core::Instant now) const = 0;
    // What the channel takes as "heard", or as "say it again later".
    [[nodiscard]] virtual NoticeReply reply_to_notice(const ChannelAccount& account, bool is_heard) const = 0;
};

// Which channel object serves which kind; filled in by wiring.
class Channels {
  public:
    virtual ~Channels() = default;
    [[nodiscard]] virtual Channel* find(payments::ChannelKind kind) = 0;
};

}  // namespace huitong::ports
