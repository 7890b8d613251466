// The body of a notification (spec/upay 2.4): the order as a query shows it, flat.
#pragma once

#include <string>

#include "payments/payment.hpp"

namespace huitong::api::upay {

[[nodiscard]] std::string notification_body(const payments::Aggregate& order);

}  // namespace huitong::api::upay
