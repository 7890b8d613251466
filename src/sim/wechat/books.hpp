// Books: the simulated WeChat's orders, used payment codes and payers. A payer's later act is not a task: it
// is a time in the order, applied when somebody next looks (spec/channels 3.1, 1A.3).
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/time.hpp"
#include "sim/wechat/magic.hpp"

namespace huitong::sim::wechat {

enum class State : std::uint8_t {
    absent,    // only the number is known: somebody called with it, no order came of it
    paying,    // USERPAYING
    paid,      // SUCCESS
    payerror,  // PAYERROR
    revoked,   // REVOKED, also the tombstone of a number that was reversed before it was paid
};

[[nodiscard]] std::string_view to_string(State state);  // the trade_state of spec/channels 1A.5

enum class LaterAct : std::uint8_t { none, pay, cancel };

// One number of one merchant, for ever. A million of them must fit in memory.
struct Order {
    std::array<char, 34> key{};  // merchant index in two bytes, then out_trade_no
    std::uint8_t key_size = 0;
    State state = State::absent;
    LaterAct later = LaterAct::none;
    std::uint8_t tt = 0;
    std::uint8_t wrong_passwords = 0;
    bool must_query = false;  // the caller cannot know how the last micropay ended
    std::uint16_t sub = 0;    // 1 + index of the sub-merchant; 0: none
    std::uint16_t micropays = 0;
    std::uint16_t queries = 0;
    std::uint16_t reverses = 0;
    std::uint16_t quirks_shown = 0;  // how often the row's query or reverse quirk was played
    std::uint32_t payer = 0;
    std::uint32_t serial = 0;
    const MagicRow* row = nullptr;
    std::int64_t amount_fen = 0;
    std::int64_t refunded_fen = 0;
    core::Instant created_at;
    core::Instant later_at;
    core::Instant paid_at;  // the epoch: never paid
    core::Instant reversed_at;
    core::Instant called_at;   // last micropay
    core::Instant queried_at;  // last query

    [[nodiscard]] std::string_view number() const { return {key.data() + 2, key_size - 2U}; }
    [[nodiscard]] std::size_t merchant() const;
    [[nodiscard]] bool was_paid() const { return paid_at != core::Instant{}; }
};
static_assert(sizeof(Order) <= 144);

class Books {
  public:
    // The order of that number, or a fresh absent one. References stay valid until clear().
    [[nodiscard]] Order& open(std::size_t merchant, std::string_view number);
    // Null when the number was never seen.
    [[nodiscard]] Order* find(std::size_t merchant, std::string_view number);
    [[nodiscard]] Order* find_transaction(std::size_t merchant, std::string_view transaction_id);
    // 28 digits; only for an order that was paid.
    [[nodiscard]] static std::string transaction_id(const Order& order);

    // Applies what the payer, or with `auto_revoke` the platform after 45 s, did up to `now`.
    static void settle(Order& order, core::Instant now, bool auto_revoke);
    static void pay(Order& order, core::Instant at);
    // Closes what is unpaid, refunds in full what is paid.
    static void reverse(Order& order, core::Instant at);

    // False when the code was used before.
    [[nodiscard]] bool use_code(std::string_view auth_code);
    [[nodiscard]] bool is_used(std::string_view auth_code) const;

    void keep_attach(const Order& order, std::string attach);
    [[nodiscard]] std::string_view attach_of(const Order& order) const;

    // Password-free payments of this payer on the Beijing day of `now`.
    [[nodiscard]] int password_free_today(std::uint32_t payer, core::Instant now) const;
    void count_password_free(std::uint32_t payer, core::Instant now);

    [[nodiscard]] std::deque<Order>& orders() { return orders_; }
    void clear();

  private:
    struct Day {
        std::int32_t day = 0;  // Beijing days since 1970
        std::int32_t count = 0;
    };

    std::deque<Order> orders_;                             // by serial; elements do not move
    std::unordered_map<std::string_view, Order*> by_key_;  // views into Order::key
    std::unordered_set<std::uint64_t> used_codes_;
    std::unordered_map<std::uint32_t, std::string> attach_;  // by serial, those that have one
    std::unordered_map<std::uint32_t, Day> payers_;
};

}  // namespace huitong::sim::wechat
