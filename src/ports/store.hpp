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
#include "ports/alerts.hpp"
#include "ports/directory.hpp"
#include "ports/limits.hpp"
#include "ports/notifications.hpp"
#include "ports/review.hpp"
#include "task/task.hpp"

namespace huitong::ports {

// Payments, operations, postings, timeline.
class PaymentRepository {
  public:
    virtual ~PaymentRepository() = default;

    [[nodiscard]] virtual std::optional<payments::Aggregate> find(core::PaymentSn sn) = 0;
    [[nodiscard]] virtual std::optional<core::PaymentSn> find_by_client_sn(const std::string& merchant_sn,
                                                                           const std::string& client_sn) = 0;
    // By the channel's number of the trade, inside the merchant.
    [[nodiscard]] virtual std::optional<core::PaymentSn> find_by_trade_no(const std::string& merchant_sn,
                                                                          const std::string& trade_no) = 0;
    // Payments of the merchant with a refund of that request number; at most two.
    [[nodiscard]] virtual std::vector<core::PaymentSn> find_by_request_no(const std::string& merchant_sn,
                                                                          const std::string& request_no) = 0;
    // Unfinished operations that are due at `now` and held by nobody; oldest first.
    [[nodiscard]] virtual std::vector<core::PaymentSn> find_due(core::Instant now, std::size_t most) = 0;
    // Payments with an unfinished operation that another owner holds (left by a process that is gone).
    [[nodiscard]] virtual std::vector<core::PaymentSn> find_left_by_others(const std::string& owner,
                                                                           core::PaymentSn after,
                                                                           std::size_t most) = 0;
    [[nodiscard]] virtual std::vector<payments::TimelineRow> timeline(core::PaymentSn sn) = 0;
    [[nodiscard]] virtual std::vector<ledger::Entry> entries(core::PaymentSn sn) = 0;
    // Payments in the order of their keys, those after `after` first; for verification and export.
    [[nodiscard]] virtual std::vector<core::PaymentSn> list_after(core::PaymentSn after,
                                                                  std::size_t most) = 0;

    struct Filter {
        std::string merchant_sn = {};  // empty: all
        std::optional<payments::PaymentState> state = {};
        bool only_unresolved = false;  // neither final nor in manual review
        std::optional<core::Instant> created_from = {}, created_before = {};
        std::optional<core::PaymentSn> older_than = {};  // what comes after this one in the list
        std::size_t most = 100;
    };
    // Newest first.
    [[nodiscard]] virtual std::vector<payments::Payment> list(const Filter& filter) = 0;
    // Payments with a refund in state manual, in the order of their keys, those after `after`.
    [[nodiscard]] virtual std::vector<core::PaymentSn> list_refunds_in_review(core::PaymentSn after,
                                                                              std::size_t most) = 0;

    // What is not over, counted; reads nothing that is.
    struct Open {
        struct Row {
            payments::PaymentState state = payments::PaymentState::created;
            std::int64_t count = 0;
            core::Instant oldest;  // creation of the oldest
        };
        std::vector<Row> payments;  // one for each state that is neither final nor paid and occurs
        std::int64_t refunds = 0;   // with something left to do
        std::optional<core::Instant> oldest_refund;
        std::int64_t refunds_in_review = 0;
    };
    [[nodiscard]] virtual Open count_open() = 0;

    // Conflict/client_sn_taken when the merchant used that number before; conflict/sn_taken when the sn
    // exists.
    virtual void insert(const payments::Aggregate& intent) = 0;
    // Writes what `change` differs from `before` in, guarded by before.payment.version; conflict/stale
    // otherwise.
    virtual void apply(const payments::Aggregate& before, const payments::Change& change) = 0;
};

// Which part of a list: by the key, those after `after`.
struct Page {
    std::string after = {};  // empty: from the first on
    std::size_t most = 1'000'000'000;
    std::string merchant_sn = {};  // of one merchant, where the kind has one; empty: all
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
    [[nodiscard]] virtual std::optional<PlatformKey> find_platform_key(const std::string& id) = 0;
    // The terminal that was activated last on that device of a merchant, for that application; empty: none.
    [[nodiscard]] virtual std::string find_device(const Terminal& terminal) = 0;

