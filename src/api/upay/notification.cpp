#include "api/upay/notification.hpp"

#include "api/upay/order_data.hpp"

namespace huitong::api::upay {

std::string notification_body(const payments::Aggregate& order) {
    codec::JsonObject data = order_data(order, Purpose::query, order.payment.terminal_sn);
    // Of a query's answer the callback tables name all but this.
    std::erase_if(data, [](const codec::JsonMember& member) { return member.first == "store_id"; });
    return codec::write_json(std::move(data));
}

}  // namespace huitong::api::upay
