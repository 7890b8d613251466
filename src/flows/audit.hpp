// The audit log: every act of a person, append-only, each row's hash over its content and the hash before it.
// Whoever keeps the last hash can prove that nothing before it was changed or taken out.
#pragma once

#include <string>

#include "ports/store.hpp"

namespace huitong::flows {

struct AuditAct {
    std::string actor;
    std::string act;  // "merchant.create"
    std::string subject;
    std::string detail;  // no secrets
};

// Appends inside the transaction of the act itself.
void append_audit(ports::Tx& tx, const AuditAct& act, core::Instant now);

struct AuditReport {
    std::int64_t rows = 0;
    std::string last_hash;          // write it down: it seals everything before it
    std::int64_t first_bad_id = 0;  // 0: the chain is whole
};
// Reads the whole log and recomputes every hash.
[[nodiscard]] task::Task<AuditReport> verify_audit(ports::StorePort& store);

}  // namespace huitong::flows
