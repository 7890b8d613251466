#include "app/till.hpp"

namespace huitong::app {

task::Task<TillAnswer> Till::post(std::string path, codec::JsonObject body) {
    net::CallOptions options;
    options.read_timeout = load::answer_timeout;
    auto response = co_await transport_.send(
        gateway_, load::make_request(identity_, std::move(path), std::move(body)), options);
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return load::read_answer(std::move(*response));
}

void Till::take_identity(const TillAnswer& answer) {
    if (answer.result_code != "200") return;
    identity_ = {.sn = answer.get("terminal_sn"), .key = answer.get("terminal_key")};
}

task::Task<TillAnswer> Till::activate(std::string app_id, std::string code, std::string device_id) {
    auto answer =
        co_await post("/terminal/activate", {{"app_id", app_id}, {"code", code}, {"device_id", device_id}});
    if (answer) take_identity(*answer);
    co_return answer;
}

task::Task<TillAnswer> Till::checkin(std::string device_id) {
    auto answer =
        co_await post("/terminal/checkin", {{"terminal_sn", identity_.sn}, {"device_id", device_id}});
    if (answer) take_identity(*answer);
    co_return answer;
}

task::Task<TillAnswer> Till::pay(Sale sale) {
    return post("/upay/v2/pay", {{"terminal_sn", identity_.sn},
                                 {"client_sn", sale.client_sn},
                                 {"total_amount", std::to_string(sale.amount_fen)},
                                 {"dynamic_id", sale.payment_code},
                                 {"subject", sale.subject},
                                 {"operator", sale.cashier}});
}

task::Task<TillAnswer> Till::precreate(Precreate order) {
    return post("/upay/v2/precreate", {{"terminal_sn", identity_.sn},
                                       {"client_sn", order.client_sn},
                                       {"total_amount", std::to_string(order.amount_fen)},
                                       {"payway", order.payway},
                                       {"sub_payway", order.sub_payway},
                                       {"payer_uid", order.payer_uid},
                                       {"subject", order.subject},
                                       {"operator", "kay"}});
}

task::Task<TillAnswer> Till::query(std::string client_sn) {
    return post("/upay/v2/query", {{"terminal_sn", identity_.sn}, {"client_sn", client_sn}});
}

task::Task<TillAnswer> Till::cancel(std::string client_sn) {
    return post("/upay/v2/cancel", {{"terminal_sn", identity_.sn}, {"client_sn", client_sn}});
}

task::Task<TillAnswer> Till::refund(std::string client_sn, std::string request_no, std::int64_t amount_fen) {
    return post("/upay/v2/refund", {{"terminal_sn", identity_.sn},
                                    {"client_sn", client_sn},
                                    {"refund_request_no", request_no},
                                    {"refund_amount", std::to_string(amount_fen)},
                                    {"operator", "kay"}});
}

task::Task<TillAnswer> Till::query_refund(std::string client_sn, std::string request_no) {
    return post("/upay/v2/query",
                {{"terminal_sn", identity_.sn}, {"client_sn", client_sn}, {"refund_request_no", request_no}});
}

}  // namespace huitong::app
