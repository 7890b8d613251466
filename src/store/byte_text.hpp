// Numbers and texts as bytes, each text with its length: how values are laid out that are sealed as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/failure.hpp"

namespace huitong::store {

inline void put_number(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

inline void put_text(std::string& out, std::string_view text) {
    put_number(out, text.size());
    out += text;
}

// Each takes its value from the front of `bytes`; throws Failure internal/bad_row when it is not there.
inline std::string_view take_bytes(std::string_view& bytes, std::uint64_t count) {
    if (bytes.size() < count) throw Failure(core::Code::internal, "bad_row", "truncated bytes");
    const std::string_view taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
}

inline std::uint64_t take_number(std::string_view& bytes) {
    std::uint64_t number = 0;
    for (const char c : take_bytes(bytes, 8)) number = number << 8 | static_cast<std::uint8_t>(c);
    return number;
}

inline std::string take_text(std::string_view& bytes) {
    const std::uint64_t count = take_number(bytes);
    return std::string(take_bytes(bytes, count));
}

}  // namespace huitong::store
