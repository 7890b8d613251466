// FaultySession: a Session that goes wrong where it is told to. Test support: lost commits, lost answers to
// commits and failing statements, which a sound disk and a local server would not show in years.
#pragma once

#include <map>
#include <memory>

#include "sql/session.hpp"

namespace huitong::sql {

enum class CommitFault {
    fails,              // rolled back, and said so
    contended,          // the same, because of other transactions
    unknown_committed,  // done, but the answer is lost
    unknown_lost,       // not done, and the answer is lost
};

class FaultySession final : public Session {
  public:
    explicit FaultySession(std::unique_ptr<Session> inner) : inner_(std::move(inner)) {}

    // The k-th commit of a write transaction from now on, counted from 1.
    void fail_commit(int k, CommitFault fault) { commit_faults_[commits_ + k] = fault; }
    // The k-th query or write from now on, counted from 1, throws.
    void fail_statement(int k, SqlError::Kind kind) { statement_faults_[statements_ + k] = kind; }
    // How often resolve_unknown() says that it cannot tell before it tells.
    void set_unresolved_answers(int count) { unresolved_answers_ = count; }
    [[nodiscard]] int commits() const { return commits_; }
    // How many commits a fault of that kind has hit.
    [[nodiscard]] int struck(CommitFault fault) const {
        const auto found = struck_.find(fault);
        return found == struck_.end() ? 0 : found->second;
    }
    [[nodiscard]] Session& inner() { return *inner_; }

    [[nodiscard]] Engine engine() const override { return inner_->engine(); }
    void begin(Access access) override;
    [[nodiscard]] CommitOutcome commit() override;
    void rollback() noexcept override;
    [[nodiscard]] Resolution resolve_unknown() override;
    [[nodiscard]] Rows query(std::string_view sql, const Values& values) override;
    [[nodiscard]] std::optional<std::size_t> write(std::span<const Write> writes) override;
    [[nodiscard]] bool settle() override { return inner_->settle(); }
    void set_pipelining(bool is_on) override { inner_->set_pipelining(is_on); }
    void run_script(const std::string& sql) override { inner_->run_script(sql); }

  private:
    void count_statement();

    std::unique_ptr<Session> inner_;
    std::map<int, CommitFault> commit_faults_;
    std::map<CommitFault, int> struck_;
    std::map<int, SqlError::Kind> statement_faults_;
    Access access_ = Access::read;
    Resolution resolution_ = Resolution::cannot_tell;
    int commits_ = 0;
    int statements_ = 0;
    int unresolved_answers_ = 0;
};

// The session itself, or the one beneath its faults.
[[nodiscard]] Session& innermost(Session& session);

}  // namespace huitong::sql
