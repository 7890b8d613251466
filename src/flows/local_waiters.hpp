// LocalWaiters: wake-ups inside one process and one executor.
#pragma once

#include <list>
#include <unordered_map>

#include "ports/waiters.hpp"
#include "task/signal.hpp"
#include "task/time.hpp"

namespace huitong::flows {

class LocalWaiters final : public ports::Waiters {
  public:
    explicit LocalWaiters(task::Time& time) : time_(time) {}

    [[nodiscard]] std::unique_ptr<ports::Watch> watch(core::PaymentSn sn) override;
    void announce(core::PaymentSn sn, std::int64_t version) override;

  private:
    class LocalWatch;
    task::Time& time_;
    std::unordered_map<std::int64_t, std::list<LocalWatch*>> watches_;
};

}  // namespace huitong::flows
