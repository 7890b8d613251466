// The plain HTTP message values; names of headers compare without case (RFC 9110 §5.1).
#include "net/message.hpp"

#include <algorithm>

#include "net/text.hpp"

namespace huitong::net {

void Headers::set(std::string name, std::string value) {
    std::erase_if(headers_, [&](const Header& header) { return is_same_name(header.name, name); });
    add(std::move(name), std::move(value));
}

void Headers::add(std::string name, std::string value) {
    if (headers_.empty()) headers_.reserve(8);
    headers_.push_back(Header{std::move(name), std::move(value)});
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const Header& header : headers_) {
        if (is_same_name(header.name, name)) return header.value;
    }
    return std::nullopt;
}

std::string_view Request::path() const {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

Response make_response(int status, std::string_view content_type, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", std::string(content_type));
    response.body = std::move(body);
    return response;
}

}  // namespace huitong::net
