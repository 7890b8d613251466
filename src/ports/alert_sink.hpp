// Where alerts go: the operator's webhook in production, a list in tests.
#pragma once

#include "ports/alerts.hpp"
#include "task/task.hpp"

namespace huitong::ports {

class AlertSink {
  public:
    virtual ~AlertSink() = default;
    // Resolves once the receiver has confirmed it. Any error: not confirmed, perhaps received.
    [[nodiscard]] virtual task::Task<void> deliver(Alert alert) = 0;
};

}  // namespace huitong::ports
