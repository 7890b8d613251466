// The store as stories see it. A closure is synchronous and pure over (tx, inputs): it may run twice, so ids,
// time and random are taken before it and wake-ups happen after. It reads first, then writes; writes are
// queued and go out together, each with the number of rows it must change. A wrong number is a conflict: the
// closure is rolled back and its caller gets conflict/stale (or the reason its write names). Results,
// refusals too, leave only after the commit of the group the closure ran in.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/result.hpp"
#include "payments/rules.hpp"
#include "ports/directory.hpp"
#include "task/task.hpp"

namespace huitong::ports {

// Payments, operations, postings, timeline.
class PaymentRepository {
  public:
    virtual ~PaymentRepository() = default;

    [[nodiscard]] virtual std::optional<payments::Aggregate> find(core::PaymentSn sn) = 0;
    [[nodiscard]] virtual std::optional<core::PaymentSn> find_by_client_sn(const std::string& merchant_sn,
                                                                           const std::string& client_sn) = 0;
    // Unfinished operations that are due at `now` and held by nobody; oldest first.
    [[nodiscard]] virtual std::vector<core::PaymentSn> find_due(core::Instant now, std::size_t most) = 0;
    // Payments with an unfinished operation that another owner holds (left by a process that is gone).
    [[nodiscard]] virtual std::vector<core::PaymentSn> find_left_by_others(const std::string& owner,
                                                                           core::PaymentSn after,
                                                                           std::size_t most) = 0;
    [[nodiscard]] virtual std::vector<payments::TimelineRow> timeline(core::PaymentSn sn) = 0;
    [[nodiscard]] virtual std::vector<ledger::Entry> entries(core::PaymentSn sn) = 0;

    struct Filter {
        std::string merchant_sn;  // empty: all
        std::optional<payments::PaymentState> state;
        bool only_unresolved = false;  // neither final nor in manual review
        std::optional<core::Instant> created_from, created_before;
        std::size_t most = 100;
    };
    // Newest first.
    [[nodiscard]] virtual std::vector<payments::Payment> list(const Filter& filter) = 0;

    // Conflict/client_sn_taken when the merchant used that number before; conflict/sn_taken when the sn
    // exists.
    virtual void insert(const payments::Aggregate& intent) = 0;
    // Writes what `change` differs from `before` in, guarded by before.payment.version; conflict/stale
    // otherwise.
    virtual void apply(const payments::Aggregate& before, const payments::Change& change) = 0;
};

class DirectoryRepository {
  public:
    virtual ~DirectoryRepository() = default;

    [[nodiscard]] virtual std::optional<Vendor> find_vendor(const std::string& sn) = 0;
    [[nodiscard]] virtual std::optional<App> find_app(const std::string& id) = 0;
    [[nodiscard]] virtual std::optional<Merchant> find_merchant(const std::string& sn) = 0;
    [[nodiscard]] virtual std::optional<Store> find_store(const std::string& sn) = 0;
    [[nodiscard]] virtual std::optional<ActivationCode> find_code(const std::string& code) = 0;
    [[nodiscard]] virtual std::optional<TerminalView> find_terminal(const std::string& sn) = 0;
    [[nodiscard]] virtual std::optional<ChannelAccount> find_account(const std::string& id) = 0;
    // Active accounts of that merchant for that channel, by id.
    [[nodiscard]] virtual std::vector<ChannelAccount> find_accounts(const std::string& merchant_sn,
                                                                    payments::ChannelKind channel) = 0;
    [[nodiscard]] virtual std::optional<Operator> find_operator(const std::string& name) = 0;

    [[nodiscard]] virtual std::vector<Vendor> list_vendors() = 0;  // keys left empty in lists
    [[nodiscard]] virtual std::vector<App> list_apps() = 0;
    [[nodiscard]] virtual std::vector<Merchant> list_merchants() = 0;
    [[nodiscard]] virtual std::vector<Store> list_stores() = 0;
    [[nodiscard]] virtual std::vector<Terminal> list_terminals() = 0;
    [[nodiscard]] virtual std::vector<ActivationCode> list_codes() = 0;
    [[nodiscard]] virtual std::vector<ChannelAccount> list_accounts() = 0;
    [[nodiscard]] virtual std::vector<Operator> list_operators() = 0;

