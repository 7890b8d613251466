// Engine: the stories of a payment. Every story is a coroutine over ports (store, channels, waiters) and
// Time; what to do and what it means is decided by payments/rules. A payment walks one way: intent committed,
// pay call sent, outcome committed with its postings, answer; what stays open is driven by one coroutine per
// payment until it is final.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/numbers.hpp"
#include "flows/circuit.hpp"
#include "payments/rules.hpp"
#include "ports/channel.hpp"
#include "ports/observer.hpp"
#include "ports/send_journal.hpp"
#include "ports/store.hpp"
#include "ports/waiters.hpp"
#include "task/group.hpp"
#include "task/time.hpp"

namespace huitong::flows {

struct EngineOptions {
    payments::Policy wechat = payments::default_policy(payments::ChannelKind::wechat);
    payments::Policy alipay = payments::default_policy(payments::ChannelKind::alipay);
    CircuitOptions circuit;
    core::Duration scan_every = std::chrono::seconds(1);  // for due operations that nobody drives
    std::size_t scan_most = 500;
    // Where the world reaches this gateway: "https://pay.example.com". Channels are told to send their
    // notices below it; none: nothing can be launched.
    std::string public_url;
    // SQLite: at start every unfinished operation was left by a process that is gone. Otherwise others may
    // live, and what they hold is theirs until its lease ends.
    bool is_only_process = true;
};

[[nodiscard]] const payments::Policy& policy_of(const EngineOptions& options, payments::ChannelKind kind);

struct EngineDeps {
    ports::StorePort& store;
    ports::Channels& channels;
    ports::Waiters& waiters;
    ports::Observer& observer;
    task::Time& time;
    core::NumberSource& numbers;
    boost::asio::any_io_executor executor;
    ports::SendJournal* journal = nullptr;  // none: what a lost disk held is lost
};

// What a face asks for of a new payment. `arrived_at` starts the send-by time and the wait.
struct OrderCommand {
    std::string merchant_sn;
    std::string store_sn;
    std::string terminal_sn;
    std::string terminal_ip;
    std::string client_sn;
    core::Money amount;
    payments::ChannelKind channel = payments::ChannelKind::wechat;
    std::string subject;
    std::string operator_name;
    std::string reflect;
    std::string attach;
    std::string goods_tag;
    std::string notify_url;
    int notify_flags = 0;  // payments/notify.hpp
    core::Instant arrived_at;
    core::Instant wait_until;  // answer with what is known at this time
};

// A payer's code was scanned.
struct PayCommand {
    OrderCommand order;
    std::string payment_code;
};

// The payer is to begin.
struct LaunchCommand {
    OrderCommand order;
    payments::Product product = payments::Product::qr;  // not barcode
    std::string payer_id;
    std::string return_url = {};  // where a channel's own page leads the payer back
};

struct CancelCommand {
    core::PaymentSn sn;
    std::string operator_name;
    std::string terminal_sn;
    core::Instant wait_until;
};

struct RefundCommand {
    core::PaymentSn sn;
    std::string request_no;  // the merchant's number of this refund
    core::Money amount;
    std::string operator_name;
    std::string terminal_sn;
    std::string reason;
    core::Instant wait_until;
};

// A payment and which of its operations was meant.
struct FoundRefund {
    payments::Aggregate order;
    int seq = 0;
};

struct Intent;  // intent.hpp

class Engine {
  public:
    Engine(EngineDeps deps, EngineOptions options);
    ~Engine();

    // Takes over what earlier processes left, where there can be no other, and starts the worker that picks
    // up due operations.
    [[nodiscard]] task::Task<void> start();
    // Ends drivers and worker at their next wait; what they held is picked up by the next start. Running
    // channel calls are let finish.
    [[nodiscard]] task::Awaitable<void> stop();
    // The first half of stop(): asks, and does not wait.
    void request_stop();

    // After a restore, until the channels were asked about what the backup does not know: nothing new is
    // begun (unavailable {catching_up}); what is unfinished is driven.
    void set_catching_up(bool is_catching_up) { is_catching_up_ = is_catching_up; }
    [[nodiscard]] bool is_catching_up() const { return is_catching_up_; }

