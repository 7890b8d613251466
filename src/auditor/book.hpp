// The witness's own book: per number of a merchant's what was asked and told, per number at a channel what
// left, what the channel really answered and what the platform could learn from it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "auditor/auditor.hpp"
#include "auditor/messages.hpp"

namespace huitong::auditor {

// A line of an order's story.
struct Event {
    core::Instant at;
    std::string text;
};

// One kind of request to pay under a client_sn; repetitions are arrivals of the same.
struct PayAsk {
    std::string code;
    std::string payway;
    std::string subject;
    std::string terminal_sn;
    std::optional<std::int64_t> amount;
    int arrivals = 0;
    core::Instant arrived_at = {};  // the last time
    bool is_sent_on = false;        // a pay call with its code left for a channel
};

struct RefundAsk {
    std::string request_no;
    std::int64_t amount = 0;
    core::Instant arrived_at = {};
    std::optional<core::Instant> known_at = {};    // first told as begun
    std::optional<core::Instant> done_at = {};     // first told as done
    std::optional<core::Instant> refused_at = {};  // last told as refused
    bool is_decided_done = false;                  // a person said so
    bool is_decided_not_done = false;              // likewise
    std::string number = {};                       // at the channel, as far as amounts tell
};

// A refund number at a channel.
struct Refund {
    std::string number;
    std::int64_t amount = 0;
    bool is_automatic = false;
    core::Instant last_left = {};
    int left = 0;
    // Calls that may still be done: left, not refused, and not proven to be absent when they could not arrive
    // any more.
    int unanswered = 0;
    core::Instant settled_until = {};  // what left before is not among them
    bool is_accepted = false;          // the channel took it, and has not closed it
    bool is_closed = false;            // the channel gave it up
    bool is_proven = false;            // the platform heard that it is done
    bool is_seen_gone = false;         // the platform heard that it was refused or is not there
    bool is_given_up = false;          // a person said that it is not done

    // Its amount may go back to the payer, or has.
    [[nodiscard]] bool may_be_done() const {
        return !is_given_up && (is_accepted || (unanswered > 0 && !is_seen_gone));
    }
    // The call that left then was certainly not executed.
    void forget_call(core::Instant left_at) {
        if (left_at >= settled_until) --unanswered;
    }
    // None of the calls so far was executed, nor will be.
    void settle(core::Instant at) {
        unanswered = 0;
        settled_until = at;
    }
};

constexpr std::size_t nobody = static_cast<std::size_t>(-1);

// A number at a channel under which a pay call left.
struct Trade {
    Side side = Side::wechat;
    std::string number;
    std::string account = {};  // at the channel
    std::int64_t amount = 0;
    std::size_t order = nobody;
    std::optional<core::Instant> left = {};        // the pay call
    bool is_unsent = false;                        // no byte of it left after all
    std::optional<core::Instant> query_left = {};  // the last one
    bool is_pay_answered = false;                  // with something that a signature covers, or turned away
    std::optional<core::Instant> heard = {};       // the last time that the channel said anything of it
    // What the platform heard, in the channel's own words.
    bool is_proven_paid = false;
    std::optional<core::Instant> paid_heard = {};  // the first time
    bool is_refused = false;                       // the pay call, for good
    bool has_pay_failed = false;                   // a query
    bool has_arrived = false;                      // the pay call is used up
    bool is_undone = false;                        // closed, reversed, or absent, and not seen alive again
    bool is_undone_late = false;                   // so seen when the pay call could not arrive any more
    bool was_undone = false;                       // at any time
    core::Instant undone_asked_at = {};            // when the last call left that said so
    std::optional<core::Instant> other_amount_heard = {};
    std::optional<core::Instant> reversal_left = {};
    bool may_reversal_work = false;  // one left, and was not refused for good
    bool was_reversal_refused = false;
    // One that the payer begins: it left, or was given to the payer; of its calls those that may have worked.
    bool is_launched = false;
    int launches_open = 0;
    std::deque<Refund> refunds = {};

