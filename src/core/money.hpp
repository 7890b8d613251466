// Money: an amount in minor units of one currency. No floating point anywhere; mixing currencies is a defect
// and ends the process.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace huitong::core {

// ISO 4217. Values are stored as the three letters, never as this number.
enum class Currency { CNY, USD, EUR, GBP, HKD, JPY, KRW, AUD, CAD, CHF, SGD, NZD, THB, SEK, DKK };

[[nodiscard]] std::string_view to_string(Currency currency);
[[nodiscard]] Result<Currency> parse_currency(std::string_view code);  // reason: bad_currency
// Decimal places of the minor unit: 2, or 0 for JPY and KRW.
[[nodiscard]] int minor_digits(Currency currency);

class Money {
  public:
    constexpr Money() = default;
    constexpr Money(std::int64_t minor, Currency currency) : minor_(minor), currency_(currency) {}

    [[nodiscard]] constexpr std::int64_t minor() const { return minor_; }
    [[nodiscard]] constexpr Currency currency() const { return currency_; }
    [[nodiscard]] constexpr bool is_zero() const { return minor_ == 0; }

    // Overflow and mixed currencies end the process (assertion, also in release).
    friend Money operator+(Money a, Money b);
    friend Money operator-(Money a, Money b);
    friend std::strong_ordering operator<=>(Money a, Money b);
    friend constexpr bool operator==(Money a, Money b) = default;

  private:
    std::int64_t minor_ = 0;
    Currency currency_ = Currency::CNY;
};

[[nodiscard]] constexpr Money fen(std::int64_t amount) {
    return Money{amount, Currency::CNY};
}
// "12.34 CNY"; for people.
[[nodiscard]] std::string to_string(Money money);
// "12.34": the major unit with the currency's decimals, as Alipay and statements write it.
[[nodiscard]] std::string to_decimal(Money money);
// Strict inverse of to_decimal: digits, optional point, at most the currency's decimals. reason: bad_amount
[[nodiscard]] Result<Money> parse_decimal(std::string_view text, Currency currency);
// Whole minor units: one to 18 digits, nothing else. reason: bad_amount
[[nodiscard]] Result<std::int64_t> parse_minor(std::string_view text);

}  // namespace huitong::core