    // The payment as it stands when it is final, or at wait_until. Errors: conflict {client_sn_taken};
    // not_found {no_channel_account}; limit {payment_limit, terminal_day_limit, store_day_limit,
    // merchant_day_limit}; unavailable {channel_down: no account's channel answers at present; …}: no payment
    // exists.
    [[nodiscard]] task::Task<payments::Aggregate> pay(PayCommand command);
    // The payment with what its payer begins with, or as it stands when the channel gave nothing. Errors:
    // those of pay; invalid {payer_needed}; not_found {no_notify_url}: this process has no address for the
    // channels' notices.
    [[nodiscard]] task::Task<payments::Aggregate> launch(LaunchCommand command);
    // A notice of a channel, for one of our accounts there. What it is about is asked after before anything
    // is believed; it is taken as heard once that is committed.
    [[nodiscard]] task::Awaitable<ports::NoticeReply> take_notice(payments::ChannelKind channel,
                                                                  std::string account_id,
                                                                  ports::RawNotice notice);
    // The payment once the cancel is decided, or at wait_until. Errors: not_found {no_payment}; conflict
    // {already_reversed, not_cancellable, not_same_day}; unavailable {…}: nothing was changed.
    [[nodiscard]] task::Task<payments::Aggregate> cancel(CancelCommand command);
    // The payment once the refund is proven or refused, or a look at the channel showed that it takes its
    // time, or at wait_until. Errors: not_found {no_payment}; those of payments::on_refund but already_asked;
    // unavailable {…}: nothing was changed.
    [[nodiscard]] task::Task<FoundRefund> refund(RefundCommand command);
    // By platform number or the channel's number of the trade, else by the merchant's; only inside the
    // merchant. not_found {no_payment}
    [[nodiscard]] task::Task<payments::Aggregate> find_for_refund(std::string merchant_sn,
                                                                  std::string sn_text, std::string client_sn);
    // The refund of that request number: of the payment named, or, when none is named, of any payment of the
    // merchant. not_found {no_payment, no_refund}; conflict {ambiguous}
    [[nodiscard]] task::Task<FoundRefund> find_refund(std::string merchant_sn, std::string sn_text,
                                                      std::string client_sn, std::string request_no);
    // By platform number, else by the merchant's; both only inside the merchant. not_found {no_payment}
    [[nodiscard]] task::Task<payments::Aggregate> find(std::string merchant_sn, std::string sn_text,
                                                       std::string client_sn);

    [[nodiscard]] std::size_t driving() const { return driven_.size(); }

  private:
    using Event = std::function<core::Result<payments::Change>(const payments::Aggregate&)>;

    [[nodiscard]] const payments::Policy& policy(payments::ChannelKind kind) const;
    // Applies the rule to the payment as it was seen and commits the change, guarded by the version it saw;
    // when another writer came first, reads and decides again. Then announces.
    [[nodiscard]] task::Task<payments::Aggregate> record(payments::Aggregate seen, Event event);
    void committed(const payments::Aggregate* before, const payments::Change& change);
    [[nodiscard]] task::Task<payments::Aggregate> read(core::PaymentSn sn);
    [[nodiscard]] task::Task<ports::ChannelAccount> account(std::string id);
    // The operation marked sent, and the account it goes out with: what comes before every call that moves
    // money.
    using Sent = std::pair<payments::Aggregate, ports::ChannelAccount>;
    [[nodiscard]] task::Task<Sent> record_sent(payments::Aggregate aggregate, payments::Step step);
    // unavailable {journal_failed}: the call must not be sent.
    [[nodiscard]] task::Task<void> journal(payments::Aggregate aggregate, int seq);
    // What every answer of a channel is told to: circuit and observer.
    void heard(const payments::Payment& payment, const ports::ChannelAccount& account,
               const payments::Answer& answer);
    // The answer to a call that was not sent, and why.
    template <class Answer>
    [[nodiscard]] Answer unsent(std::string_view code,
                                payments::Refusal refusal = payments::Refusal::none) const;
    // send.hpp: a call that changes something at the channel, marked sent and committed, journalled, sent,
    // and its answer decided by `rule` and committed. `call`: of ports::Channel, with what `make_ref` makes
    // of the payment. `unsent`: the answer where the journal could not be written, or took longer than the
    // lease.
    template <class Answer, class Call, class MakeRef, class Rule>
    [[nodiscard]] task::Task<payments::Aggregate> send(payments::Aggregate aggregate, payments::Step step,
                                                       Answer unsent, Call call, MakeRef make_ref, Rule rule);

