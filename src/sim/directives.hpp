// Directives: what a merchant's text asks a simulated channel and its payer to do, where there is no payment
// code to say so: #sim{key=value;…} in a body, subject or refund reason (spec/channels 6.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.hpp"

namespace huitong::sim {

// The value of `key` in the first #sim{…} of the text; none when there is none.
[[nodiscard]] std::optional<std::string_view> find_directive(std::string_view text, std::string_view key);

// How the notices of an order or a refund are delivered.
enum class NoticePlay : std::uint8_t {
    ok,
    none,       // never sent
    delay,      // n seconds late
    dup,        // n copies beside the first delivery, all at once
    reorder,    // held back until a later notice of the order was sent, ten minutes at most
    forged,     // the first delivery is signed with a key that is not the channel's
    amount,     // the first delivery is signed well and speaks of n fen
    badsign,    // the first delivery's signature is wrong
    downgrade,  // the first delivery is signed by a weaker rule than the order's
    xxe,        // the first delivery is a document with entities that read files and multiply
    // The first delivery, by the rules of WeChat's API v3; elsewhere its signature is wrong.
    expired,         // signed well, ten minutes ago
    unknown_serial,  // signed by a certificate that is nobody's
    probe,           // the announced wrong signature, WECHATPAY/SIGNTEST/…
    wrong_aad,       // its content was sealed for another place
};

struct NoticeScript {
    NoticePlay play = NoticePlay::ok;
    std::int64_t n = 0;

    // The first delivery is not what the channel would send.
    [[nodiscard]] bool is_spoiled() const { return play >= NoticePlay::forged; }
    // Where a signature cannot be wrong in more than one way.
    [[nodiscard]] bool breaks_signature() const {
        return play == NoticePlay::badsign || play >= NoticePlay::expired;
    }
};

// "ok|none|delay:<s>|dup:<n>|reorder|forged|amount:<fen>|badsign|siginit|xxe|
// expired|serial|signtest|aad". reason: bad_directive
[[nodiscard]] core::Result<NoticeScript> parse_notice_script(std::string_view text);

// What a text says of an order that its payer starts; seconds after its creation.
struct Plan {
    std::optional<std::int64_t> scan_s = {};
    std::optional<std::int64_t> pay_s = {};  // pay=auto is 0, pay=never none
    std::optional<std::int64_t> expire_s = {};
    NoticeScript notify = {};
};

// Lenient: what is not understood is not there.
[[nodiscard]] Plan plan_in(std::string_view text);

}  // namespace huitong::sim
