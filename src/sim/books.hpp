// Books: a simulated channel's orders, used payment codes and payers. A payer's later act is not a task: it
// is a time in the order, applied when somebody next looks (spec/channels 3.1, 3.4).
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/time.hpp"
#include "sim/launches.hpp"
#include "sim/magic.hpp"
#include "sim/refunds.hpp"

namespace huitong::sim {

inline constexpr std::size_t max_number_size = 64;  // Alipay's; WeChat's checks stop at 32

enum class State : std::uint8_t {
    absent,    // only the number is known: somebody called with it, no order came of it
    paying,    // the payer was asked
    paid,      // also when refunded since
    payerror,  // the payment failed or the payer gave up
    revoked,   // reversed or closed, also the tombstone of a number that was reversed before it was paid
};

enum class LaterAct : std::uint8_t { none, pay, cancel };

// One number of one account, for ever. A million of them must fit in memory.
struct Order {
    std::string_view key;  // account index in two bytes, then out_trade_no; in the memory of the Books
    State state = State::absent;
    LaterAct later = LaterAct::none;
    std::uint8_t tt = 0;
    std::uint8_t wrong_passwords = 0;
    bool must_query = false;  // the caller cannot know how the last pay call ended
    std::uint16_t sub = 0;    // 1 + index of the sub-merchant; 0: none
    std::uint16_t pays = 0;   // calls of each kind
    std::uint16_t queries = 0;
    std::uint16_t reverses = 0;
    std::uint16_t quirks_shown = 0;  // how often the row's query or reverse quirk was played
    std::uint16_t refunds = 0;       // accepted and not closed
    std::uint32_t payer = 0;
    std::uint32_t serial = 0;
    std::uint32_t subject = 0;      // 1 + index of its text; 0: none
    const MagicRow* row = nullptr;  // null: no order, or a tombstone
    Launch* launch = nullptr;       // null: begun by a payment code
    std::int64_t amount_fen = 0;
    std::int64_t refunded_fen = 0;  // by reversal or refunds, back with the payer
    core::Instant created_at;
    core::Instant later_at;
    core::Instant paid_at;  // the epoch: never paid
    core::Instant reversed_at;
    core::Instant called_at;    // last pay call
    core::Instant queried_at;   // last query
    core::Instant refunded_at;  // last refund accepted

    [[nodiscard]] std::string_view number() const { return key.substr(2); }
    [[nodiscard]] std::size_t account() const;
    [[nodiscard]] bool was_paid() const { return paid_at != core::Instant{}; }
    [[nodiscard]] bool is_tombstone() const { return state == State::revoked && row == nullptr; }
    // Something that a payer can find stands behind the number: an order, or a code nobody scanned yet.
    [[nodiscard]] bool is_known() const { return state != State::absent || launch != nullptr; }
};
static_assert(sizeof(Order) <= 144);

// What the platform itself does to an order that stays unpaid.
struct AutoEnd {
    core::Duration after{0};    // its creation
    bool ends_refused = false;  // also where the payment failed
};

// Days since 1970 in UTC+8.
[[nodiscard]] std::int32_t beijing_day(core::Instant t);

class Books {
  public:
    // The order of that number, or a fresh absent one. References stay valid until clear().
    [[nodiscard]] Order& open(std::size_t account, std::string_view number);
    // Null when the number was never seen.
    [[nodiscard]] Order* find(std::size_t account, std::string_view number);
    // The order whose serial, plus one, ends this trade number; whether it is its number is the caller's to
    // say.
    [[nodiscard]] Order* find_trade(std::size_t account, std::string_view trade_id);

    // Applies what the payer, the platform and the banks did up to `now`.
    void settle(Order& order, core::Instant now, const std::optional<AutoEnd>& auto_end);
    static void pay(Order& order, core::Instant at);
    // The order becomes one that its payer starts. Its trade exists at once, or from the scan on.
    Launch& launch(Order& order, Launch launch, bool has_trade);
    // The payer opens it. False when it cannot be begun any more.
    static bool scan(Order& order, core::Instant at);
    // Closes what is unpaid, refunds in full what is paid.
    static void reverse(Order& order, core::Instant at);
    // Accepts a refund of a paid order; it settles when somebody looks at or after `ends_at`.
    static void accept(Order& order, Refund& refund, core::Instant now, core::Instant ends_at);
    // Accepted and not closed.
    [[nodiscard]] std::int64_t held_fen(const Order& order);

    // False when the code was used before.
    [[nodiscard]] bool use_code(std::string_view auth_code);
    [[nodiscard]] bool is_used(std::string_view auth_code) const;

    void keep_attach(const Order& order, std::string attach);
    [[nodiscard]] std::string_view attach_of(const Order& order) const;
    // What was sold. Most orders say the same, so each text is kept once.
    void keep_subject(Order& order, std::string_view subject);
    [[nodiscard]] std::string_view subject_of(const Order& order) const;

    // Password-free payments of this payer on the Beijing day of `now`.
    [[nodiscard]] int password_free_today(std::uint32_t payer, core::Instant now) const;
    void count_password_free(std::uint32_t payer, core::Instant now);

    [[nodiscard]] std::deque<Order>& orders() { return orders_; }
    [[nodiscard]] RefundBook& refunds() { return refunds_; }
    [[nodiscard]] LaunchBook& launches() { return launches_; }
    void clear();

  private:
    struct Day {
        std::int32_t day = 0;  // Beijing days since 1970
        std::int32_t count = 0;
    };
    // A copy that stays where it is until clear().
    [[nodiscard]] std::string_view keep(std::string_view key);
    void settle_refunds(Order& order, core::Instant now);
    static void settle_launch(Order& order, core::Instant now);

    std::deque<Order> orders_;                             // by serial; elements do not move
    std::deque<std::string> keys_;                         // chunks that are filled and never moved
    std::unordered_map<std::string_view, Order*> by_key_;  // views into keys_
    std::unordered_set<std::uint64_t> used_codes_;
    std::unordered_map<std::uint32_t, std::string> attach_;  // by serial, those that have one
    std::deque<std::string> subjects_;
    std::unordered_map<std::string_view, std::uint32_t> by_subject_;  // views into subjects_
    std::unordered_map<std::uint32_t, Day> payers_;
    RefundBook refunds_;
    LaunchBook launches_;
};

}  // namespace huitong::sim
