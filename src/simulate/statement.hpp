// The channels' statements, as the simulators' books have them: what the auditor compares with.
#pragma once

#include "auditor/statement.hpp"
#include "sim/simulators.hpp"

namespace huitong::simulate {

[[nodiscard]] auditor::Statement make_statement(sim::Simulators& simulators);

}  // namespace huitong::simulate
