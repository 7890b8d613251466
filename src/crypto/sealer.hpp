// Sealer: AES-256-GCM for secret columns. A sealed value names its key, so that keys can be changed row by
// row, and is bound to its place (`context`, e.g. "terminal/100042…/current_key"), so that it cannot be moved
// to another row.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

namespace huitong::crypto {

class Sealer {
  public:
    // `keys`: id ([a-z0-9]{1,16}) -> 32 bytes; `current` seals, all open. reason: bad_key
    [[nodiscard]] static core::Result<Sealer> make(std::map<std::string, core::Secret> keys,
                                                   std::string current, core::Random& random);
    ~Sealer();
    Sealer(Sealer&&) noexcept;
    Sealer& operator=(Sealer&&) noexcept;

    // Binary: version byte, key id, nonce (12), ciphertext, tag (16). Thread-safe.
    [[nodiscard]] std::string seal(std::string_view plain, std::string_view context) const;
    // Errors: internal {unknown_key, bad_seal}.
    [[nodiscard]] core::Result<core::Secret> open(std::string_view sealed, std::string_view context) const;
    [[nodiscard]] const std::string& current_key_id() const;

  private:
    struct State;
    explicit Sealer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace huitong::crypto
