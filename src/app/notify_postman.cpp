#include "app/notify_postman.hpp"

namespace huitong::app {

task::Task<ports::Postman::Receipt> NotifyPostman::post(Letter letter) {
    auto url = net::parse_url(letter.url);
    if (!url) co_return std::unexpected(std::move(url.error()));
    net::Request request{.method = "POST",
                         .target = std::move(url->target),
                         .headers{},
                         .body = std::move(letter.body),
                         .peer_ip{}};
    request.headers.set("Content-Type", "application/json");
    request.headers.set("Authorization", std::move(letter.authorization));
    const net::CallOptions limits{.connect_timeout = std::chrono::seconds(3),
                                  .read_timeout = std::chrono::seconds(7),
                                  .max_response_bytes = 64 << 10,
                                  .client_identity{},
                                  .guard = guard_};
    auto response = co_await transport_.send(std::move(url->origin), std::move(request), limits);
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return Receipt{.status = response->status, .body = std::move(response->body)};
}

}  // namespace huitong::app
