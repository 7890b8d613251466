// Till: a client of the upay face, as a till vendor would write one: signs, sends, reads. It knows nothing of
// the platform but spec/upay, and works over a real or a simulated network.
#pragma once

#include <string>

#include "load/face.hpp"
#include "net/http_client.hpp"

namespace huitong::app {

using TillIdentity = load::Identity;
using TillAnswer = load::Answer;

struct Sale {
    std::string client_sn;
    std::int64_t amount_fen = 0;
    std::string payment_code;
    std::string subject = "coffee";
    std::string cashier = "kay";
};

// An order that the payer begins.
struct Precreate {
    std::string client_sn;
    std::int64_t amount_fen = 0;
    std::string payway;
    std::string sub_payway = "2";
    std::string payer_uid;
    std::string subject = "coffee";
};

class Till {
  public:
    // `transport` must outlive it and its calls.
    Till(net::HttpTransport& transport, net::Origin gateway, TillIdentity identity)
        : transport_(transport), gateway_(std::move(gateway)), identity_(std::move(identity)) {}

    // Errors of every call: those of the transport; unknown_outcome {bad_answer}.
    // With the vendor's identity; the answer's terminal becomes this till's identity.
    [[nodiscard]] task::Task<TillAnswer> activate(std::string app_id, std::string code,
                                                  std::string device_id);
    // The new key becomes this till's.
    [[nodiscard]] task::Task<TillAnswer> checkin(std::string device_id);
    [[nodiscard]] task::Task<TillAnswer> pay(Sale sale);
    [[nodiscard]] task::Task<TillAnswer> precreate(Precreate order);
    [[nodiscard]] task::Task<TillAnswer> query(std::string client_sn);
    [[nodiscard]] task::Task<TillAnswer> cancel(std::string client_sn);
    [[nodiscard]] task::Task<TillAnswer> refund(std::string client_sn, std::string request_no,
                                                std::int64_t amount_fen);
    [[nodiscard]] task::Task<TillAnswer> query_refund(std::string client_sn, std::string request_no);
    // Any path with any body, signed with this till's key.
    [[nodiscard]] task::Task<TillAnswer> post(std::string path, codec::JsonObject body);

    [[nodiscard]] const TillIdentity& identity() const { return identity_; }

  private:
    void take_identity(const TillAnswer& answer);

    net::HttpTransport& transport_;
    net::Origin gateway_;
    TillIdentity identity_;
};

}  // namespace huitong::app
