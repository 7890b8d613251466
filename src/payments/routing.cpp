#include "payments/routing.hpp"

#include <algorithm>

namespace huitong::payments {

namespace {

// The first two digits and the length decide. No two rows overlap.
struct CodeRange {
    int first_prefix;
    int last_prefix;
    std::size_t shortest;
    std::size_t longest;
    ChannelKind channel;
};

constexpr CodeRange ranges[] = {
    {10, 15, 18, 18, ChannelKind::wechat},
    {25, 30, 16, 24, ChannelKind::alipay},
};

}  // namespace

std::optional<ChannelKind> channel_of_code(std::string_view payment_code) {
    const bool is_numeric = std::ranges::all_of(payment_code, [](char c) { return c >= '0' && c <= '9'; });
    if (payment_code.size() < 2 || !is_numeric) return std::nullopt;
    const int prefix = (payment_code[0] - '0') * 10 + (payment_code[1] - '0');
    for (const CodeRange& range : ranges) {
        if (prefix >= range.first_prefix && prefix <= range.last_prefix &&
            payment_code.size() >= range.shortest && payment_code.size() <= range.longest) {
            return range.channel;
        }
    }
    return std::nullopt;
}

}  // namespace huitong::payments
