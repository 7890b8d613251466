// Randomness comes in through this interface: the operating system's in production, a seeded one in
// simulation.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace huitong::core {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;

    // Uniform in [0, bound); bound > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound);
    // `length` characters of "0123456789abcdef".
    [[nodiscard]] std::string hex(std::size_t length);
    // `length` decimal digits, the first not zero.
    [[nodiscard]] std::string digits(std::size_t length);
};

// getrandom(2), read in blocks; thread-safe.
class SystemRandom final : public Random {
  public:
    void fill(std::span<std::uint8_t> out) override;
};

// A repeatable stream (SplitMix64) for tests and simulation; not for keys.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::uint8_t> out) override;

  private:
    std::uint64_t state_;
};

}  // namespace huitong::core
