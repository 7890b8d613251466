// What changes for a platform whose store other processes may be using too.
#pragma once

#include "app/gateway.hpp"

namespace huitong::app {

// What one of the others held when it died is taken over once no call of its can be under way any more and a
// little later: clocks are not quite equal. What they commit is seen, and what they deliver is left to them.
void share_store(GatewayOptions& options);

// Whether the master key opens what the store holds: the first secret that is found. False: there is none.
// Errors: those of the store; internal {seal_broken} and the like: it does not.
[[nodiscard]] task::Task<bool> opens_a_secret(ports::StorePort& store);

}  // namespace huitong::app
