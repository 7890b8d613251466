// GET /upay/v2/public_key[?format=base64]: what verifies our notifications, as PEM or as the bare Base64 that
// clients put between the PEM lines themselves (spec/upay 2.4).
#include "api/upay/endpoint.hpp"
#include "crypto/rsa.hpp"

namespace huitong::api::upay {

net::Response public_key(const Services& services, const net::Request& request) {
    const auto plain = [](int status, std::string text) {
        return net::make_response(status, "text/plain;charset=UTF-8", std::move(text));
    };
    if (request.method != "GET") {
        net::Response response = plain(405, "GET only\n");
        response.headers.set("Allow", "GET");
        return response;
    }
    if (services.public_key.empty()) return plain(404, "no key\n");
    if (request.query() != "format=base64") return plain(200, services.public_key);
    const auto bare = crypto::bare_public_key(services.public_key);
    return bare ? plain(200, *bare + "\n") : plain(500, bare.error().reason + "\n");
}

}  // namespace huitong::api::upay
