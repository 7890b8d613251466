// Launches: orders that the payer starts, from a code he scans or a string his wallet is given, kept beside
// the books' orders: barcode orders have none. What their payers do later is a time in the row, applied when
// somebody next looks (spec/channels 1A.7, 2.4, 3.2, 3.4, 6.4).
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.hpp"
#include "sim/directives.hpp"

namespace huitong::sim {

// How the payer comes to it.
enum class Way : std::uint8_t {
    native,
    jsapi,
    app,
    mweb,
    precreate,
    create,
    app_pay,
    wap_pay,
    page_pay,
};

inline constexpr core::Instant never = core::Instant::max();

struct Launch {
    Way way = Way::native;
    std::uint32_t order = 0;       // serial of the order
    std::string fingerprint = {};  // equal for the repetition of a request
    std::string content = {};      // what the payer's wallet reads: QR content, prepay_id, trade_no
    std::string link = {};         // another way to it: WeChat's prepay_id behind a code, mweb_url
    std::string subject = {};
    std::string body = {};
    std::string buyer = {};       // openid, buyer_id; empty: whoever comes
    std::string notify_url = {};  // empty: nobody is told
    std::string return_url = {};
    std::string passback = {};
    bool wants_hmac = false;  // WeChat: the order was signed so, and its notices are
    bool is_v3 = false;       // WeChat: made by API v3, and its notices are of it
    Plan plan = {};
    core::Duration code_lives{0};   // from its making
    core::Duration trade_lives{0};  // Alipay: from the moment the trade exists
    core::Instant made_at = {};
    core::Instant code_ends_at = never;  // nobody can begin it any more
    core::Instant ends_at = never;       // what is unpaid closes
    core::Instant scan_at = never;
    core::Instant pay_at = never;
    bool is_scanned = false;
    bool is_payment_told = false;
    bool is_end_told = false;
    core::Instant woken_for = {};  // the moment for which a look at it is ordered
    std::uint16_t calls = 0;       // that made or repeated it
    std::uint16_t cancels = 0;     // the payer left the cashier
};

class LaunchBook {
  public:
    // References stay valid until clear().
    [[nodiscard]] Launch& add(Launch launch);
    // So that find() knows it by that text, too.
    void name(Launch& launch, const std::string& text) { by_content_.insert_or_assign(text, &launch); }
    // By what a wallet reads. Null: nothing of ours.
    [[nodiscard]] Launch* find(const std::string& text);
    [[nodiscard]] const std::deque<Launch>& all() const { return all_; }
    void clear();

  private:
    std::deque<Launch> all_;
    std::unordered_map<std::string, Launch*> by_content_;
};

// What the channels call it: "NATIVE", "precreate".
[[nodiscard]] std::string_view to_string(Way way);

}  // namespace huitong::sim
