// Desk: what every simulated channel does with its orders, before the channel's own rules and words: finding
// them, scenarios, passwords, refund scripts, and what it holds against a client's manners (spec/channels 6.2
// to 6.4). It works on one call at a time and never waits.
#pragma once

#include <array>

#include "core/random.hpp"
#include "sim/books.hpp"
#include "sim/journal.hpp"
#include "sim/notice.hpp"
#include "sim/options.hpp"
#include "sim/outcome.hpp"

namespace huitong::sim {

// What distinguishes a channel where the rule is the same.
struct Profile {
    std::string_view channel;
    std::string_view code_prefix;                // of its magic payment codes
    std::array<std::string_view, op_count> ops;  // what it calls its operations, by Op
    Say Words::* says;                           // its column of the magic table
    core::Duration earliest_reverse;             // after the pay call
    std::string_view account_name;               // members of an order's view
    std::string_view sub_name;
    std::string_view trade_name;
    std::array<std::string_view, 5> refund_states;  // by RefundState
    bool reverses_launched;                         // also what was not begun by a payment code
    core::Duration earliest_close;                  // after the order was made, when that is asked for

    [[nodiscard]] std::string_view op(Op which) const { return ops[static_cast<std::size_t>(which)]; }
    [[nodiscard]] std::string_view state(const Refund& refund) const {
        return refund_states[static_cast<std::size_t>(refund.state)];
    }
};

// How a pay call ended, for the channel to put into words.
enum class PayEnd : std::uint8_t {
    scripted,      // as the row says, which may be "not executed"
    code_used,     // the payment code was used before
    already_paid,  // and what else a repeated number meets
    already_ended,
    other_amount,
    other_payer,
    still_paying,
    already_failed,
    other_product,  // the number is one of an order that the payer starts
    closed,         // and that one is closed
};

// What a request to prepare an order that the payer starts found.
enum class LaunchEnd : std::uint8_t {
    made,
    repeated,       // the same request, unpaid
    other_content,  // the same number, unpaid
    other_product,  // the number is one of a payment code
    already_paid,
    already_ended,
};

struct PayDone {
    PayEnd end;
    Script script;         // plain unless the row speaks
    Say say;               // in the channel's words
    bool is_born = false;  // this call made the order
};

// What the scenario does to a query, a reversal or a refund instead of the usual.
enum class Trouble : std::uint8_t {
    none,
    system_error,
    not_exist,
    silence,
    recall,  // executed nothing, says "call again"
    lost,    // executed, no answer
    user_paying,
    merchant_short,
    need_retry,
};

// An order and, for refunds, the refund that a call speaks of. Null: nobody knows it.
struct Target {
    Order* order = nullptr;
    Refund* refund = nullptr;
};

class Desk : public NoticeWriter {
  public:
    Desk(const Profile& profile, core::Random& random, const Options& options, Violations& violations)
        : profile_(profile), random_(random), options_(options), violations_(violations) {}
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    ~Desk() override = default;

    [[nodiscard]] const Profile& profile() const { return profile_; }
    [[nodiscard]] Books& books() { return books_; }
    [[nodiscard]] std::int64_t refund_queries() const { return refund_queries_; }
    void settle(Order& order, core::Instant now) { books_.settle(order, now, auto_end()); }
    void clear();
    // What happened to an order that the payer starts, or began to, and was not told yet.
    [[nodiscard]] std::vector<Notice> take_news(Order& order, core::Instant now);
    // What an order would tell if it were paid at `now`.
    [[nodiscard]] Notice imagine_payment(const Order& order, core::Instant now);
    // When something will happen to it that is told; never: not by itself.
    [[nodiscard]] core::Instant next_news(const Order& order);
    // Where the payer's browser goes after he paid, with what the channel says there; empty: nowhere.
    [[nodiscard]] virtual std::string return_link(const Order& order, core::Instant now);

