// Webhook: delivers alerts to the operator's own URL, each a POST of JSON whose HMAC stands in a header
// (docs/operations.md).
#pragma once

#include <string>

#include "core/secret.hpp"
#include "net/http_client.hpp"
#include "ports/alert_sink.hpp"

namespace huitong::app {

struct WebhookOptions {
    net::BaseUrl url;
    core::Secret secret;
    std::string node;  // which machine speaks
};

class Webhook final : public ports::AlertSink {
  public:
    // `transport` outlives it.
    Webhook(net::HttpTransport& transport, WebhookOptions options);
    // Confirmed by any 2xx. Errors: those of HttpTransport::send; unknown_outcome {webhook_refused}: another
    // status.
    [[nodiscard]] task::Task<void> deliver(ports::Alert alert) override;

  private:
    net::HttpTransport& transport_;
    WebhookOptions options_;
};

// The body: {"id", "at", "name", "detail", "sn" (null: of no payment), "node"}.
[[nodiscard]] std::string webhook_body(const ports::Alert& alert, std::string_view node);
// X-Huitong-Signature: "sha256=" and the HMAC-SHA256 of the body in hex.
[[nodiscard]] std::string webhook_signature(const core::Secret& secret, std::string_view body);

}  // namespace huitong::app
