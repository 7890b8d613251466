// Dice: what is drawn from a seed, in the words of a plan.
#pragma once

#include <chrono>
#include <initializer_list>
#include <span>

#include "core/random.hpp"
#include "core/time.hpp"

namespace huitong::simulate {

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    // From least to most, both included.
    [[nodiscard]] std::int64_t between(std::int64_t least, std::int64_t most) {
        return least + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(most - least) + 1));
    }
    [[nodiscard]] core::Duration between(core::Duration least, core::Duration most) {
        return core::Duration(between(least.count(), most.count()));
    }
    [[nodiscard]] bool chance(std::int64_t percent) { return between(1, 100) <= percent; }
    [[nodiscard]] bool one_in(std::int64_t n) { return between(1, n) == 1; }
    template <class T>
    [[nodiscard]] const T& pick(std::span<const T> all) {
        return all[random_.below(all.size())];
    }
    template <class T>
    [[nodiscard]] T pick(std::initializer_list<T> all) {
        return *(all.begin() + random_.below(all.size()));
    }
    [[nodiscard]] std::uint64_t seed() { return random_.below(UINT64_MAX); }
    [[nodiscard]] core::Random& random() { return random_; }

  private:
    core::SeededRandom random_;
};

}  // namespace huitong::simulate
