// `huitong simulate`: days from seeds, with the counts that say what was proven.
#pragma once

#include "app/commands.hpp"

namespace huitong::simulate {

void add_simulate(CLI::App& app, app::Action& action);

}  // namespace huitong::simulate