    [[nodiscard]] Refund* find_refund(const std::string& refund_number);
    // Proof that the payer is out of no money under this number.
    [[nodiscard]] bool is_proven_over() const;
};

struct Decision {
    core::Instant at;
    std::string verdict;
};

struct Order {
    std::string merchant_sn;
    std::string client_sn;
    std::string sn = {};
    std::vector<PayAsk> asks = {};
    std::vector<RefundAsk> refunds = {};
    std::vector<std::size_t> trades = {};  // of the book
    std::vector<Decision> decisions = {};
    std::vector<Event> events = {};
    std::optional<core::Instant> cancel_asked = {};  // first arrival
    std::optional<core::Instant> acknowledged = {};  // first told with a number
    std::optional<core::Instant> first_paid = {};    // told
    std::optional<core::Instant> last_paid = {};     // told
    std::optional<core::Instant> first_over = {};    // told
    std::optional<core::Instant> last_over = {};     // told
    std::optional<core::Instant> launch_told = {};   // first told with what the payer begins with
    int pays_answered = 0;                           // with an order, not with a conflict
    std::optional<core::Instant> in_review = {};     // seen to be: told so, or decided by a person

    [[nodiscard]] bool is_decided() const { return !decisions.empty(); }
    // What was told before, a person may have settled otherwise.
    [[nodiscard]] bool is_decided_since(core::Instant at) const {
        return is_decided() && decisions.back().at >= at;
    }
    // A person's word of that kind; "again" leaves the matter to the machine.
    [[nodiscard]] bool is_decided_as(std::initializer_list<std::string_view> verdicts) const;
    [[nodiscard]] bool has_money_moving_call() const { return !trades.empty(); }
    // Of any amount when none is given.
    [[nodiscard]] RefundAsk* find_refund(const std::string& request_no,
                                         std::optional<std::int64_t> amount = {});
};

// A call on the wires.
struct TillWire {
    TillCall call;
    std::string merchant_sn = {};
    std::size_t order = nobody;
    std::optional<core::Instant> arrived = {};
};

struct ChannelWire {
    ChannelCall call;
    std::size_t trade = nobody;
    core::Instant left = {};
    std::uint64_t life = 0;                                           // of the platform
    bool was_reversal_sent = false;                                   // before this call left
    std::vector<std::pair<std::string, ChannelAnswer>> answers = {};  // as the channel gave them
};

struct Auditor::Book {
    Book(const core::Clock& the_clock, Sides the_sides);

    const core::Clock& clock;
    Sides sides;
    core::Instant began;
    std::set<std::string> early_queries;  // of numbers whose pay call had not left
    std::uint64_t life = 0;               // rises with each crash and restore
    // True of what was told or done in the time that a restore lost.
    [[nodiscard]] bool is_in_lost_time(std::optional<core::Instant> at) const {
        return restored && at && *at >= backup_at && *at <= *restored;
    }

    std::optional<core::Instant> restored = {};
    core::Instant backup_at = {};
    bool is_catching_up = false;    // no pay call left since the restore
    std::vector<Event> world = {};  // crashes and restores
    std::unordered_map<std::string, Terminal> terminals = {};
    std::vector<Account> accounts = {};
    std::vector<Limit> limits = {};
    std::deque<Order> orders = {};
    std::deque<Trade> trades = {};
    std::unordered_map<std::string, std::size_t> by_client_sn = {};  // merchant/client_sn
    std::unordered_map<std::string, std::size_t> by_sn = {};
    std::unordered_map<std::string, std::size_t> by_trade_no = {};
    std::unordered_map<std::string, std::vector<std::size_t>> by_code = {};
    std::unordered_map<std::string, std::vector<std::size_t>> by_subject = {};  // what payers begin
    std::unordered_map<std::string, std::size_t> by_number = {};                // trades, side and number
    std::unordered_map<std::string, std::size_t> by_refund_number = {};  // trades, side and refund number
    std::unordered_map<std::uint64_t, TillWire> till_calls = {};
    std::unordered_map<std::uint64_t, ChannelWire> channel_calls = {};
    std::set<std::string> delivered_alerts = {};
    std::vector<core::Instant> refund_decisions = {};  // of people
    std::vector<Finding> findings = {};
    std::set<std::string> reported = {};
    std::map<std::string, std::uint64_t, std::less<>> counts = {};

