#include "api/admin/problem.hpp"

namespace huitong::api::admin {

namespace {

int status_of(const core::Error& error) {
    if (error.reason == "not_found") return 404;  // a change of what is not there
    switch (error.code) {
        case core::Code::invalid:
            return 422;
        case core::Code::denied:
            return 403;
        case core::Code::not_found:
            return 404;
        case core::Code::conflict:
            return 409;
        case core::Code::limit:
            return 429;
        case core::Code::unavailable:
            return 503;
        case core::Code::unknown_outcome:
        case core::Code::internal:
            return 500;
    }
    return 500;
}

}  // namespace

std::string_view title_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 503:
            return "Service Unavailable";
        default:
            return "Internal Server Error";
    }
}

std::unexpected<Problem> problem_of(const core::Error& error) {
    const int status = status_of(error);
    // What broke inside is the log's to tell.
    return std::unexpected(Problem{.status = status,
                                   .code = status == 500 ? "internal" : error.reason,
                                   .detail = status == 500 ? std::string() : error.detail});
}

std::unexpected<Problem> bad_field(std::string_view code, std::string_view field, std::string detail) {
    return std::unexpected(Problem{
        .status = 400, .code = std::string(code), .detail = std::move(detail), .field = std::string(field)});
}

net::Response to_response(const Problem& problem) {
    codec::JsonObject body{{"type", "about:blank"},
                           {"title", title_of(problem.status)},
                           {"status", codec::Json::number(problem.status)},
                           {"code", problem.code}};
    if (!problem.detail.empty()) body.emplace_back("detail", problem.detail);
    if (!problem.field.empty()) body.emplace_back("field", problem.field);
    net::Response response =
        net::make_response(problem.status, "application/problem+json", codec::write_json(std::move(body)));
    if (problem.status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"huitong admin\"");
    if (problem.retry_after > core::Duration{0}) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(problem.retry_after);
        response.headers.set("Retry-After", std::to_string(seconds.count()));
    }
    return response;
}

}  // namespace huitong::api::admin
