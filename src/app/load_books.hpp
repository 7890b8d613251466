// The store's side of the audit of `huitong load`: every payment since the run began, read as `admin ledger
// verify` reads it.
#pragma once

#include "load/audit.hpp"
#include "ports/store.hpp"

namespace huitong::app {

// Payments whose client_sn begins with `prefix` are the run's. Errors: unavailable {…}.
[[nodiscard]] task::Task<load::LedgerView> read_ledger_view(ports::StorePort& store, std::string prefix,
                                                            core::Instant begun_at);

}  // namespace huitong::app
