// Notifications: what merchants are told of their payments at the notify_url they gave, as rows that are
// written with the change they tell of (spec/upay 2.4). Delivered at least once, in no order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/numbers.hpp"
#include "core/time.hpp"
#include "payments/notify.hpp"
#include "task/task.hpp"

namespace huitong::ports {

struct Notification {
    core::PaymentSn payment;
    int ordinal = 0;  // within its payment
    payments::NotifyEvent event = payments::NotifyEvent::paid;
    std::string url;
    std::string signed_as;  // stands before the signature in the header; empty: the signature alone
    std::string body;       // empty until the first try, the same in every one
    core::Instant created_at;
    int tries = 0;                         // all of them
    int failures = 0;                      // since it was created or sent again by a person
    std::optional<core::Instant> next_at;  // of the next try; none: there is none to come
    std::optional<core::Instant> delivered_at;

    friend bool operator==(const Notification&, const Notification&) = default;
};

// One try, for the delivery log.
struct NotificationTry {
    int number = 1;  // Notification::tries after it
    core::Instant at;
    core::Duration took{0};
    int status = 0;      // HTTP; 0: no answer
    std::string answer;  // the first bytes of its body
    std::string error;   // why it does not count; empty: delivered

    friend bool operator==(const NotificationTry&, const NotificationTry&) = default;
};

// Carries one notification to its receiver and brings the answer back.
class Postman {
  public:
    virtual ~Postman() = default;
    struct Letter {
        std::string url;
        std::string authorization;
        std::string body;
    };
    struct Receipt {
        int status = 0;
        std::string body;
    };
    // Errors: those of the network; denied {address_refused}: the receiver's address is not one to connect
    // to; invalid {bad_url}.
    [[nodiscard]] virtual task::Task<Receipt> post(Letter letter) = 0;
};

}  // namespace huitong::ports
