// The intent of a new payment: its account, its terms and its limits decided and committed, before anything
// leaves. For pay.cpp and launch.cpp.
#pragma once

#include <set>
#include <string>

#include "flows/engine.hpp"

namespace huitong::flows {

struct Intent {
    payments::Aggregate order;
    ports::ChannelAccount account;
};

// What a face asks for of any new payment; `product` and what hangs on it are the caller's.
[[nodiscard]] payments::Payment describe(const OrderCommand& command);

// Commits `payment`, which describe() made, under a number of its own. `unreachable`: addresses of channels
// that take no new payment. Errors: those of Engine::pay.
[[nodiscard]] task::Task<Intent> commit_intent(const EngineDeps& deps, const payments::Policy& rules,
                                               std::set<std::string> unreachable, payments::Payment payment);

}  // namespace huitong::flows
