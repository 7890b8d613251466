#include "core/random.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <mutex>

#include "core/assert.hpp"

namespace huitong::core {

std::uint64_t Random::below(std::uint64_t bound) {
    HUITONG_ASSERT(bound > 0, "empty range");
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    std::uint64_t value = 0;
    do {
        std::array<std::uint8_t, sizeof value> bytes{};
        fill(bytes);
        std::memcpy(&value, bytes.data(), sizeof value);
    } while (value >= limit);
    return value % bound;
}

std::string Random::hex(std::size_t length) {
    std::string bytes((length + 1) / 2, '\0');
    fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<std::uint8_t>(bytes[i / 2]);
        text += "0123456789abcdef"[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    return text;
}

std::string Random::digits(std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
        text += static_cast<char>(i == 0 ? '1' + static_cast<char>(below(9))
                                         : '0' + static_cast<char>(below(10)));
    }
    return text;
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
    static std::mutex mutex;
    static std::array<std::uint8_t, 256> pool;
    static std::size_t used = pool.size();
    static pid_t owner = getpid();
    const std::lock_guard lock(mutex);
    // A forked process must not draw what its parent draws.
    if (const pid_t self = getpid(); self != owner) {
        owner = self;
        used = pool.size();
    }
    for (auto& byte : out) {
        if (used == pool.size()) {
            HUITONG_ASSERT(getrandom(pool.data(), pool.size(), 0) == static_cast<ssize_t>(pool.size()),
                           "getrandom");
            used = 0;
        }
        byte = pool[used];
        pool[used++] = 0;
    }
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (i % 8 == 0) {
            word = (state_ += 0x9E3779B97F4A7C15ULL);
            word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL;
            word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL;
            word ^= word >> 31;
        }
        out[i] = static_cast<std::uint8_t>(word >> (i % 8 * 8));
    }
}

}  // namespace huitong::core
