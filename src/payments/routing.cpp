// The table of code ranges behind routing.hpp.
#include "payments/routing.hpp"

#include <algorithm>
#include <iterator>

namespace huitong::payments {

namespace {

// The first four digits and the length decide.
struct CodeRange {
    int first_prefix;
    int last_prefix;
    std::size_t shortest;
    std::size_t longest;
    CodeIssuer issuer;
};

constexpr CodeRange ranges[] = {
    {1000, 1599, 18, 18, CodeIssuer::wechat},
    {2500, 3099, 16, 24, CodeIssuer::alipay},
    {6200, 6299, 19, 19, CodeIssuer::unionpay},
    {9100, 9199, 18, 18, CodeIssuer::qq},
    {5100, 5199, 18, 18, CodeIssuer::bestpay},
    {1800, 1899, 18, 18, CodeIssuer::jd},
    {wallet_scheme_prefix, wallet_scheme_prefix, 19, 19, CodeIssuer::wallet},
};

constexpr std::size_t prefix_digits = 4;

constexpr bool overlap(const CodeRange& a, const CodeRange& b) {
    return a.first_prefix <= b.last_prefix && b.first_prefix <= a.last_prefix && a.shortest <= b.longest &&
           b.shortest <= a.longest;
}

static_assert(
    [] {
        for (std::size_t i = 0; i < std::size(ranges); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (overlap(ranges[i], ranges[j])) return false;
            }
        }
        return true;
    }(),
    "a payment code belongs to one wallet");

}  // namespace

std::optional<CodeIssuer> issuer_of_code(std::string_view payment_code) {
    const bool is_numeric = std::ranges::all_of(payment_code, [](char c) { return c >= '0' && c <= '9'; });
    if (payment_code.size() < prefix_digits || !is_numeric) return std::nullopt;
    int prefix = 0;
    for (const char digit : payment_code.substr(0, prefix_digits)) prefix = prefix * 10 + (digit - '0');
    for (const CodeRange& range : ranges) {
        const bool is_in = prefix >= range.first_prefix && prefix <= range.last_prefix &&
                           payment_code.size() >= range.shortest && payment_code.size() <= range.longest;
        if (is_in) return range.issuer;
    }
    return std::nullopt;
}

std::optional<ChannelKind> channel_of(CodeIssuer issuer) {
    switch (issuer) {
        case CodeIssuer::wechat:
            return ChannelKind::wechat;
        case CodeIssuer::alipay:
            return ChannelKind::alipay;
        case CodeIssuer::unionpay:
        case CodeIssuer::qq:
        case CodeIssuer::bestpay:
        case CodeIssuer::jd:
        case CodeIssuer::wallet:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace huitong::payments
