#include "payments/policy.hpp"

#include <array>

namespace huitong::payments {

Policy default_policy(ChannelKind channel) {
    Policy policy;
    switch (channel) {
        case ChannelKind::wechat:
            break;  // the defaults are WeChat's
        case ChannelKind::alipay:
            policy.first_query = std::chrono::seconds(3);
            policy.query_every = std::chrono::seconds(3);
            policy.earliest_reverse = core::Duration{0};
            break;
    }
    return policy;
}

core::Duration reverse_delay(const Policy& policy, int tries) {
    constexpr std::array<int, 7> seconds{0, 2, 5, 10, 15, 30, 60};
    if (tries < static_cast<int>(seconds.size()))
        return std::chrono::seconds(seconds[static_cast<std::size_t>(tries)]);
    return policy.reverse_repeat;
}

}  // namespace huitong::payments