    // Conflict/exists when the key is taken.
    virtual void insert(const Vendor& vendor) = 0;
    virtual void insert(const App& app) = 0;
    virtual void insert(const Merchant& merchant) = 0;
    virtual void insert(const Store& store) = 0;
    virtual void insert(const ActivationCode& code) = 0;
    virtual void insert(const ChannelAccount& account) = 0;
    virtual void insert(const Operator& person) = 0;
    // Conflict/client_sn_taken when that client_sn exists inside the app, conflict/exists when the sn is
    // taken.
    virtual void insert(const Terminal& terminal) = 0;
    // One use of a limited code; conflict/code_used_up when none is left.
    virtual void use_code(const ActivationCode& code) = 0;
    // New keys, device data and check-in time, guarded by terminal.version; conflict/stale otherwise.
    virtual void update_terminal(const Terminal& terminal) = 0;
    // "merchant" | "store" | "terminal" | "vendor" | "app" | "channel_account" | "operator";
    // conflict/not_found.
    virtual void set_active(const std::string& kind, const std::string& key, bool is_active) = 0;
};

class AuditRepository {
  public:
    virtual ~AuditRepository() = default;
    [[nodiscard]] virtual std::optional<AuditRow> last() = 0;
    // Rows with id above `after`, in order.
    [[nodiscard]] virtual std::vector<AuditRow> read(std::int64_t after, std::size_t most) = 0;
    // id, previous_hash and hash filled in by the caller (flows/audit); conflict/stale when id is taken.
    virtual void append(const AuditRow& row) = 0;
};

class Tx {
  public:
    virtual ~Tx() = default;
    [[nodiscard]] virtual PaymentRepository& payments() = 0;
    [[nodiscard]] virtual DirectoryRepository& directory() = 0;
    [[nodiscard]] virtual AuditRepository& audit() = 0;
};

class StorePort {
  public:
    using Closure = std::function<core::Result<void>(Tx&)>;
    virtual ~StorePort() = default;

    // Runs the closure in a transaction and commits. Errors besides the closure's own: conflict {stale or the
    // reason of the write}; unavailable {commit_failed, overloaded, stopping}: certainly not done.
    [[nodiscard]] virtual task::Task<void> run_write(Closure closure) = 0;
    // Runs the closure on a snapshot; it must not write.
    [[nodiscard]] virtual task::Task<void> run_read(Closure closure) = 0;

    // The same for closures that return Result<T>: co_await store.write([=](Tx& tx) -> Result<T> {…}).
    template <class F>
    [[nodiscard]] auto write(F closure) {
        return with_result(&StorePort::run_write, std::move(closure));
    }
    template <class F>
    [[nodiscard]] auto read(F closure) {
        return with_result(&StorePort::run_read, std::move(closure));
    }

  private:
    template <class F, class R = std::invoke_result_t<F&, Tx&>>
    boost::asio::awaitable<R> with_result(task::Task<void> (StorePort::*run)(Closure), F closure) {
        using T = typename R::value_type;
        if constexpr (std::is_void_v<T>) {
            co_return co_await (this->*run)(Closure(std::move(closure)));
        } else {
            auto slot = std::make_shared<std::optional<T>>();
            auto done = co_await (this->*run)(
                [slot, closure = std::move(closure)](Tx& tx) mutable -> core::Result<void> {
                    auto result = closure(tx);
                    if (!result) return std::unexpected(std::move(result.error()));
                    *slot = std::move(*result);
                    return {};
                });
            if (!done) co_return std::unexpected(std::move(done.error()));
            co_return std::move(**slot);
        }
    }
};

}  // namespace huitong::ports
