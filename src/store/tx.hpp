// SqlTx: one closure's view of the transaction it runs in. Reads run at once; writes are queued, each with
// the rows it must change and the conflict that another number means, and are sent when the closure has ended
// well.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/sealer.hpp"
#include "ports/store.hpp"
#include "sql/session.hpp"

namespace huitong::store {

// When a write fails: `reason`, or `found_reason` when `probe` finds a row.
struct Reason {
    std::string_view token = "stale";
    std::string_view probe_sql = {};
    sql::Values probe_values = {};
    std::string_view found_token = {};
};

class SqlTx final : public ports::Tx {
  public:
    SqlTx(sql::Session& session, const crypto::Sealer& sealer);
    ~SqlTx() override;

    [[nodiscard]] ports::PaymentRepository& payments() override { return *payments_; }
    [[nodiscard]] ports::DirectoryRepository& directory() override { return *directory_; }
    [[nodiscard]] ports::AuditRepository& audit() override { return *audit_; }
    [[nodiscard]] ports::LimitRepository& limits() override { return *limits_; }
    [[nodiscard]] ports::AlertRepository& alerts() override { return *alerts_; }
    [[nodiscard]] ports::NotificationRepository& notifications() override { return *notifications_; }
    [[nodiscard]] ports::ReviewRepository& reviews() override { return *reviews_; }
    [[nodiscard]] ports::FactRepository& facts() override { return *facts_; }

    // For the repositories.
    [[nodiscard]] sql::Rows query(std::string_view sql, const sql::Values& values) {
        return session_.query(sql, values);
    }
    void queue(std::string_view sql, sql::Values values, Reason reason = {});
    [[nodiscard]] sql::Engine engine() const { return session_.engine(); }
    [[nodiscard]] const crypto::Sealer& sealer() const { return sealer_; }
    // True on a server, in a write: what others may change before the commit must be held.
    [[nodiscard]] bool must_hold() const {
        return access_ == sql::Access::write && engine() == sql::Engine::postgresql;
    }
    // False: other closures of the transaction hold rows; what is not to be had at once is Busy.
    [[nodiscard]] bool may_wait() const { return may_wait_; }

    // For the group runner: forgets what was queued.
    void reset(sql::Access access, bool may_wait = true);
    [[nodiscard]] bool has_writes() const { return !writes_.empty(); }
    // Sends what was queued; the index of the first write that failed.
    [[nodiscard]] std::optional<std::size_t> flush();
    // conflict with the reason of that write
    [[nodiscard]] core::Error conflict_of(std::size_t index);

  private:
    sql::Session& session_;
    const crypto::Sealer& sealer_;
    sql::Access access_ = sql::Access::write;
    bool may_wait_ = true;
    std::vector<sql::Write> writes_;
    std::vector<Reason> reasons_;
    std::unique_ptr<ports::PaymentRepository> payments_;
    std::unique_ptr<ports::DirectoryRepository> directory_;
    std::unique_ptr<ports::AuditRepository> audit_;
    std::unique_ptr<ports::LimitRepository> limits_;
    std::unique_ptr<ports::AlertRepository> alerts_;
    std::unique_ptr<ports::NotificationRepository> notifications_;
    std::unique_ptr<ports::ReviewRepository> reviews_;
    std::unique_ptr<ports::FactRepository> facts_;
};

[[nodiscard]] std::unique_ptr<ports::PaymentRepository> make_payment_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::DirectoryRepository> make_directory_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::AuditRepository> make_audit_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::LimitRepository> make_limit_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::AlertRepository> make_alert_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::NotificationRepository> make_notification_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::ReviewRepository> make_review_repository(SqlTx& tx);
[[nodiscard]] std::unique_ptr<ports::FactRepository> make_fact_repository(SqlTx& tx);

}  // namespace huitong::store
