// What pay and precreate have in common: the fields of a new order, the command made of them, and what a
// client is told when none came to be (spec/upay 3.4, 3.5, 5.1).
#pragma once

#include <string>

#include "api/upay/endpoint.hpp"
#include "api/upay/fields.hpp"
#include "flows/engine.hpp"

namespace huitong::api::upay {

struct OrderFields {
    std::string client_sn;
    std::int64_t amount_fen = 0;
    std::string payway;  // digits; may be empty where a code tells
    std::string subject;
    std::string operator_name;
    std::string reflect;
    std::string attach;
    std::string goods_tag;
    std::string notify_url;  // with its scheme; may be empty
};
[[nodiscard]] OrderFields read_order(Fields& fields, Need payway, const ports::AppSwitches& switches);

// none: no channel drives that payway (spec/upay 4.4).
[[nodiscard]] std::optional<payments::ChannelKind> channel_of_payway(std::string_view payway);

[[nodiscard]] flows::OrderCommand order_command(OrderFields order, const Call& call,
                                                payments::ChannelKind channel, core::Duration wait);

// The answer where no order came to be.
[[nodiscard]] std::string not_begun(const core::Error& error, std::string_view client_sn);

}  // namespace huitong::api::upay