    [[nodiscard]] virtual std::vector<Vendor> list_vendors(const Page& page) = 0;  // keys left empty in lists
    [[nodiscard]] virtual std::vector<App> list_apps(const Page& page) = 0;
    [[nodiscard]] virtual std::vector<Merchant> list_merchants(const Page& page) = 0;
    [[nodiscard]] virtual std::vector<Store> list_stores(const Page& page) = 0;
    [[nodiscard]] virtual std::vector<Terminal> list_terminals(const Page& page) = 0;
    [[nodiscard]] virtual std::vector<ActivationCode> list_codes(const Page& page) = 0;
    [[nodiscard]] virtual std::vector<ChannelAccount> list_accounts(const Page& page) = 0;
    [[nodiscard]] virtual std::vector<Operator> list_operators(const Page& page) = 0;

    [[nodiscard]] virtual bool has_vendor_named(const std::string& name) = 0;
    [[nodiscard]] virtual bool has_app_named(const std::string& vendor_sn, const std::string& name) = 0;
    [[nodiscard]] virtual bool has_merchant_named(const std::string& name) = 0;
    [[nodiscard]] virtual bool has_store_named(const std::string& merchant_sn, const std::string& name) = 0;

    // Conflict/exists when the key is taken.
    virtual void insert(const Vendor& vendor) = 0;
    virtual void insert(const App& app) = 0;
    virtual void insert(const Merchant& merchant) = 0;
    virtual void insert(const Store& store) = 0;
    virtual void insert(const ActivationCode& code) = 0;
    virtual void insert(const ChannelAccount& account) = 0;
    virtual void insert(const Operator& person) = 0;
    virtual void insert(const PlatformKey& key) = 0;
    // conflict/not_found
    virtual void set_switches(const std::string& app_id, const AppSwitches& switches) = 0;
    // The terminal is the one on its device from here on; with `before`, which find_device gave, only when
    // that still is the one on it: conflict/device_taken.
    virtual void take_device(const Terminal& terminal, const std::optional<std::string>& before) = 0;
    // Conflict/client_sn_taken when that client_sn exists inside the app, conflict/exists when the sn is
    // taken.
    virtual void insert(const Terminal& terminal) = 0;
    // One use of a limited code; conflict/code_used_up when none is left.
    virtual void use_code(const ActivationCode& code) = 0;
    // It ends at `at`; conflict/not_found when there is none, or when it has ended before.
    virtual void end_code(const std::string& code, core::Instant at) = 0;
    // New keys, device data and check-in time, guarded by terminal.version; conflict/stale otherwise.
    virtual void update_terminal(const Terminal& terminal) = 0;
    // "merchant" | "store" | "terminal" | "vendor" | "app" | "channel_account" | "operator";
    // conflict/not_found.
    virtual void set_active(const std::string& kind, const std::string& key, bool is_active) = 0;
};

class AuditRepository {
  public:
    virtual ~AuditRepository() = default;
    // The row to follow; it stays the last one until the transaction ends.
    [[nodiscard]] virtual std::optional<AuditRow> last() = 0;
    // Rows with id above `after`, in order.
    [[nodiscard]] virtual std::vector<AuditRow> read(std::int64_t after, std::size_t most) = 0;
    // id, previous_hash and hash filled in by the caller (flows/audit); conflict/stale when id is taken.
    virtual void append(const AuditRow& row) = 0;
};

// Limits of what may be received, and what was received today (ports/limits.hpp).
class LimitRepository {
  public:
    virtual ~LimitRepository() = default;
    // Of terminal, store and merchant, those that have one. In a write: where there is a sum for the day,
    // nobody else takes from it until the transaction ends.
    [[nodiscard]] virtual std::vector<Limit> find(const LimitSubjects& subjects) = 0;
    [[nodiscard]] virtual std::vector<Limit> list() = 0;
    // Inserts or replaces; a limit without any bound removes it.
    virtual void set(const Limit& limit) = 0;
    // What was counted for that subject on that Beijing day, in minor units of CNY.
    [[nodiscard]] virtual core::Money used(const Limit& limit, core::Date day) = 0;
    // Counts a payment of terminal, store and merchant on the day of its creation, or takes it back (it ended
    // unpaid or was undone). Spread over several rows per subject and day, so that no row is hot.
    virtual void count(const payments::Payment& payment) = 0;
    virtual void uncount(const payments::Payment& payment) = 0;
};

// What people must hear of (ports/alerts.hpp). Alarms of a change become alerts in PaymentRepository::apply.
class AlertRepository {
  public:
    virtual ~AlertRepository() = default;
    // Nothing happens when an alert of that id exists.
    virtual void raise(const Alert& alert) = 0;
    struct Filter {
        bool only_open = true;        // not acknowledged yet
        std::string older_than = {};  // an id: what comes after it in the list; empty: from the newest on
        std::size_t most = 100;
    };
    // Newest first.
    [[nodiscard]] virtual std::vector<Alert> list(const Filter& filter) = 0;
    // Not delivered yet, due at `now`, oldest first.
    [[nodiscard]] virtual std::vector<Alert> find_undelivered(core::Instant now, std::size_t most) = 0;
    // Puts its next delivery off until then, so that no other node delivers it meanwhile. conflict/taken:
    // another one did, or it was delivered.
    virtual void claim(const Alert& alert, core::Instant until) = 0;
    // What became of a delivery: delivered_at, tries, next_at. conflict/not_found
    virtual void note_delivery(const Alert& alert) = 0;
    // conflict/not_found: no such alert, or acknowledged before.
    virtual void acknowledge(const std::string& id, const std::string& by, core::Instant at) = 0;
    [[nodiscard]] virtual std::int64_t count_open() = 0;
};

// What merchants are told at their notify_url (ports/notifications.hpp).
class NotificationRepository {
  public:
    virtual ~NotificationRepository() = default;
    // conflict/stale when the payment has one of that ordinal.
    virtual void add(const Notification& notification) = 0;
    [[nodiscard]] virtual std::optional<Notification> find(core::PaymentSn payment, int ordinal) = 0;
    // By number.
    [[nodiscard]] virtual std::vector<NotificationTry> tries(core::PaymentSn payment, int ordinal) = 0;
    struct Filter {
        std::optional<core::PaymentSn> payment;
        bool only_undelivered = false;
        std::size_t most = 100;
    };
    // Newest payment first.
    [[nodiscard]] virtual std::vector<Notification> list(const Filter& filter) = 0;
    // Due at `now`, those that have waited longest first.
    [[nodiscard]] virtual std::vector<Notification> find_due(core::Instant now, std::size_t most) = 0;
    // Its body, and nobody else tries before `until`. conflict/taken: another one does, or it is delivered.
    virtual void claim(const Notification& seen, core::Instant until) = 0;
    // What became of a try that was claimed until then. conflict/taken: another one has tried since.
    virtual void note_try(const Notification& after, core::Instant claimed_until,
                          const NotificationTry& tried) = 0;
    // A person wants it sent anew, whatever became of it. conflict/not_found
    virtual void send_again(const Notification& seen, core::Instant now) = 0;
    struct Waiting {
        std::int64_t count = 0;  // with a try to come
        std::optional<core::Instant> oldest;
    };
    [[nodiscard]] virtual Waiting count_waiting() = 0;
};

// Decisions that wait for a second person, and what became of them (ports/review.hpp).
class ReviewRepository {
  public:
    virtual ~ReviewRepository() = default;
    [[nodiscard]] virtual std::optional<Proposal> find(const std::string& id) = 0;
    // The one that is open for the payment itself (no request number) or for that refund of it.
    [[nodiscard]] virtual std::optional<Proposal> find_open(core::PaymentSn payment,
                                                            const std::string& request_no) = 0;
    struct Filter {
        std::optional<core::PaymentSn> payment = {};
        bool only_open = true;
        std::string older_than = {};  // as of alerts
        std::size_t most = 100;
    };
    // Newest first.
    [[nodiscard]] virtual std::vector<Proposal> list(const Filter& filter) = 0;
    // conflict/already_proposed while another is open for the same.
    virtual void insert(const Proposal& proposal) = 0;
    // State, decided_by, decided_at and answer of one that is open; conflict/not_open otherwise.
    virtual void settle(const Proposal& proposal) = 0;
};

// Small facts about the store itself: "restored_at", "catch_up", …; empty when never set.
class FactRepository {
  public:
    virtual ~FactRepository() = default;
    [[nodiscard]] virtual std::string get(const std::string& name) = 0;
    virtual void set(const std::string& name, const std::string& value) = 0;
};

class Tx {
  public:
    virtual ~Tx() = default;
    [[nodiscard]] virtual PaymentRepository& payments() = 0;
    [[nodiscard]] virtual DirectoryRepository& directory() = 0;
    [[nodiscard]] virtual AuditRepository& audit() = 0;
    [[nodiscard]] virtual LimitRepository& limits() = 0;
    [[nodiscard]] virtual AlertRepository& alerts() = 0;
    [[nodiscard]] virtual NotificationRepository& notifications() = 0;
    [[nodiscard]] virtual ReviewRepository& reviews() = 0;
    [[nodiscard]] virtual FactRepository& facts() = 0;
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
