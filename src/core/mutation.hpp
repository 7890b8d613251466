// Deliberate mistakes, to prove that the tests would notice them. HUITONG_MUTATED("name") stands where a
// mistake could be made and is plain `false` in the product; only the test-only build (HUITONG_MUTATIONS)
// can make the one that was chosen. `./dev mutate` makes each in turn (docs/proof.md).
#pragma once

#ifdef HUITONG_MUTATIONS

#include <string>
#include <string_view>

namespace huitong::core {

// The mistake this process makes, by default that of the environment variable HUITONG_MUTATE; empty: none.
void choose_mutation(std::string name);
[[nodiscard]] bool is_mutated(std::string_view name);

}  // namespace huitong::core

#define HUITONG_MUTATED(name) (::huitong::core::is_mutated(name))

#else

#define HUITONG_MUTATED(name) false

#endif
