// The endings that all endpoints share, see endpoint.hpp.
#include "api/upay/endpoint.hpp"

#include "api/upay/envelope.hpp"

namespace huitong::api::upay {

std::string story_failure(const core::Error& error) {
    return write_rejection(story_rejection(error));
}

std::string order_failure(const core::Error& error) {
    if (error.code == core::Code::not_found) return biz_refusal(BizError::order_not_exists);
    return story_failure(error);
}

std::string params_failure(const core::Error& error) {
    return write_rejection(params_rejection(error));
}

std::optional<std::string> check_active(const ports::TerminalView& terminal) {
    const auto inactivity = inactivity_of(terminal);
    if (!inactivity) return std::nullopt;
    return write_rejection(*inactivity);
}

std::string client_ip_of(const net::Request& request) {
    std::string_view said = request.headers.find("X-Forwarded-For").value_or(std::string_view{});
    said = said.substr(0, said.find(','));
    while (said.starts_with(' ')) said.remove_prefix(1);
    while (said.ends_with(' ')) said.remove_suffix(1);
    const bool is_address = said.size() >= 2 && said.size() <= 45 &&
                            said.find_first_of(".:") != std::string_view::npos &&
                            said.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
    return is_address ? std::string(said) : request.peer_ip;
}

}  // namespace huitong::api::upay