    // By the platform's name for it, or by the channel's; null: not one of the merchant's.
    [[nodiscard]] const Account* find_account(const std::string& merchant_sn, Side side,
                                              std::string Account::* name, const std::string& value) const;
    [[nodiscard]] bool has_accounts(const std::string& merchant_sn) const;

    // --- findings, stories
    void count(std::string_view what);
    void report(std::string_view rule, const Order* order, std::string_view number, std::string text);
    void note(Order* order, std::string text);
    [[nodiscard]] Order* order_at(std::size_t index);
    [[nodiscard]] Order* order_of(const Trade& trade) { return order_at(trade.order); }
    // The order of that number of the merchant's, made when it is new.
    [[nodiscard]] std::size_t open_order(const std::string& merchant_sn, const std::string& client_sn);

    // --- tills
    void till_sent(std::uint64_t id, TillCall call);
    void till_arrived(TillWire& wire, bool is_copy);
    void till_answered(TillWire& wire, const net::Response& response, bool is_copy);
    void till_heard(TillWire& wire, const core::Result<net::Response>& answer);
    [[nodiscard]] std::size_t find_order(const TillWire& wire) const;
    void ask_pay(TillWire& wire);
    void ask_refund(Order& order, const TillCall& call);
    void check_answer(TillWire& wire, const TillAnswer& answer);
    void check_conflict(const Order& order, const TillAnswer& answer);
    void check_identity(Order& order, const TillWire& wire, const TillAnswer& answer);
    void check_word(Order& order, const TillWire& wire, const TillAnswer& answer);
    void check_amounts(Order& order, const TillWire& wire, const TillAnswer& answer);
    void check_refund_word(Order& order, const TillWire& wire, const TillAnswer& answer);
    void check_absence(Order& order, const TillWire& wire, const TillAnswer& answer);
    void take_new_sn(Order& order, const TillAnswer& answer);
    [[nodiscard]] bool has_left_before(const Order& order, core::Instant at) const;
    // Whether what was told at `earlier` bounds the answer that is being given to that call now.
    [[nodiscard]] bool binds(std::optional<core::Instant> earlier, const TillWire& wire) const;

    // --- channels
    void channel_sent(std::uint64_t id, ChannelCall call);
    void channel_arrived(ChannelWire& wire, bool is_copy);
    void channel_answered(ChannelWire& wire, const net::Response& response, bool is_copy);
    void channel_heard(ChannelWire& wire, const core::Result<net::Response>& answer);
    void check_account(const Trade& trade, const ChannelCall& call);
    void pay_left(ChannelWire& wire);
    void check_caught_up();
    void link_pay(Trade& trade, const ChannelCall& call);
    void check_pay_terms(const Trade& trade, const Order& order, const PayAsk& ask, const ChannelCall& call);
    void launch_left(ChannelWire& wire);
    void launch_given(const ChannelCall& call, std::size_t order);
    std::size_t add_launched(const ChannelCall& call, std::size_t order);
    [[nodiscard]] std::size_t find_launched(const ChannelCall& call) const;
    void check_launch_ended(const Trade& trade, const Order& order);
    void learn_of_launch(Trade& trade, Says says);
    void learn_undone_launch(Trade& trade, const ChannelWire& wire, Says says);
    void query_left(Trade& trade);
    void reversal_left(ChannelWire& wire);
    void check_reversal_time(const Trade& trade, const Order* order);
    void check_reversal_reason(Trade& trade, Order& order);
    void refund_left(ChannelWire& wire);
    void check_refund_reason(Trade& trade, Refund& refund);
    void check_merchant_refund(Trade& trade, Order& order, Refund& refund);
    void learn(ChannelWire& wire, const ChannelAnswer& answer);
    void learn_alive(Trade& trade, const ChannelWire& wire);
    void learn_undone(Trade& trade, const ChannelWire& wire, Says says);
    void learn_of_refund(Trade& trade, const ChannelWire& wire, const ChannelAnswer& answer);
    void learn_not_sent(ChannelWire& wire);
};

[[nodiscard]] std::string masked_code(std::string_view code);
[[nodiscard]] std::string yuan(std::int64_t fen);
[[nodiscard]] std::string key_of(Side side, std::string_view number);

}  // namespace huitong::auditor
