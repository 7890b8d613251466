// NotifyPostman: carries notifications to the addresses merchants gave, with a client of its own: nothing but
// hosts on the public Internet and what the operator allows is connected to, no redirect is followed, and a
// try takes ten seconds at most from connecting to the answer's end.
#pragma once

#include <memory>

#include "net/http_client.hpp"
#include "ports/notifications.hpp"

namespace huitong::app {

class NotifyPostman final : public ports::Postman {
  public:
    // `transport` outlives it.
    NotifyPostman(net::HttpTransport& transport, std::shared_ptr<const net::AddressGuard> guard)
        : transport_(transport), guard_(std::move(guard)) {}
    // Errors: those of HttpTransport::send; invalid {bad_url}.
    [[nodiscard]] task::Task<Receipt> post(Letter letter) override;

  private:
    net::HttpTransport& transport_;
    std::shared_ptr<const net::AddressGuard> guard_;
};

}  // namespace huitong::app
