// Notice: one message of a channel to a merchant's notify_url, as the channel's desk writes it and the
// notices' worker delivers it (spec/channels 1A.11, 2.10, 6.5).
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "net/message.hpp"
#include "sim/directives.hpp"

namespace huitong::sim {

enum class News : std::uint8_t { paid, refunded, closed };

struct Notice {
    News news = News::paid;
    std::uint32_t order = 0;  // serial
    std::string out_trade_no = {};
    std::string url = {};
    bool is_v3 = false;                                            // WeChat: by the rules of API v3
    std::vector<std::pair<std::string, std::string>> fields = {};  // what it says, unsigned
    NoticeScript script = {};
    core::Instant born_at = {};
    // Of its delivery.
    int attempts = 0;  // copies and repetitions by hand included
    bool is_acknowledged = false;
    bool is_over = false;  // acknowledged, or given up
    bool is_released = false;
    core::Instant next_at = {};
};

struct NoticeText {
    std::string content_type;
    std::string body;
    std::vector<net::Header> headers = {};  // beside the content's type
};

// What distinguishes a channel's notices.
class NoticeWriter {
  public:
    virtual ~NoticeWriter() = default;
    // As it leaves at `now`, spoiled as `play` says.
    [[nodiscard]] virtual NoticeText write(const Notice& notice, NoticeScript play, core::Instant now) = 0;
    // Between one delivery and the next.
    [[nodiscard]] virtual std::span<const core::Duration> notice_intervals() const = 0;
    [[nodiscard]] virtual bool is_acknowledged(const Notice& notice, const net::Response& answer) const = 0;
};

// A document whose entities read a file and multiply: no receiver may expand them.
[[nodiscard]] std::string poisoned_xml();

}  // namespace huitong::sim
