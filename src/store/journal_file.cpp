#include "store/journal_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "crypto/digest.hpp"

namespace huitong::store {

namespace {

constexpr std::size_t head_bytes = 16;  // length, checksum

std::uint64_t number_at(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes.substr(0, 8)) number = number << 8 | static_cast<std::uint8_t>(c);
    return number;
}

void put(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

// A length and its complement: a damaged one must not pass for the end.
std::uint64_t length_word(std::uint64_t size) {
    return size << 32 | (~size & 0xffff'ffff);
}

std::uint64_t checksum_of(std::string_view bytes) {
    const auto digest = crypto::sha256(bytes);
    return number_at({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string place_of(const std::string& file_name, std::int64_t n) {
    return fmt::format("send_journal/{}/{}", file_name, n);
}

bool is_all_zero(std::string_view bytes) {
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::string journal_file_name(const std::string& epoch, core::Instant at, int n) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at));
    return fmt::format("{}-{:04}{:02}{:02}-{}{}", epoch, static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), n,
                       journal_suffix);
}

std::optional<std::chrono::sys_days> day_of_journal(std::string_view file_name) {
    const auto dash = file_name.find('-');
    if (!file_name.ends_with(journal_suffix) || dash == std::string_view::npos) return std::nullopt;
    const std::string_view digits = file_name.substr(dash + 1, 8);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || digits.size() != 8 || end != digits.data() + 8) return std::nullopt;
    const std::chrono::year_month_day day(std::chrono::year(static_cast<int>(number / 10'000)),
                                          std::chrono::month(number / 100 % 100),
                                          std::chrono::day(number % 100));
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days(day);
}

std::string make_frame(const crypto::Sealer& sealer, const std::string& file_name, std::int64_t n,
                       std::string_view plain) {
    const std::string sealed = sealer.seal(plain, place_of(file_name, n));
    std::string frame;
    frame.reserve(head_bytes + sealed.size());
    put(frame, length_word(sealed.size()));
    put(frame, checksum_of(sealed));
    return frame + sealed;
}

core::Result<std::optional<std::string>> FrameReader::take() {
    const std::optional<std::string> end;
    // What was never flushed was never answered for: its call was not sent.
    if (rest.size() < head_bytes) return end;
    const std::uint64_t word = number_at(rest);
    const std::uint64_t size = word >> 32;
    if (word != length_word(size)) {
        if (is_all_zero(rest.substr(8))) return end;  // the head was cut at the end of a page
        return core::fail(core::Code::internal, "journal_damaged",
                          fmt::format("{}: length of frame {}", file_name, next));
    }
    if (size > rest.size() - head_bytes) return end;
    const std::string_view sealed = rest.substr(head_bytes, size);
    const bool is_last = head_bytes + size == rest.size();
    if (checksum_of(sealed) != number_at(rest.substr(8))) {
        if (is_last || is_all_zero(rest.substr(head_bytes))) return end;
        return core::fail(core::Code::internal, "journal_damaged",
                          fmt::format("{}: frame {}", file_name, next));
    }
    const auto plain = sealer.open(sealed, place_of(file_name, next));
    if (!plain) {
        return core::fail(core::Code::denied, "journal_sealed",
                          fmt::format("{}: frame {}: {}", file_name, next, plain.error().reason));
    }
    rest.remove_prefix(head_bytes + size);
    ++next;
    return std::string(plain->reveal());
}

}  // namespace huitong::store