    // pay.cpp: the intent of a new payment, committed and announced.
    [[nodiscard]] task::Task<Intent> begin(payments::Payment payment);
    [[nodiscard]] task::Task<payments::Aggregate> send_pay(PayCommand command, payments::Aggregate intent,
                                                           ports::ChannelAccount account);
    // Waits until `is_decided` or wait_until and returns the payment as it then stands, or as it was last
    // read when the store cannot be read: what was committed is never answered with an error.
    using Predicate = std::function<bool(const payments::Aggregate&)>;
    [[nodiscard]] task::Task<payments::Aggregate> wait_for(payments::Aggregate aggregate, core::Instant until,
                                                           Predicate is_enough);

    // drive.cpp: one coroutine per payment with something left to do.
    void drive(core::PaymentSn sn);
    [[nodiscard]] task::Awaitable<void> drive_to_end(core::PaymentSn sn);
    // What is to be done next by this process, or by nobody in particular.
    [[nodiscard]] std::optional<payments::Step> next_of_ours(const payments::Aggregate& aggregate) const;
    [[nodiscard]] task::Task<payments::Aggregate> perform(payments::Aggregate aggregate, payments::Step step);
    // launch.cpp
    [[nodiscard]] task::Task<payments::Aggregate> send_launch(LaunchCommand command,
                                                              payments::Aggregate intent,
                                                              ports::ChannelAccount account);
    // notice.cpp: where the channel is to send its notices of the payment; empty where nothing reaches this
    // gateway.
    [[nodiscard]] std::string notify_url_for(const payments::Payment& payment) const;
    // The payment that a notice is about. not_found {no_payment}
    [[nodiscard]] task::Task<payments::Aggregate> find_by_channel_number(std::string account_id,
                                                                         std::string number);
    // poll.cpp, reverse.cpp, refund.cpp: one act each.
    [[nodiscard]] task::Task<payments::Aggregate> query(payments::Aggregate aggregate, payments::Step step);
    [[nodiscard]] task::Task<payments::Aggregate> close_unpaid(payments::Aggregate aggregate,
                                                               payments::Step step);
    [[nodiscard]] task::Task<payments::Aggregate> reverse(payments::Aggregate aggregate, payments::Step step);
    [[nodiscard]] task::Task<payments::Aggregate> close(payments::Aggregate aggregate, payments::Step step);
    [[nodiscard]] task::Task<payments::Aggregate> send_refund(payments::Aggregate aggregate,
                                                              payments::Step step);
    [[nodiscard]] task::Task<payments::Aggregate> query_refund(payments::Aggregate aggregate,
                                                               payments::Step step);

    // recover.cpp
    [[nodiscard]] task::Awaitable<void> work();
    [[nodiscard]] task::Task<void> take_over();
    [[nodiscard]] task::Task<void> pick_up_due();
    [[nodiscard]] task::Awaitable<void> claim_and_drive(core::PaymentSn sn, bool is_owner_gone);

    EngineDeps deps_;
    EngineOptions options_;
    Circuit circuit_;
    bool is_catching_up_ = false;
    task::Group group_;
    std::unordered_map<std::int64_t, bool>
        driven_;  // true: asked to drive while driving, so look again before ending
};

// True when the payment cannot change any more without a person or another request: what a waiting request
// waits for.
[[nodiscard]] bool is_decided(const payments::Aggregate& aggregate);

template <class Answer>
Answer Engine::unsent(std::string_view code, payments::Refusal refusal) const {
    Answer answer;
    answer.outcome = payments::Outcome::not_sent;
    answer.refusal = refusal;
    answer.code = code;
    answer.exchange.started_at = deps_.time.now();
    answer.exchange.ended_at = answer.exchange.started_at;
    return answer;
}

}  // namespace huitong::flows
