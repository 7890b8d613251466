// Secret: a key or password in memory. It cannot be printed, logged or compared by accident, and its bytes
// are wiped when it goes. `reveal()` is the one door, easy to search for.
#pragma once

#include <string>
#include <string_view>

namespace huitong::core {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    [[nodiscard]] std::string_view reveal() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }
    bool operator==(const Secret&) const = delete;

  private:
    void wipe() noexcept;
    std::string value_;
};

}  // namespace huitong::core
