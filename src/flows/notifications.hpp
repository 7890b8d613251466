// Notifications: what merchants are told of their payments, carried to their receivers (spec/upay 2.4). The
// rows were committed with the changes they tell of. Each is claimed before it is tried, so that of several
// nodes one delivers it; its body is made at the first try and is the same in every one. Tried at once, then
// 1 s, 5 s, 30 s and 600 s after a failure; then it waits for a person, who is told by an alert. At least
// once: a process that ends between an answer and its commit leaves it to be sent again.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "ports/observer.hpp"
#include "ports/store.hpp"
#include "task/group.hpp"

namespace huitong::flows {

struct NotificationOptions {
    core::Duration scan_every = std::chrono::seconds(1);
    std::size_t scan_most = 200;
    std::size_t most_at_once = 64;
    int most_per_receiver = 8;  // so that one that does not answer leaves room for the others
    core::Duration put_off = std::chrono::seconds(5);  // what its receiver has no room for
    // How long a claimed one is left to whoever claimed it; longer than a try takes.
    core::Duration claim_for = std::chrono::seconds(60);
};

struct NotificationDeps {
    ports::StorePort& store;
    ports::Postman* postman = nullptr;  // none: they stay rows
    ports::Observer& observer;
    task::Time& time;
    boost::asio::any_io_executor executor;
    // The order as its merchant is shown it.
    std::function<std::string(const payments::Aggregate&)> body_of;
    // The signature over the bytes of a body, as it stands in the header.
    std::function<std::string(std::string_view)> sign;
};

// Tries since the start, by what became of them.
struct NotificationCounts {
    std::int64_t delivered = 0;
    std::int64_t refused = 0;     // answered, but not with "success"
    std::int64_t unanswered = 0;  // no answer, or none in time
    std::int64_t blocked = 0;     // the address is not one to connect to, or none at all
    std::int64_t given_up = 0;    // notifications that wait for a person from here on
};

class Notifications final : public ports::Observer {
  public:
    Notifications(NotificationDeps deps, NotificationOptions options = {});

    void start();
    void request_stop();
    // Tries under way are let finish.
    [[nodiscard]] task::Awaitable<void> stop();
    [[nodiscard]] const NotificationCounts& counts() const { return counts_; }

    // What has just been committed is looked for at once.
    void on_change(const payments::Aggregate* before, const payments::Change& change) override;
    void on_call(const payments::Payment&, const payments::Answer&) override {}
    void on_circuit(std::string_view, bool) override {}
    void on_trouble(std::string_view, const core::Error&) override {}

  private:
    using Key = std::pair<core::PaymentSn, int>;

    void wake();
    [[nodiscard]] task::Awaitable<void> work();
    // False: something failed; what is left waits for the next turn.
    [[nodiscard]] task::Awaitable<bool> turn();
    [[nodiscard]] task::Task<void> begin_due();
    [[nodiscard]] task::Awaitable<void> deliver(ports::Notification notification);
    [[nodiscard]] task::Task<void> attempt(ports::Notification notification);
    // Body and claim, committed. False: another node has it.
    [[nodiscard]] task::Task<bool> prepare(ports::Notification& notification, core::Instant until);
    [[nodiscard]] task::Task<ports::NotificationTry> try_once(const ports::Notification& notification);
    void count(const ports::NotificationTry& tried, const core::Result<ports::Postman::Receipt>& receipt);

    NotificationDeps deps_;
    NotificationOptions options_;
    NotificationCounts counts_;
    std::set<Key> under_way_;
    std::map<std::string, int> busy_;  // by receiver
    bool is_woken_ = false;
    bool has_more_ = false;  // is due and found no room
    task::Signal wake_;
    task::Group group_;
};

// How long after so many failures in a row it is tried again; none: not any more.
[[nodiscard]] std::optional<core::Duration> next_try_after(int failures);
// What a receiver confirms with: 2xx and the text "success", whatever its case and the blanks around it.
[[nodiscard]] bool is_confirmed(const ports::Postman::Receipt& receipt);
// "http://host:port" of a URL, for telling receivers apart.
[[nodiscard]] std::string receiver_of(std::string_view url);

}  // namespace huitong::flows
