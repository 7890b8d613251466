#include "flows/audit.hpp"

#include "crypto/digest.hpp"

namespace huitong::flows {

namespace {

// Lengths before values, so that no two rows have the same text.
std::string hash_of(const ports::AuditRow& row) {
    std::string text = row.previous_hash;
    for (const std::string& part : {std::to_string(row.id), std::to_string(core::to_us(row.at)), row.actor,
                                    row.act, row.subject, row.detail}) {
        text += std::to_string(part.size()) + ":" + part;
    }
    return crypto::sha256_hex(text);
}

}  // namespace

void append_audit(ports::Tx& tx, const AuditAct& act, core::Instant now) {
    const auto last = tx.audit().last();
    ports::AuditRow row{.id = last ? last->id + 1 : 1,
                        .at = now,
                        .actor = act.actor,
                        .act = act.act,
                        .subject = act.subject,
                        .detail = act.detail,
                        .previous_hash = last ? last->hash : std::string(64, '0'),
                        .hash = {}};
    row.hash = hash_of(row);
    tx.audit().append(row);
}

task::Task<AuditReport> verify_audit(ports::StorePort& store) {
    constexpr std::size_t page = 1000;
    AuditReport report{.rows = 0, .last_hash = std::string(64, '0'), .first_bad_id = 0};
    std::int64_t after = 0;
    for (;;) {
        const auto rows =
            co_await store.read([after](ports::Tx& tx) -> core::Result<std::vector<ports::AuditRow>> {
                return tx.audit().read(after, page);
            });
        if (!rows) co_return std::unexpected(rows.error());
        if (rows->empty()) co_return report;
        for (const ports::AuditRow& row : *rows) {
            const bool is_linked = row.id == report.rows + 1 && row.previous_hash == report.last_hash;
            if (!is_linked || row.hash != hash_of(row)) {
                report.first_bad_id = report.rows + 1;
                co_return report;
            }
            ++report.rows;
            report.last_hash = row.hash;
        }
        after = rows->back().id;
    }
}

}  // namespace huitong::flows
