// What the outside says, in our words. A channel adapter translates its protocol into these; the rules decide
// on nothing else. There are three answers, never two: done, refused, unknown (spec/channels 3.6, 3.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"
#include "core/time.hpp"

namespace huitong::payments {

enum class Outcome {
    done,      // with the channel's evidence
    pending,   // the payer is asked (USERPAYING); nothing is decided
    refused,   // with the channel's evidence: not done, and this call will not be done later
    unknown,   // may or may not have been done: time-out, bad signature, unreadable, system error, unlisted
               // code
    not_sent,  // no byte left this machine, or the channel says it did not execute the call (rate limit)
};

// Why a channel refused, in stable tokens that every face maps in one table of its own.
enum class Refusal {
    none,
    code_expired,        // the payment code's minute is over
    code_invalid,        // no payment code, or one already used
    insufficient_funds,  // the payer's
    payer_limit,         // daily limit of the payer
    payer_single_limit,  // limit of one payment of the payer
    seller_limit,        // daily limit of our account at the channel
    payer_account,       // the payer's account or card cannot pay here
    merchant_funds,      // reversal, refund: our balance at the channel does not cover it
    too_late,            // reversal, refund: the channel's time for it is over
    wrong_state,         // reversal, refund: the trade's state does not allow it
    refund_amount,       // refund: more than is left, or another amount under a number used before
    refund_closed,       // refund: given up by the channel, nothing refunded; that number is used up
    not_refundable,      // refund, reversal: the order's promotion or contract forbids it
    no_such_trade,       // the channel knows no trade of that number
    trade_refused,       // risk control, cancelled by the payer, or any other business refusal
    number_used_up,      // closed or reversed before under this number
    configuration,       // our keys, numbers or permissions are wrong; nothing was executed
    rate_limited,        // not executed; come back later
    not_sent_in_time,    // ours: the send-by time had passed before a byte left
};
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(Refusal refusal);

// The raw exchange. Secrets and payment codes are masked by the adapter before they get here; the store
// encrypts it.
struct Exchange {
    std::string call;      // "micropay", "orderquery", "reverse"
    std::string request;   // as sent, masked
    std::string response;  // as received; empty when nothing came
    core::Instant started_at;
    core::Instant ended_at;
};

struct Answer {
    Outcome outcome = Outcome::unknown;
    Refusal refusal = Refusal::none;
    bool is_authentic =
        false;            // an answer with a good signature came back: the call is not in flight any more
    std::string code;     // the channel's own code ("USERPAYING"), or ours in lower case ("read_timeout")
    std::string message;  // the channel's own text
    Exchange exchange;
};

// What a channel says about a trade that was paid. Absent fields were not said.
struct TradeFacts {
    std::string trade_no;  // the channel's number
    std::optional<core::Money> amount;
    std::optional<core::Instant> paid_at;
    std::string payer_id;     // openid, buyer_user_id
    std::string payer_login;  // masked by the channel
    std::string funding;      // the channel's name of the payer's means (bank_type)

    friend bool operator==(const TradeFacts&, const TradeFacts&) = default;
};

struct PayAnswer : Answer {
    TradeFacts trade;
    bool may_exist = false;  // refused, but an order may stand at the channel: reverse in the background
                             // (spec/channels 3.5)
    bool may_be_older =
        false;  // "already paid" (ORDERPAID …): a payment found now is ours only if not paid before we sent
};

// What making a launched payment known to the channel came to.
struct LaunchAnswer : Answer {
    // What the payer begins with. qr: the text of the code. app of Alipay: the signed order string. h5: the
    // address to go to. Otherwise a JSON object of signed parameters for the wallet's own call.
    std::string launch;
    bool may_exist = false;      // refused, but an order may stand at the channel
    bool is_trade_made = false;  // the trade exists from now on; otherwise when the payer begins
};

enum class TradeState {
    unknown,  // the query brought no usable answer
    not_found,
    pending,  // NOTPAY, USERPAYING, ACCEPT
    paid,
    paid_and_refunded,  // paid, and money went back (REFUND): only our own refunds may explain it
    paid_and_closed,  // paid, and all of it went back (Alipay: TRADE_CLOSED of a trade that had been paid): a
                      // reversal or refunds of ours must explain it
    pay_failed,       // PAYERROR: will not be paid, still to be reversed
    closed,
    reversed,
};
[[nodiscard]] std::string_view to_string(TradeState state);

struct QueryAnswer : Answer {
    TradeState state = TradeState::unknown;
    TradeFacts trade;
};

// What a reversal did to the payer's money.
enum class Effect {
    none,       // no reversal yet
    unpaid,     // nothing had been paid
    refunded,   // what had been paid went back
    not_known,  // the channel does not say which (WeChat): net zero is certain, gross is not
};
[[nodiscard]] std::string_view to_string(Effect effect);

struct ReverseAnswer : Answer {
    bool must_repeat = false;   // recall=Y, retry_flag=Y, system error: the same call again
    bool has_no_trade = false;  // done, with no trade behind it (Alipay without action, WeChat ORDERNOTEXIST)
    Effect effect = Effect::not_known;
};

// What became of a refund: the refund call's own answer, or a refund query's. done: the channel's proof that
// the money went back. pending: accepted, not yet refunded (WeChat "accepted", PROCESSING). refused: nothing
// was refunded under this number and nothing will be. unknown: may or may not have been done; of a query also
// "no such refund yet", see `is_absent`.
struct RefundAnswer : Answer {
    std::string refund_no;              // the channel's number of the refund
    std::optional<core::Money> amount;  // what the channel says this refund is over
    std::optional<core::Instant> refunded_at;
    bool is_absent =
        false;  // query: the channel knows no refund of that number: the same call may be repeated
    bool is_abnormal =
        false;  // the money could not reach the payer and lies with the merchant (CHANGE): a person
};

// What a channel says of itself, unasked. Its signature was good, and still it only says where to look: it
// may be late, and its words of an order may be older than what is known (spec/channels 1A.11, 2.10).
struct Notice {
    std::string number;                 // ours, of the trade
    std::string refund_number;          // ours, where it is about a refund
    std::string code;                   // the channel's word: "SUCCESS", "TRADE_CLOSED"
    std::optional<core::Money> amount;  // of the trade
    std::string trade_no;
    std::string body;  // masked, for the timeline
};

// An unpaid trade made unpayable. done: closed, or closed before. refused/wrong_state: it is paid.
struct CloseAnswer : Answer {
    bool has_no_trade = false;  // the channel knows no trade of that number
};

}  // namespace huitong::payments
