// Draft: a change while the rules write it. Keeps the bookkeeping in one place: state moves through the state
// table, operations are scheduled and finished, the ledger gets its entries when a payment ends, alarms and
// timeline rows. Internal to the rules.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "payments/rules.hpp"
#include "payments/states.hpp"

namespace huitong::payments {

class Draft {
  public:
    // `before` and `policy` must outlive it.
    Draft(const Aggregate& before, core::Instant now, const Policy& policy);

    [[nodiscard]] Payment& payment() { return change_.after.payment; }
    [[nodiscard]] Aggregate& aggregate() { return change_.after; }
    [[nodiscard]] core::Instant now() const { return now_; }
    [[nodiscard]] const Policy& policy() const { return policy_; }

    // Moves the payment by the state table; a move the table does not have is a defect.
    void move(PaymentEvent event);
    // The next act of an operation. Due beyond the horizon it is left in the store, held by nobody.
    void schedule(Operation& operation, Act act, core::Instant at);
    // Nothing is left to do on it.
    void finish(Operation& operation, OperationState state);
    // What an answer leaves on its operation.
    void note_answer(Operation& operation, const Answer& answer);

    // The pay call brought no decision: from here on the payment is polled. Nothing once it is.
    void note_waiting();
    // The pay call is known to have arrived at the channel, or to be over.
    void note_arrival();
    // The channel showed the trade paid. False, with an alarm, when the amount is not ours: nothing is taken
    // over.
    [[nodiscard]] bool note_paid(const TradeFacts& trade);

    // From here on that process does the operation; what another one still hears about it is fenced off.
    void take_over(Operation& operation, const std::string& owner);
    Operation& insert_operation(OperationKind kind, const std::string& owner);
    // A refused refund is to be sent as if for the first time.
    static void begin_again(Operation& refund);
    // A refund of the whole payment that nobody asked for, of what was found paid after it was over. It has
    // one number, whoever begins it, and is begun once: a second time it is only driven on.
    Operation& begin_automatic_refund(const std::string& owner);
    // When the next refund of this payment may be sent at the earliest, for the channel's spacing.
    [[nodiscard]] core::Instant next_refund_send(const Operation& refund) const;
    // The refunds asked for later wait until after this one's turn, which the channel put off.
    void queue_behind(const Operation& refund);
    // Nothing is left for a person to look at, unless a refund of the merchant's still waits for one.
    void clear_review();
    // The payment is to be undone: state and who wants it.
    void begin_undoing(ReversalBy by);
    // The same with a reversal: its own operation, due as soon as the channel allows.
    Operation& begin_reversal(ReversalBy by, const std::string& owner);
    // The act a merchant's reversal that was not sent yet begins with: the reversal itself where the trade
    // was seen paid, else a look, which tells what the reversal will undo; not before the channel allows it.
    void plan_first_reversal();
    // When the channel takes the undoing of this payment at the earliest.
    [[nodiscard]] core::Instant earliest_undoing() const;
    // The same without touching the payment's state: for a refusal that may have left an order at the
    // channel.
    Operation& begin_background_reversal(const std::string& owner);
    // The reversal, or the automatic refund in its place, is proven: state, effect, postings; a watch when no
    // trade was seen behind it.
    void end_reversal(Operation& reverse, Effect effect, bool is_watched);
    // Asked after hourly for a day, in case it turns up paid after all.
    void watch(const std::string& owner);
    void become_paid(Operation& pay);
    // Machines cannot decide: manual review, with slow queries that may still find proof.
    void give_up(Operation& operation, std::string_view reason);

    // Ledger entries: the payment; its mirror (and the payment first, when it was never booked); a refund of
    // the merchant's, which is added to what was refunded.
    void book_payment();
    void book_reversal();
    void book_refund(const Operation& refund);

    void alarm(std::string_view name, std::string detail);
    void add_row(const Operation& operation, std::string happening, std::string finding,
                 const Exchange* exchange);
    [[nodiscard]] Change take();

    // The pay operation ends with the payment, as the effect of its undoing says.
    void end_pay(Effect effect);

  private:
    void release_pay();
    // Moves the turns of waiting refunds apart, from each other and from those that went out.
    void space_refunds();
    [[nodiscard]] ledger::Parties parties() const;
    // The whole payment and what is kept of it.
    [[nodiscard]] ledger::Amounts amounts() const;
    // The earliest time of another query: channels refuse to be asked too often.
    [[nodiscard]] core::Instant next_look() const;

    // The operations' steps are in their table.
    void check_operations() const;

    Change change_;
    const Aggregate& before_;
    core::Instant now_;
    const Policy& policy_;
};

// "refused NOTENOUGH", "unknown read_timeout": what an answer came to, for the timeline.
[[nodiscard]] std::string finding_of(const Answer& answer);

}  // namespace huitong::payments