    // What the call speaks of, settled to `now`.
    [[nodiscard]] Target locate(const Call& call, core::Instant now);
    // Counts the call and books the rules of good manners that its arrival breaks.
    void note_arrival(const Call& call, const Target& target, core::Instant now);
    // When a pay call that its code keeps in flight is to be executed; none: at once.
    [[nodiscard]] std::optional<core::Instant> held_until(const Call& call, const Target& target,
                                                          core::Instant now) const;
    // Remembers whether the caller learnt how its call ended.
    static void note_answer(Op op, const Target& target, bool is_known);

    [[nodiscard]] virtual std::size_t account_count() const = 0;
    [[nodiscard]] virtual std::string_view account_name(std::size_t account) const = 0;
    [[nodiscard]] virtual std::string_view sub_name(const Order& order) const = 0;  // order.sub > 0
    [[nodiscard]] virtual std::string_view state_name(const Order& order, core::Instant now) const = 0;
    // The channel's number of it, 28 digits; empty when it has none.
    [[nodiscard]] virtual std::string trade_id(const Order& order) const = 0;

  protected:
    // The channel's words. Empty fields: it does not tell that.
    virtual void tell_payment(Notice& notice, const Order& order) = 0;
    virtual void tell_refund(Notice& notice, const Order& order, const Refund& refund) = 0;
    virtual void tell_end(Notice& notice, const Order& order) = 0;
    // Whether the channel tells that an unpaid one was closed.
    [[nodiscard]] virtual bool tells_end(const Launch& launch) const = 0;
    [[nodiscard]] virtual std::optional<AutoEnd> auto_end() const = 0;
    // Within which refund numbers are unique.
    [[nodiscard]] virtual std::uint64_t refund_scope(const Order& order) const = 0;
    // The refund a query names by its own number where that is enough; none: it is named by its order.
    [[nodiscard]] virtual std::optional<Target> find_refund(const Call& call);

    [[nodiscard]] PayDone take_payment(const Call& call, Order& order, core::Instant now);
    // Makes it, when there is nothing under that number; `has_trade`: before anybody scans it.
    [[nodiscard]] LaunchEnd take_launch(const Call& call, Order& order, core::Instant now, bool has_trade);
    [[nodiscard]] Trouble query_trouble(Order& order, core::Instant now);
    [[nodiscard]] Trouble reverse_trouble(Order& order, core::Instant now);
    // Also finds the refund's script. Of its troubles only `lost` is one of an executed call.
    [[nodiscard]] Trouble refund_trouble(const Call& call, Refund& refund) const;
    // Accepts the refund as its script says; `usual` is how long it takes to settle.
    void accept_refund(const Call& call, const Target& target, core::Instant now, core::Duration usual);
    // The answer shows an amount that is not the order's.
    [[nodiscard]] static bool shows_other_amount(const Order& order) {
        return order.row != nullptr && order.row->query == QueryQuirk::other_amount;
    }
    // The channel's words for what a repeated number meets.
    [[nodiscard]] Say says(PayEnd end) const;
    void violate(const Order& order, core::Instant now, std::string rule, std::string_view text);

    const Profile& profile_;
    core::Random& random_;
    const Options& options_;

  private:
    [[nodiscard]] Script script_of(const Call& call, core::Instant now) const;
    [[nodiscard]] PayEnd answer_repeat(const Call& call, const Order& order) const;
    [[nodiscard]] bool give_birth(const Call& call, Order& order, Script script, core::Instant now);
    void note_query(Order& order, core::Instant now);
    void note_reverse(Order& order, core::Instant now);
    void note_close(const Order& order, core::Instant now);
    [[nodiscard]] static Notice begin_notice(News news, const Order& order, core::Instant now);
    void note_refund(const Target& target, core::Instant now);

    Violations& violations_;
    Books books_;
    std::int64_t refund_queries_ = 0;
};

}  // namespace huitong::sim
