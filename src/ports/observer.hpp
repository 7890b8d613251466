// What the outside of the engine is told after a commit: for logs, metrics and the demo's printed timeline.
// An observer changes nothing and must be quick.
#pragma once

#include <string_view>

#include "payments/rules.hpp"

namespace huitong::ports {

class Observer {
  public:
    virtual ~Observer() = default;
    // A change was committed; `before` is null for the intent.
    virtual void on_change(const payments::Aggregate* before, const payments::Change& change) = 0;
    // A channel answered a call, or did not: `answer.exchange` says which call and when.
    virtual void on_call(const payments::Payment& payment, const payments::Answer& answer) = 0;
    // The channel's server at that address answers nothing any more (`is_open`), or answers again.
    virtual void on_circuit(std::string_view address, bool is_open) = 0;
    // Something went wrong that is nobody's answer: a worker's read failed, a driver ended early.
    virtual void on_trouble(std::string_view where, const core::Error& error) = 0;
    // The same where it is one payment's.
    virtual void on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) {
        (void)payment;
        on_trouble(where, error);
    }
};

}  // namespace huitong::ports
