// Deadlines: one timer for all connections of a server or client. Moving a connection's deadline is an
// assignment; the timer is touched only when a deadline comes before the next wake-up, so timeouts cost the
// hot path next to nothing.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "task/time.hpp"

namespace huitong::net {

// Used from one thread.
class Deadlines : public std::enable_shared_from_this<Deadlines> {
  public:
    class Item {
      public:
        explicit Item(std::shared_ptr<Deadlines> owner);
        virtual ~Item();
        Item(const Item&) = delete;
        Item& operator=(const Item&) = delete;

        // A new deadline `after` from now; forgets that an earlier one passed.
        void set_deadline(core::Duration after);
        void clear_deadline() { at_ = core::Instant::max(); }
        [[nodiscard]] bool is_expired() const { return is_expired_; }

      private:
        friend class Deadlines;
        // Ends what the owner waits for; must neither resume it nor destroy an Item in place.
        virtual void on_deadline() = 0;

        std::shared_ptr<Deadlines> owner_;
        core::Instant at_ = core::Instant::max();
        std::size_t index_ = 0;
        bool is_expired_ = false;
    };

    Deadlines(boost::asio::any_io_executor executor, task::Time& time);

  private:
    static task::Awaitable<void> run(std::shared_ptr<Deadlines> self);
    void add(Item& item);
    void remove(Item& item);
    void expire_due();

    boost::asio::any_io_executor executor_;
    task::Time& time_;
    std::unique_ptr<task::Timer> timer_;
    std::vector<Item*> items_;
    core::Instant next_wake_;
    bool is_running_ = false;
};

}  // namespace huitong::net
