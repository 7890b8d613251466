// The channel WeChat Pay v2: builds a call, sends it once and reads its answer. It decides
// nothing, waits for nothing and repeats nothing (spec/channels 3.6).
#pragma once

#include "channels/wechat/wire.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "net/http_client.hpp"
#include "ports/channel.hpp"

namespace huitong::channels::wechat {

// Transport, random source and clock must outlive it. Used from the thread of its transport. Reversals
// and refunds present the client identity named by the account's id when the account has a certificate;
// wiring registers it at the transport.
class WechatChannel final : public ports::Channel {
  public:
    WechatChannel(net::HttpTransport& transport, core::Random& random, core::Clock& clock)
        : transport_(transport), random_(random), clock_(clock) {}

    // Codes of ours beside those of wire.hpp: not_sent {bad_account, bad_sign_type, bad_url, no_terminal_ip,
    // no_payer, bad_notify_url and the transport's unavailable reasons}; unknown {http_NNN and the
    // transport's unknown_outcome reasons}.
    [[nodiscard]] task::Awaitable<payments::PayAnswer> pay_by_code(const ports::ChannelAccount& account,
                                                                   const ports::PayByCode& call) override;
    [[nodiscard]] task::Awaitable<payments::LaunchAnswer> launch(const ports::ChannelAccount& account,
                                                                 const ports::LaunchCall& call) override;
    [[nodiscard]] bool needs_payer(payments::Product product) const override;
    [[nodiscard]] task::Awaitable<payments::QueryAnswer> query(const ports::ChannelAccount& account,
                                                               const ports::TradeRef& trade) override;
    [[nodiscard]] task::Awaitable<payments::ReverseAnswer> reverse(const ports::ChannelAccount& account,
                                                                   const ports::TradeRef& trade) override;
    [[nodiscard]] task::Awaitable<payments::CloseAnswer> close(const ports::ChannelAccount& account,
                                                               const ports::TradeRef& trade) override;
    [[nodiscard]] task::Awaitable<payments::RefundAnswer> refund(const ports::ChannelAccount& account,
                                                                 const ports::RefundRef& refund) override;
    [[nodiscard]] task::Awaitable<payments::RefundAnswer> query_refund(
        const ports::ChannelAccount& account, const ports::RefundRef& refund) override;
    [[nodiscard]] core::Result<payments::Notice> read_notice(const ports::ChannelAccount& account,
                                                             const ports::RawNotice& notice,
                                                             core::Instant now) const override;
    [[nodiscard]] ports::NoticeReply reply_to_notice(const ports::ChannelAccount& account,
                                                     bool is_heard) const override;

  private:
    struct Outgoing;
    struct Received;
    // Sends once; the account must outlive the call.
    [[nodiscard]] task::Awaitable<Received> exchange(const ports::ChannelAccount& account, Outgoing outgoing);

    net::HttpTransport& transport_;
    core::Random& random_;
    core::Clock& clock_;
};

}  // namespace huitong::channels::wechat
