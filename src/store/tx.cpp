#include "store/tx.hpp"

namespace huitong::store {

SqlTx::SqlTx(sql::Session& session, const crypto::Sealer& sealer)
    : session_(session),
      sealer_(sealer),
      payments_(make_payment_repository(*this)),
      directory_(make_directory_repository(*this)),
      audit_(make_audit_repository(*this)),
      limits_(make_limit_repository(*this)),
      alerts_(make_alert_repository(*this)),
      notifications_(make_notification_repository(*this)),
      reviews_(make_review_repository(*this)),
      facts_(make_fact_repository(*this)) {}

SqlTx::~SqlTx() = default;

void SqlTx::queue(std::string_view sql, sql::Values values, Reason reason) {
    writes_.push_back(sql::Write{.sql = sql, .values = std::move(values), .expected = 1});
    reasons_.push_back(std::move(reason));
}

void SqlTx::reset(sql::Access access, bool may_wait) {
    access_ = access;
    may_wait_ = may_wait;
    writes_.clear();
    reasons_.clear();
}

std::optional<std::size_t> SqlTx::flush() {
    if (writes_.empty()) return std::nullopt;
    return session_.write(writes_);
}

core::Error SqlTx::conflict_of(std::size_t index) {
    const Reason& reason = reasons_.at(index);
    const bool is_found =
        !reason.probe_sql.empty() && !session_.query(reason.probe_sql, reason.probe_values).empty();
    return core::Error{core::Code::conflict, std::string(is_found ? reason.found_token : reason.token), {}};
}

}  // namespace huitong::store
