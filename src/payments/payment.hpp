// A payment and its operations: the money state of one order, and each attempt to move or stop that money
// (DESIGN.md in short: docs/architecture.md, "State machines").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/money.hpp"
#include "core/numbers.hpp"
#include "core/time.hpp"
#include "payments/answers.hpp"

namespace huitong::payments {

enum class PaymentState {
    created,  // the intent is committed; the pay call is on its way
    pending,  // answered "wait", or not answered: poll
    paid,
    partially_refunded,
    refunded,
    reversing,  // to be undone; ends only with proof
    reversed,
    closed,         // refused to be reversed because nothing had been paid, with the channel's evidence
    failed,         // only with the channel's evidence, or because this process knows it did not send
    manual_review,  // machines could not decide; a person or the statement does
};
[[nodiscard]] std::string_view to_string(PaymentState state);

enum class ReversalBy { nobody, engine, merchant };
[[nodiscard]] std::string_view to_string(ReversalBy by);

enum class ChannelKind { wechat, alipay };
[[nodiscard]] std::string_view to_string(ChannelKind kind);

// How the payer comes to pay. All but the first are launched: made known to the channel first, and then begun
// by the payer.
enum class Product {
    barcode,       // the payer's code was scanned
    qr,            // the payer scans a code of ours
    wap,           // a page in the wallet's own browser (JSAPI)
    mini_program,  // inside the wallet
    app,           // a merchant's app calls the wallet's
    h5,            // a page in any browser calls the wallet's app
};
[[nodiscard]] std::string_view to_string(Product product);

struct Payment {
    core::PaymentSn sn;
    std::int64_t version = 1;
    PaymentState state = PaymentState::created;

    // Who and what: fixed at creation.
    std::string merchant_sn;
    std::string store_sn;
    std::string terminal_sn;
    std::string client_sn;  // the merchant's own number, unique per merchant
    ChannelKind channel = ChannelKind::wechat;
    Product product = Product::barcode;
    std::string channel_account;  // id of the channel account that was used
    std::string channel_number;   // our number at the channel (out_trade_no)
    core::Money amount;
    std::string subject;
    std::string operator_name;  // the cashier
    std::string reflect;        // echoed to the merchant
    std::string notify_url;     // where the merchant wants to hear of it; may be empty
    int notify_flags = 0;       // of what beside "paid", and how it is signed (notify.hpp)
    int channel_fee_ppm = 0;    // what the channel keeps of an amount, in millionths
    int merchant_fee_ppm = 0;   // what the platform keeps of it
    int refund_days = 0;        // how long after payment a refund may be asked for
    bool is_limited = false;    // counted against the daily limits of its terminal, store or merchant
    core::Instant created_at;
    std::optional<core::Instant> expires_at;  // launched: the payer may begin until then
    core::Instant deadline_at;                // not proven by then: reversed, or closed where it was launched
    core::Instant in_flight_until;  // until then an unanswered pay call may still arrive at the channel, or a
                                    // payer begin

    // What became of it.
    std::string launch;         // what the payer begins with (LaunchAnswer); empty: not launched
    TradeFacts trade;           // facts once the channel showed it paid
    bool is_seen_paid = false;  // the channel showed it paid at any time
    bool is_booked = false;     // the payment entry is in the ledger
    core::Money refunded;       // sum of the merchant's refunds that are proven
    std::optional<core::Instant>
        arrived_at;                   // the pay call is known to have reached the channel or to be over
    bool may_be_older = false;        // see PayAnswer::may_be_older
    Refusal refusal = Refusal::none;  // why it failed, or why the last cancel was refused
    std::string channel_code;         // the channel's code behind that
    ReversalBy reversal_by = ReversalBy::nobody;
    bool was_paid_before_reversal =
        false;  // the merchant had been told "paid": a refused cancel falls back to it
    Effect effect = Effect::none;
    std::string review_reason;                 // why a person must look
    std::optional<core::Instant> finished_at;  // when it became paid, or else final
    bool is_reopened = false;  // found paid after it was final: undone again, unseen by the merchant

    friend bool operator==(const Payment&, const Payment&) = default;
};

enum class OperationKind {
    pay,
    reverse,
    watch,   // hourly query after a reversal that found no trade
    refund,  // asked for by the merchant, or (no request_no) by the engine: what was paid after it was over
};
[[nodiscard]] std::string_view to_string(OperationKind kind);

enum class OperationState { prepared, sent, succeeded, refused, unknown, manual };
[[nodiscard]] std::string_view to_string(OperationState state);

// What the next act on an unfinished operation is.
enum class Act {
    none,
    send,
    query,
    close,  // of a reversal that the channel refuses as late: the trade is unpaid and is made unpayable
};
[[nodiscard]] std::string_view to_string(Act act);

struct Operation {
    core::PaymentSn payment;
    int seq = 1;  // 1 is the pay; (payment, seq) is the key
    OperationKind kind = OperationKind::pay;
    OperationState state = OperationState::prepared;
    std::string number;  // our number at the channel for this operation
    std::string
        request_no;  // refund: the merchant's number of it, unique per payment; empty: the engine's own
    core::Money amount;
    std::string reason;         // refund: why, for the payer
    std::string operator_name;  // who asked (merchant's cashier), empty for the engine
    std::string terminal_sn;    // where it was asked
    int attempt = 0;            // rises with each claim; an outcome of an older attempt is fenced off
    std::string owner;          // the process that holds it
    core::Instant lease_until;  // others may claim it after this
    int tries = 0;              // acts done so far
    Act next_act = Act::none;
    std::optional<core::Instant> next_at;  // when that act is due; none: nothing to do
    core::Instant created_at;
    std::optional<core::Instant> sent_at;
    std::optional<core::Instant> asked_at;  // the last query made for it
    std::optional<core::Instant> finished_at;
    Outcome last_outcome = Outcome::not_sent;
    std::string channel_code;                 // of the last answer
    Refusal refusal = Refusal::none;          // why the channel refused it
    std::string channel_ref;                  // refund: the channel's own number of it
    std::optional<core::Instant> channel_at;  // refund: when the channel says the money went back
    bool is_restored = false;  // its end was lost with the store: asked after patiently, never sent anew
                               // (rules_restore.cpp)

    friend bool operator==(const Operation&, const Operation&) = default;
};

[[nodiscard]] bool is_launched(const Payment& payment);
[[nodiscard]] bool is_final(PaymentState state);
[[nodiscard]] bool is_final(OperationState state);

// A payment with all its operations, as the rules see it.
struct Aggregate {
    Payment payment;
    std::vector<Operation> operations;  // by seq

    [[nodiscard]] const Operation& pay() const { return operations.front(); }
    // The unfinished operation of that kind, or null.
    [[nodiscard]] const Operation* live(OperationKind kind) const;
    [[nodiscard]] Operation* live(OperationKind kind);
    [[nodiscard]] const Operation* find(int seq) const;
    [[nodiscard]] Operation* find(int seq);
    // The merchant's refund of that number, or null.
    [[nodiscard]] const Operation* find_refund(std::string_view request_no) const;
    // The engine's own refund, or null.
    [[nodiscard]] const Operation* automatic_refund() const;
    // What may still be refunded: paid, less every refund that is done or may still be done.
    [[nodiscard]] core::Money refundable() const;
};

// A refund that the engine began: for what was found paid after it was over.
[[nodiscard]] bool is_automatic(const Operation& refund);

}  // namespace huitong::payments
