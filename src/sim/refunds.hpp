// Refunds of a simulated channel, kept beside its orders: most orders have none. A refund that takes time is
// a time in its row, applied when somebody next looks (spec/channels 1A.9, 2.7, 3.3, 6.4).
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace huitong::sim {

// What a directive #sim{refund=…} or a fault refund:… makes of a refund.
enum class RefundPlay : std::uint8_t {
    ok,
    processing,    // settles n seconds after it was accepted
    abnormal,      // accepted; then the money cannot reach the payer and stays reserved (CHANGE)
    close,         // accepted; then closed, nothing refunded (REFUNDCLOSE)
    system_error,  // not executed the first n times
    lost,          // executed, the first answer lost
    need_retry,    // not executed the first time
};

struct RefundScript {
    RefundPlay play = RefundPlay::ok;
    std::int64_t n = 0;
};

// "ok|processing:<s>|abnormal|close|syserr:<n>|lost|needretry". reason: bad_directive
[[nodiscard]] core::Result<RefundScript> parse_refund_script(std::string_view text);
// The script in a text that contains #sim{…;refund=…;…}; plain when there is none that is understood.
[[nodiscard]] RefundScript refund_script_in(std::string_view text);

enum class RefundState : std::uint8_t {
    asked,  // only the number is known: no call of it was executed
    processing,
    succeeded,
    abnormal,
    closed,
};

struct Refund {
    std::string number;  // out_refund_no, out_request_no
    std::string reason = {};
    std::string notify_url = {};  // WeChat: of the call that was accepted
    bool is_v3 = false;           // WeChat: that call was one of API v3, and its notice is of it
    bool is_told = false;
    std::uint32_t order = 0;   // serial of the order
    std::uint32_t serial = 0;  // of the refund
    RefundState state = RefundState::asked;
    RefundState ends_as = RefundState::succeeded;
    RefundScript script = {};
    bool has_script = false;
    bool must_query = false;  // the caller cannot know how the last call of it ended
    std::uint16_t calls = 0;
    std::int64_t shown = 0;  // how often its script's trouble was played
    std::int64_t amount_fen = 0;
    core::Instant accepted_at = {};
    core::Instant ends_at = {};

    [[nodiscard]] bool is_accepted() const { return state != RefundState::asked; }
    // Its amount can no longer be refunded by another.
    [[nodiscard]] bool holds_money() const { return is_accepted() && state != RefundState::closed; }
};

class RefundBook {
  public:
    // The refund of that number, or a fresh one of `order`. A number is unique within its scope: WeChat's
    // account, Alipay's trade. References stay valid until clear().
    [[nodiscard]] Refund& open(std::uint64_t scope, std::string_view number, std::uint32_t order);
    // Null when the number was never seen.
    [[nodiscard]] Refund* find(std::uint64_t scope, std::string_view number);
    [[nodiscard]] Refund* at(std::uint64_t serial) { return serial < all_.size() ? &all_[serial] : nullptr; }
    // In the order in which their numbers were first seen.
    [[nodiscard]] std::vector<Refund*> of(std::uint32_t order);
    [[nodiscard]] const std::deque<Refund>& all() const { return all_; }
    void clear();

  private:
    std::deque<Refund> all_;  // by serial; elements do not move
    std::unordered_map<std::string, Refund*> by_number_;
    std::unordered_map<std::uint32_t, std::vector<Refund*>> by_order_;
};

}  // namespace huitong::sim
