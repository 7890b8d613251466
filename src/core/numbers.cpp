#include "core/numbers.hpp"

#include <algorithm>
#include <charconv>

#include "core/assert.hpp"
#include "core/mutation.hpp"

namespace huitong::core {

namespace {

constexpr std::int64_t shard_span = 1'000'000'000'000;        // numbers of one shard below one leading digit
constexpr std::int64_t first_number = 7'800'000'000'000'000;  // 78 00 000000000000
constexpr std::int64_t us_per_tick = 200;
constexpr std::int64_t start_of_2024_us = 1'704'067'200'000'000;

bool is_all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Shard shard_of(std::string_view merchant_sn) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (char c : merchant_sn) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
    }
    return static_cast<Shard>(hash % shard_count);
}

Result<PaymentSn> parse_payment_sn(std::string_view text) {
    std::int64_t value = 0;
    if (text.size() != 16 || !is_all_digits(text)) return fail(Code::invalid, "bad_sn");
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value < first_number || value >= first_number + 2 * 100 * shard_span)
        return fail(Code::invalid, "bad_sn");
    return PaymentSn{value};
}

NumberSource::NumberSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {
    constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (int i = 0; i < 6; ++i) epoch_ += alphabet[random_.below(alphabet.size())];
    if (HUITONG_MUTATED("epoch_of_stored_counter")) epoch_ = "000001";
    offset_ = static_cast<std::int64_t>(random_.below(5000));
}

PaymentSn NumberSource::next_payment_sn(Shard shard) {
    HUITONG_ASSERT(shard >= 0 && shard < shard_count, "shard out of range");
    const std::int64_t by_clock = (to_us(clock_.now()) - start_of_2024_us) / us_per_tick + offset_;
    auto& last = last_[static_cast<std::size_t>(shard)];
    std::int64_t seen = last.load();
    std::int64_t next = 0;
    do {
        next = std::max(seen + 1, by_clock);
    } while (!last.compare_exchange_weak(seen, next));
    HUITONG_ASSERT(next < 2 * shard_span, "payment numbers are used up");
    return PaymentSn{first_number + next / shard_span * 100 * shard_span + shard * shard_span +
                     next % shard_span};
}

std::string NumberSource::operation_number(char kind, PaymentSn payment, int ordinal) const {
    std::string number = kind + payment.text() + epoch_;
    if (ordinal > 1) number += std::to_string(ordinal);
    return number;
}

std::string NumberSource::next_terminal_sn(Shard shard) {
    const std::string two_digits = std::to_string(100 + shard).substr(1);
    return "1000" + two_digits + random_.digits(12);
}

Result<Shard> shard_of_terminal(std::string_view terminal_sn) {
    if (terminal_sn.size() != 18 || !is_all_digits(terminal_sn) || !terminal_sn.starts_with("1000")) {
        return fail(Code::invalid, "bad_sn");
    }
    return (terminal_sn[4] - '0') * 10 + (terminal_sn[5] - '0');
}

}  // namespace huitong::core
