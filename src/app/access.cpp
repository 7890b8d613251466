#include "app/access.hpp"

#include "codec/json.hpp"

namespace huitong::app {

namespace {

std::string_view text_at(const codec::Json& json, std::string_view key) {
    const codec::Json* const found = json.find(key);
    const std::string* const text = found == nullptr ? nullptr : found->as_string();
    return text == nullptr ? std::string_view{} : std::string_view(*text);
}

// spec/upay 4.3: PAY_SUCCESS, REFUND_IN_PROGRESS, PAY_FAIL_IN_PROGRESS, CANCEL_ABORT_ERROR, FAIL, …
std::string_view class_of(std::string_view business_code) {
    if (business_code.empty()) return "success";  // activate and checkin have none
    if (business_code.contains("IN_PROGRESS")) return "in_progress";
    if (business_code.ends_with("SUCCESS")) return "success";
    return business_code.ends_with("ERROR") ? "error" : "failed";
}

}  // namespace

AnswerNote note_of_status(const net::Response& response) {
    if (response.status >= 500) return {.result = "http_5xx", .sn = {}};
    return {.result = response.status >= 400 ? "http_4xx" : "success", .sn = {}};
}

AnswerNote note_of(const net::Response& response) {
    if (response.status >= 500) return {.result = "http_5xx", .sn = {}};
    if (response.status >= 400) return {.result = "http_4xx", .sn = {}};
    const auto type = response.headers.find("Content-Type").value_or(std::string_view{});
    if (!type.starts_with("application/json")) return {.result = "success", .sn = {}};
    const auto body = codec::parse_json(response.body);
    if (!body) return {.result = "error", .sn = {}};
    const std::string_view outer = text_at(*body, "result_code");
    if (outer != "200") return {.result = outer == "400" ? "refused" : "error", .sn = {}};
    const codec::Json* const biz = body->find("biz_response");
    if (biz == nullptr) return {.result = "success", .sn = {}};
    const codec::Json* const data = biz->find("data");
    return {.result = class_of(text_at(*biz, "result_code")),
            .sn = data == nullptr ? std::string() : std::string(text_at(*data, "sn"))};
}

task::Awaitable<net::Response> Access::answer(net::Request request) {
    const core::Instant began = clock_.now();
    const std::string path(request.path());
    try {
        net::Response response = co_await face_(std::move(request));
        note(path, response, clock_.now() - began);
        co_return response;
    } catch (...) {
        // The server answers 500.
        note(path, net::Response{.status = 500, .headers{}, .body{}}, clock_.now() - began);
        throw;
    }
}

void Access::note(const std::string& path, const net::Response& response, core::Duration took) {
    constexpr std::size_t most_of_path = 200;
    const AnswerNote noted = note_answer_(response);
    // A face answers 404 to what is none of its paths, so that the rest are few.
    const std::string_view own = response.status == 404 ? std::string_view("other") : path;
    metrics_.on_request(label_.empty() ? own : label_, noted.result, took);
    if (log_ == nullptr || !log_->takes(Level::debug)) return;
    log_->write(Level::debug, "request",
                {{"path", path.substr(0, most_of_path)},
                 {"status", std::to_string(response.status)},
                 {"result", std::string(noted.result)},
                 {"took_ms", std::to_string(took.count() / 1000)},
                 {"sn", noted.sn}});
}

}  // namespace huitong::app
