#include "app/webhook.hpp"

#include "app/log.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {

std::string webhook_body(const ports::Alert& alert, std::string_view node) {
    const codec::Json sn = alert.payment ? codec::Json(alert.payment->text()) : codec::Json();
    return codec::write_json(codec::JsonObject{{"id", alert.id},
                                               {"at", core::to_rfc3339(alert.at)},
                                               {"name", alert.name},
                                               {"detail", to_utf8(alert.detail)},
                                               {"sn", sn},
                                               {"node", node}});
}

std::string webhook_signature(const core::Secret& secret, std::string_view body) {
    return "sha256=" + crypto::hmac_sha256_hex(secret, body);
}

Webhook::Webhook(net::HttpTransport& transport, WebhookOptions options)
    : transport_(transport), options_(std::move(options)) {}

task::Task<void> Webhook::deliver(ports::Alert alert) {
    net::Request request{.method = "POST",
                         .target = options_.url.path.empty() ? "/" : options_.url.path,
                         .headers{},
                         .body = webhook_body(alert, options_.node),
                         .peer_ip{}};
    request.headers.set("Content-Type", "application/json; charset=utf-8");
    request.headers.set("X-Huitong-Signature", webhook_signature(options_.secret, request.body));
    const net::CallOptions limits{.read_timeout = std::chrono::seconds(5),
                                  .max_response_bytes = 64 << 10,
                                  .must_not_repeat = false,
                                  .client_identity{}};
    const auto response = co_await transport_.send(options_.url.origin, std::move(request), limits);
    if (!response) co_return std::unexpected(response.error());
    if (response->status < 200 || response->status > 299) {
        co_return core::fail(core::Code::unknown_outcome, "webhook_refused",
                             "HTTP " + std::to_string(response->status));
    }
    co_return core::Result<void>{};
}

}  // namespace huitong::app
