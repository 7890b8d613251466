// Merchants: who is paid on a simulated day. Two merchants of unlike terms with three stores and five tills.
#pragma once

#include "simulate/stage.hpp"

namespace huitong::simulate {

// What the channels know of them, beside the first, who is made with the platform.
void add_merchants_at_channels(sim::Options& options);
// Makes them at the platform, with limits, and activates their tills.
[[nodiscard]] std::vector<Counter> open_shops(Stage& stage);

}  // namespace huitong::simulate
