// Observers: tells several what one is told: the log, the metrics, the alerts.
#pragma once

#include <utility>
#include <vector>

#include "ports/observer.hpp"

namespace huitong::app {

class Observers final : public ports::Observer {
  public:
    // All outlive it; told in this order.
    explicit Observers(std::vector<ports::Observer*> all) : all_(std::move(all)) {}

    void on_change(const payments::Aggregate* before, const payments::Change& change) override {
        for (ports::Observer* const each : all_) each->on_change(before, change);
    }
    void on_call(const payments::Payment& payment, const payments::Answer& answer) override {
        for (ports::Observer* const each : all_) each->on_call(payment, answer);
    }
    void on_circuit(std::string_view address, bool is_open) override {
        for (ports::Observer* const each : all_) each->on_circuit(address, is_open);
    }
    void on_trouble(std::string_view where, const core::Error& error) override {
        for (ports::Observer* const each : all_) each->on_trouble(where, error);
    }
    void on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) override {
        for (ports::Observer* const each : all_) each->on_trouble_of(payment, where, error);
    }

  private:
    std::vector<ports::Observer*> all_;
};

}  // namespace huitong::app
