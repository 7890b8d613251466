#include "payments/policy.hpp"

#include <array>
#include <span>

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
            policy.refund_spacing = core::Duration{0};
            policy.refund_first_look = std::chrono::seconds(10);
            policy.most_refunds = 100;
            policy.refund_days = 90;
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

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Row {
    core::Duration below;
    core::Duration wait;
};

core::Duration wait_at(core::Duration age, std::span<const Row> rows, core::Duration last) {
    for (const Row& row : rows) {
        if (age < row.below) return row.wait;
    }
    return last;
}

}  // namespace

core::Duration launch_query_delay(core::Duration age) {
    static constexpr Row rows[] = {
        {minutes(1), seconds(5)}, {minutes(2), seconds(15)}, {minutes(3), seconds(30)}};
    return wait_at(age, rows, minutes(1));
}

core::Duration refund_delay(core::Duration age) {
    static constexpr Row rows[] = {{seconds(3), seconds(2)}, {seconds(15), seconds(10)},
                                   {minutes(2), minutes(1)}, {minutes(10), minutes(5)},
                                   {hours(1), minutes(30)},  {hours(24), hours(1)}};
    return wait_at(age, rows, hours(24));
}

}  // namespace huitong::payments
