// Orders: what a run asked for and what it was told about each of its payments; nothing here comes from
// anywhere but answers. The audit holds it against the channel and the ledger.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "load/face.hpp"

namespace huitong::load {

enum class Wallet : std::uint8_t { wechat, alipay };
inline constexpr std::array wallets{Wallet::wechat, Wallet::alipay};

// A request that has not ended: nobody may yet say what it did.
enum class Standing : std::uint8_t { never_asked, open, done, not_done };

struct Order {
    std::string client_sn = {};
    std::size_t terminal = 0;
    Wallet wallet = Wallet::wechat;
    std::int64_t amount_fen = 0;
    Standing pay = Standing::open;  // done: told how it ended, whichever way
    Standing cancel = Standing::never_asked;
    Standing refund = Standing::never_asked;  // of refund_fen; not_done also when the channel refused it
    std::int64_t refund_fen = 0;
    std::string sn = {};             // the platform's number; empty until it was told
    std::string status = {};         // the last final order_status that was told
    core::Instant told_at = {};      // when that was told first
    core::Instant lost_at = {};      // when the last answer that left something open came, or was given up
    std::string contradiction = {};  // the first answer that took an earlier one back

    [[nodiscard]] bool is_open() const {
        return pay == Standing::open || cancel == Standing::open || refund == Standing::open;
    }
};

// The number of its only refund.
inline constexpr std::string_view refund_request_no = "1";
// A request whose answer was lost may still be on its way: that long its absence proves nothing. The platform
// sends nothing to a channel later than 5 s after a request arrived.
inline constexpr core::Duration absence_counts_after = std::chrono::seconds(10);
// WeChat wants 15 s between a pay call and its reversal (spec/channels 1A.4); a till that cancels sooner
// waits.
inline constexpr core::Duration wechat_cancels_after = std::chrono::seconds(16);

// An answer to a request about `order` that was sent at `asked_at`.
struct Heard {
    Operation operation;
    core::Instant asked_at;
    core::Instant at;
};
void note(Order& order, const Heard& heard, const core::Result<Answer>& answer, Verdict verdict);
// An answer to a query of the order's refund.
void note_refund_query(Order& order, const Heard& heard, const core::Result<Answer>& answer);

class Orders {
  public:
    // References stay valid.
    [[nodiscard]] Order& open(Order order);
    // One that was acknowledged, any; null while there is none.
    [[nodiscard]] Order* pick_acknowledged(core::Random& random);
    // The one paid first that nobody asked more of; each is given out once. Null: none at present.
    [[nodiscard]] Order* take_to_cancel(core::Instant now);
    [[nodiscard]] Order* take_to_refund();
    // To be called after an answer to the pay of `order`.
    void offer(Order& order);

    [[nodiscard]] std::deque<Order>& all() { return all_; }
    [[nodiscard]] const std::deque<Order>& all() const { return all_; }

  private:
    [[nodiscard]] Order* take(std::optional<core::Instant> wechat_paid_before);

    std::deque<Order> all_;
    std::vector<Order*> acknowledged_;
    std::array<std::deque<Order*>, wallets.size()> paid_;  // untouched, by the time they were told
};

}  // namespace huitong::load
