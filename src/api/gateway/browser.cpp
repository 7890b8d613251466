#include "api/gateway/browser.hpp"

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::api::gateway {

namespace {

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// Thousandths of "…;q=0.8"; all where nothing is said.
int weight_of(std::string_view parameters) {
    const auto q = parameters.find("q=");
    if (q == std::string_view::npos) return 1000;
    const std::string_view text = trim(parameters.substr(q + 2));
    if (!text.starts_with('0')) return 1000;
    int weight = 0;
    for (std::size_t place = 2; place < 5; ++place) {
        const bool is_digit = place < text.size() && text[place] >= '0' && text[place] <= '9';
        weight = weight * 10 + (is_digit ? text[place] - '0' : 0);
    }
    return weight;
}

bool is_of(std::string_view tag, std::string_view language) {
    return tag == language || (tag.starts_with(language) && tag[language.size()] == '-');
}

}  // namespace

Language language_of(std::string_view accept_language) {
    const std::string text = crypto::to_lower(accept_language);
    int chinese = -1;
    int english = -1;
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
        const std::string_view tag = trim(item.substr(0, item.find(';')));
        const int weight = weight_of(item.substr(std::min(item.find(';'), item.size())));
        if (weight == 0) continue;  // not wanted
        if (is_of(tag, "zh")) chinese = std::max(chinese, weight);
        if (is_of(tag, "en")) english = std::max(english, weight);
    }
    // Of two that rank alike the first one named is meant.
    if (english == chinese && english >= 0)
        return text.find("en") < text.find("zh") ? Language::english : Language::chinese;
    return english > chinese ? Language::english : Language::chinese;
}

Browser browser_of(const net::Request& request) {
    const std::string_view agent = request.headers.find("User-Agent").value_or(std::string_view{});
    Browser browser;
    if (agent.contains("MicroMessenger")) browser.wallet = payments::ChannelKind::wechat;
    if (agent.contains("AlipayClient")) browser.wallet = payments::ChannelKind::alipay;
    browser.language = language_of(request.headers.find("Accept-Language").value_or(std::string_view{}));
    return browser;
}

}  // namespace huitong::api::gateway
