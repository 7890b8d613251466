// LocalWaiters: wake-ups inside one process and one executor. What other nodes change is found by looking
// again every so often.
#pragma once

#include <list>
#include <unordered_map>

#include "ports/waiters.hpp"
#include "task/signal.hpp"
#include "task/time.hpp"

namespace huitong::flows {

class LocalWaiters final : public ports::Waiters {
  public:
    // `look_again_every`: 0 where there are no other nodes.
    explicit LocalWaiters(task::Time& time, core::Duration look_again_every = core::Duration{0})
        : time_(time), look_again_every_(look_again_every) {}

    [[nodiscard]] std::unique_ptr<ports::Watch> watch(core::PaymentSn sn) override;
    void announce(core::PaymentSn sn, std::int64_t version) override;

  private:
    class LocalWatch;
    task::Time& time_;
    const core::Duration look_again_every_;
    std::unordered_map<std::int64_t, std::list<LocalWatch*>> watches_;
};

}  // namespace huitong::flows
