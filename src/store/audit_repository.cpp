// The append-only audit log as rows; the number of a row is its key, so two writers cannot both follow the
// same row.
#include "store/columns.hpp"
#include "store/directory_rows.hpp"
#include "store/failure.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

const ColumnNames& audit_columns() {
    static const ColumnNames names = [] {
        NameVisitor visitor;
        const ports::AuditRow any;
        visit_row(any, visitor);
        return visitor.take();
    }();
    return names;
}

class Audit final : public ports::AuditRepository {
  public:
    explicit Audit(SqlTx& tx) : tx_(tx) {}

    std::optional<ports::AuditRow> last() override {
        // Another process that appends waits until this one has committed, so that each follows the last row.
        static constexpr std::string_view in_turn = "select 1 from pg_advisory_xact_lock(7210119)";
        static constexpr std::string_view at_once = "select 1 where pg_try_advisory_xact_lock(7210119)";
        static const std::string sql = select_sql("audit", audit_columns()) + "order by id desc limit 1";
        if (tx_.must_hold() && tx_.query(tx_.may_wait() ? in_turn : at_once, {}).empty()) throw Busy();
        auto rows = read_rows(tx_.query(sql, {}));
        if (rows.empty()) return std::nullopt;
        return std::move(rows.front());
    }

    std::vector<ports::AuditRow> read(std::int64_t after, std::size_t most) override {
        static const std::string sql =
            select_sql("audit", audit_columns()) + "where id > $1 order by id limit $2";
        return read_rows(tx_.query(sql, {after, static_cast<std::int64_t>(most)}));
    }

    void append(const ports::AuditRow& row) override {
        static const std::string sql = insert_sql("audit", audit_columns());
        WriteVisitor writer(audit_columns().size());
        visit_row(row, writer);
        tx_.queue(sql, writer.take(), Reason{.token = "stale"});
    }

  private:
    static std::vector<ports::AuditRow> read_rows(sql::Rows rows) {
        std::vector<ports::AuditRow> out;
        for (sql::Row& row : rows) {
            ReadVisitor reader(row);
            visit_row(out.emplace_back(), reader);
        }
        return out;
    }

    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::AuditRepository> make_audit_repository(SqlTx& tx) {
    return std::make_unique<Audit>(tx);
}

}  // namespace huitong::store
