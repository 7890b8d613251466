#include "app/till.hpp"

#include "crypto/digest.hpp"

namespace huitong::app {

namespace {

std::string text_of(const codec::Json* object, std::string_view name) {
    const codec::Json* const member = object == nullptr ? nullptr : object->find(name);
    const std::string* const text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string() : *text;
}

core::Result<TillAnswer> read_answer(std::string body) {
    auto json = codec::parse_json(body);
    if (!json || !json->as_object()) return core::fail(core::Code::unknown_outcome, "bad_answer");
    TillAnswer answer;
    const codec::Json* const biz = json->find("biz_response");
    answer.result_code = text_of(&*json, "result_code");
    answer.biz_result_code = text_of(biz, "result_code");
    answer.error_code = text_of(&*json, "error_code");
    if (answer.error_code.empty()) answer.error_code = text_of(biz, "error_code");
    if (biz != nullptr) {
        const codec::Json* const data = biz->find("data");
        answer.data = data != nullptr ? *data : *biz;
    }
    answer.body = std::move(body);
    return answer;
}

}  // namespace

std::string TillAnswer::get(std::string_view name) const {
    return text_of(&data, name);
}

task::Task<TillAnswer> Till::post(std::string path, codec::JsonObject body) {
    net::Request request;
    request.target = std::move(path);
    request.body = codec::write_json(codec::Json(std::move(body)));
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Authorization", identity_.sn + " " + crypto::md5_hex(request.body, identity_.key));
    net::CallOptions options;
    options.read_timeout = std::chrono::seconds(50);
    auto response = co_await transport_.send(gateway_, std::move(request), options);
    if (!response) co_return std::unexpected(std::move(response.error()));
    if (response->status != 200) co_return core::fail(core::Code::unknown_outcome, "bad_answer");
    co_return read_answer(std::move(response->body));
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
