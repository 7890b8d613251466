// A channel: a system that holds the payer's money (spec/channels 3.6). Adapters are pure translators: no
// sleeping, no retries, no store. Every call returns an answer, never an error: what went wrong on the way is
// an unknown outcome, or not_sent when no byte left.
#pragma once

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
    std::string reason;  // for the payer; may be empty
    core::Duration timeout;
};

class Channel {
  public:
    virtual ~Channel() = default;
    [[nodiscard]] virtual task::Awaitable<payments::PayAnswer> pay_by_code(const ChannelAccount& account,
                                                                           const PayByCode& call) = 0;
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
};

// Which channel object serves which kind; filled in by wiring.
class Channels {
  public:
    virtual ~Channels() = default;
    [[nodiscard]] virtual Channel* find(payments::ChannelKind kind) = 0;
};

}  // namespace huitong::ports
