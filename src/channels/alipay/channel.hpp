// The channel Alipay: builds a call, sends it once and reads its answer. It decides nothing,
// waits for nothing and repeats nothing (spec/channels 3.6).
#pragma once

#include "channels/alipay/wire.hpp"
#include "core/time.hpp"
#include "net/http_client.hpp"
#include "ports/channel.hpp"

namespace huitong::channels::alipay {

// Transport and clock must outlive it. Used from the thread of its transport. An account's base_url is the
// whole URL of the gateway.
class AlipayChannel final : public ports::Channel {
  public:
    AlipayChannel(net::HttpTransport& transport, core::Clock& clock) : transport_(transport), clock_(clock) {}

    // Codes of ours beside those of wire.hpp: not_sent {bad_account, bad_sign_type, bad_number, bad_url,
    // no_payer, the reasons of parse_keys and the transport's unavailable reasons}; unknown {http_NNN and the
    // transport's unknown_outcome reasons}; done {signed: a launch that asks nobody}.
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
    // Everything that must be right before a request can be built; with a defect the keys are null.
    [[nodiscard]] Outgoing prepare(const ports::ChannelAccount& account, Call call, core::Duration timeout);
    // A launch that is signed here and asks nobody.
    [[nodiscard]] static payments::LaunchAnswer sign_launch(const ports::ChannelAccount& account,
                                                            const Outgoing& outgoing,
                                                            const ports::LaunchCall& call);
    // Sends once; the account must outlive the call.
    [[nodiscard]] task::Awaitable<Received> exchange(const ports::ChannelAccount& account, Outgoing outgoing);

    net::HttpTransport& transport_;
    core::Clock& clock_;
    mutable KeyRing keys_;  // what it keeps changes no answer
};

}  // namespace huitong::channels::alipay
