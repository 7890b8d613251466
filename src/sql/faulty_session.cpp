#include "sql/faulty_session.hpp"

namespace huitong::sql {

void FaultySession::begin(Access access) {
    access_ = access;
    inner_->begin(access);
}

CommitOutcome FaultySession::commit() {
    if (access_ == Access::read) return inner_->commit();
    const auto fault = commit_faults_.find(++commits_);
    if (fault == commit_faults_.end()) return inner_->commit();
    ++struck_[fault->second];
    switch (fault->second) {
        case CommitFault::fails:
            inner_->rollback();
            return CommitOutcome::failed;
        case CommitFault::contended:
            inner_->rollback();
            return CommitOutcome::contended;
        case CommitFault::unknown_committed: {
            const bool is_done = inner_->commit() == CommitOutcome::committed;
            resolution_ = is_done ? Resolution::committed : Resolution::lost;
            return CommitOutcome::unknown;
        }
        case CommitFault::unknown_lost:
            inner_->rollback();
            resolution_ = Resolution::lost;
            return CommitOutcome::unknown;
    }
    return CommitOutcome::failed;
}

void FaultySession::rollback() noexcept {
    inner_->rollback();
}

Resolution FaultySession::resolve_unknown() {
    if (unresolved_answers_ > 0) {
        --unresolved_answers_;
        return Resolution::cannot_tell;
    }
    return resolution_;
}

Rows FaultySession::query(std::string_view sql, const Values& values) {
    count_statement();
    return inner_->query(sql, values);
}

// Write by write, so that a fault may strike between two writes of one closure.
std::optional<std::size_t> FaultySession::write(std::span<const Write> writes) {
    for (std::size_t i = 0; i < writes.size(); ++i) {
        count_statement();
        if (inner_->write(writes.subspan(i, 1))) return i;
    }
    return std::nullopt;
}

void FaultySession::count_statement() {
    const auto fault = statement_faults_.find(++statements_);
    if (fault != statement_faults_.end()) throw SqlError(fault->second, "injected");
}

Session& innermost(Session& session) {
    auto* const faulty = dynamic_cast<FaultySession*>(&session);
    return faulty == nullptr ? session : innermost(faulty->inner());
}

}  // namespace huitong::sql
