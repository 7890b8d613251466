// The master key, under which every secret in the store is sealed: from the environment, the configuration or
// a file that only its owner can read.
#pragma once

#include <string>

#include "app/config.hpp"
#include "core/random.hpp"
#include "crypto/sealer.hpp"

namespace huitong::app {

// HUITONG_MASTER_KEY, else secrets.master_key, else secrets.key_file. Errors: not_found {no_master_key};
// invalid {bad_master_key}; denied {key_file_open}: others than its owner may read the file.
[[nodiscard]] core::Result<core::Secret> load_master_key(const Config& config);
// Writes a new key to secrets.key_file (mode 0600); conflict {exists}, unavailable {cannot_write}.
[[nodiscard]] core::Result<void> create_master_key(const Config& config, core::Random& random);
// The sealer under that key, which draws its nonces from `random`: that must outlive it. Cannot fail for a
// key that load_master_key returned.
[[nodiscard]] core::Result<crypto::Sealer> make_sealer(const core::Secret& master_key_hex,
                                                       core::Random& random);

}  // namespace huitong::app
