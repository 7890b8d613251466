#include "core/money.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/assert.hpp"

namespace huitong::core {

namespace {

struct CurrencyRow {
    Currency currency;
    std::string_view code;
    int digits;
};

constexpr CurrencyRow currencies[] = {
    {Currency::CNY, "CNY", 2}, {Currency::USD, "USD", 2}, {Currency::EUR, "EUR", 2},
    {Currency::GBP, "GBP", 2}, {Currency::HKD, "HKD", 2}, {Currency::JPY, "JPY", 0},
    {Currency::KRW, "KRW", 0}, {Currency::AUD, "AUD", 2}, {Currency::CAD, "CAD", 2},
    {Currency::CHF, "CHF", 2}, {Currency::SGD, "SGD", 2}, {Currency::NZD, "NZD", 2},
    {Currency::THB, "THB", 2}, {Currency::SEK, "SEK", 2}, {Currency::DKK, "DKK", 2},
};

const CurrencyRow& row(Currency currency) {
    return currencies[static_cast<std::size_t>(currency)];
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::string_view to_string(Currency currency) {
    return row(currency).code;
}

Result<Currency> parse_currency(std::string_view code) {
    const auto* found = std::ranges::find(currencies, code, &CurrencyRow::code);
    if (found == std::end(currencies)) return fail(Code::invalid, "bad_currency", std::string(code));
    return found->currency;
}

int minor_digits(Currency currency) {
    return row(currency).digits;
}

Money operator+(Money a, Money b) {
    HUITONG_ASSERT(a.currency_ == b.currency_, "money of two currencies");
    std::int64_t sum = 0;
    HUITONG_ASSERT(!__builtin_add_overflow(a.minor_, b.minor_, &sum), "money overflow");
    return Money{sum, a.currency_};
}

Money operator-(Money a, Money b) {
    HUITONG_ASSERT(a.currency_ == b.currency_, "money of two currencies");
    std::int64_t difference = 0;
    HUITONG_ASSERT(!__builtin_sub_overflow(a.minor_, b.minor_, &difference), "money overflow");
    return Money{difference, a.currency_};
}

std::strong_ordering operator<=>(Money a, Money b) {
    HUITONG_ASSERT(a.currency_ == b.currency_, "money of two currencies");
    return a.minor_ <=> b.minor_;
}

std::string to_decimal(Money money) {
    const int digits = minor_digits(money.currency());
    const bool is_negative = money.minor() < 0;
    std::string text = std::to_string(money.minor());
    if (is_negative) text.erase(0, 1);
    if (digits > 0) {
        const auto least = static_cast<std::size_t>(digits) + 1;
        if (text.size() < least) text.insert(0, least - text.size(), '0');
        text.insert(text.size() - static_cast<std::size_t>(digits), 1, '.');
    }
    return is_negative ? "-" + text : text;
}

std::string to_string(Money money) {
    return fmt::format("{} {}", to_decimal(money), to_string(money.currency()));
}

Result<std::int64_t> parse_minor(std::string_view text) {
    if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, is_digit)) {
        return fail(Code::invalid, "bad_amount", std::string(text.substr(0, 40)));
    }
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<Money> parse_decimal(std::string_view text, Currency currency) {
    const auto digits = static_cast<std::size_t>(minor_digits(currency));
    const auto point = text.find('.');
    std::string whole(text.substr(0, point));
    std::string decimals(point == std::string_view::npos ? std::string_view{} : text.substr(point + 1));
    const bool is_shaped =
        !whole.empty() && decimals.size() <= digits && (point == std::string_view::npos || !decimals.empty());
    if (!is_shaped) return fail(Code::invalid, "bad_amount", std::string(text.substr(0, 40)));
    decimals.resize(digits, '0');
    const auto minor = parse_minor(whole + decimals);
    if (!minor) return std::unexpected(minor.error());
    return Money{*minor, currency};
}

}  // namespace huitong::core
