// HTTP messages as endpoints, channels and simulators see them. Plain values: no socket, no library type.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "task/task.hpp"

namespace huitong::net {

struct Header {
    std::string name;
    std::string value;
};

class Headers {
  public:
    void set(std::string name, std::string value);  // replaces every header of that name
    void add(std::string name, std::string value);
    // First value of that name, compared without case.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] const std::vector<Header>& all() const { return headers_; }

  private:
    std::vector<Header> headers_;
};

struct Request {
    std::string method = "POST";
    std::string target = "/";  // path and query exactly as sent
    Headers headers;
    std::string body;
    std::string peer_ip;                  // of the TCP connection
    bool has_client_certificate = false;  // the TLS peer proved a certificate that the listener's CA signed

    [[nodiscard]] std::string_view path() const;   // target up to '?'
    [[nodiscard]] std::string_view query() const;  // after '?', empty when there is none
};

// What the server does with a response. Only simulators use anything but `complete`: they are how a network
// fails.
enum class Delivery {
    complete,
    drop,      // close the connection (RST) without a byte
    truncate,  // announce the whole length, send half of the body, close
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    Delivery delivery = Delivery::complete;
};

// Answers one request. An exception becomes a 500 and is logged; a handler that wants to fail returns a
// response.
using Handler = std::function<task::Awaitable<Response>(Request)>;

[[nodiscard]] Response make_response(int status, std::string_view content_type, std::string body);

}  // namespace huitong::net
