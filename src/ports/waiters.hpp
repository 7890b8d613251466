// Waiters: how a request that waits for a payment learns that it changed, on this node or another. A wake-up
// is a hint: the waiter reads the store again and decides on what it finds there.
#pragma once

#include <memory>

#include "core/numbers.hpp"
#include "task/task.hpp"

namespace huitong::ports {

// A registration for one payment. Made before the payment is read, so that no change after that read is
// missed.
class Watch {
  public:
    virtual ~Watch() = default;
    // Returns at once when a version above `seen` was announced since the watch began, else when one is, or
    // at `until`; sooner where another node may have changed the payment.
    [[nodiscard]] virtual task::Awaitable<void> wait_beyond(std::int64_t seen, core::Instant until) = 0;
};

class Waiters {
  public:
    virtual ~Waiters() = default;
    [[nodiscard]] virtual std::unique_ptr<Watch> watch(core::PaymentSn sn) = 0;
    // Called after the commit of a change.
    virtual void announce(core::PaymentSn sn, std::int64_t version) = 0;
};

}  // namespace huitong::ports
