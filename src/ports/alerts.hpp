// Alerts: what a person must hear of, as rows. Delivered to the operator's webhook at least once, open until
// somebody acknowledges them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/numbers.hpp"
#include "core/time.hpp"

namespace huitong::ports {

struct Alert {
    std::string id;  // ours; the same in every run of the closure that raises it
    core::Instant at;
    std::string name;  // "manual_review", "amount_mismatch", "channel_down", …
    std::string detail;
    std::optional<core::PaymentSn> payment;
    std::optional<core::Instant> delivered_at;
    int tries = 0;          // deliveries tried
    core::Instant next_at;  // of the next delivery
    std::string acknowledged_by;
    std::optional<core::Instant> acknowledged_at;

    friend bool operator==(const Alert&, const Alert&) = default;
};

}  // namespace huitong::ports
