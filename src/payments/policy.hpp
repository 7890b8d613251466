// Policy: every delay, deadline and retry of the pay story, per channel (spec/channels 3.10). All measured
// from sending the pay call unless said otherwise.
#pragma once

#include "core/time.hpp"
#include "payments/payment.hpp"

namespace huitong::payments {

struct Policy {
    core::Duration send_by =
        std::chrono::seconds(5);  // after the request arrived: later it is not sent at all
    core::Duration call_timeout = std::chrono::seconds(10);  // read time-out of a call to the channel
    core::Duration first_query = std::chrono::seconds(5);    // after the pay call's answer
    core::Duration query_every = std::chrono::seconds(5);
    core::Duration query_spacing = std::chrono::seconds(2);  // least time between two queries of one payment
    core::Duration deadline = std::chrono::seconds(30);      // then one last query, then reverse
    core::Duration last_query_timeout = std::chrono::seconds(3);
    core::Duration earliest_reverse = std::chrono::milliseconds(15'500);  // the channel's 15 s and a margin
    core::Duration in_flight_bound = std::chrono::seconds(90);  // read time-out + life of a payment code
    core::Duration launch_valid_for = std::chrono::minutes(4);  // how long a payer may begin
    core::Duration launch_grace = std::chrono::minutes(1);      // after that: one last query, then close
    core::Duration launch_patience = std::chrono::seconds(20);  // without answer the same call is repeated
    core::Duration launch_repeat = std::chrono::seconds(2);
    core::Duration close_repeat = std::chrono::seconds(30);
    core::Duration reverse_repeat = std::chrono::minutes(5);    // after the fixed schedule of reverse_delay()
    core::Duration reverse_give_up = std::chrono::minutes(30);  // from the first reversal: then manual review
    core::Duration watch_every = std::chrono::hours(1);
    core::Duration watch_for = std::chrono::hours(24);
    core::Duration review_query_for =
        std::chrono::hours(24 * 7);                            // hourly for watch_for, then daily until this
    core::Duration refund_spacing = std::chrono::seconds(61);  // between two refunds of one payment
    core::Duration refund_first_look =
        std::chrono::seconds(1);  // after a refund was accepted, or not answered: the first refund query
    core::Duration refund_give_up = std::chrono::hours(24 * 7);  // not proven by then: a person decides
    int most_refunds = 50;                                       // of one payment
    int refund_days = 365;  // after payment, unless the account says otherwise
    core::Duration lease =
        std::chrono::seconds(30);  // how long after its due time an act is left to its owner
    core::Duration horizon =
        std::chrono::seconds(60);  // acts due later than this wait in the store, owned by nobody
};

[[nodiscard]] Policy default_policy(ChannelKind channel);
// The wait before the reversal after `tries` were done: 0, 2, 5, 10, 15, 30, 60 s, then reverse_repeat.
[[nodiscard]] core::Duration reverse_delay(const Policy& policy, int tries);
// The wait before the next query of a payment launched that long ago: every 5 s in its first minute, then 15,
// 30 and 60 s (spec/channels 3.10).
[[nodiscard]] core::Duration launch_query_delay(core::Duration age);
// The wait before the next look at a refund of that age: 2 s, 10 s, 1 min, 5 min, 30 min, then hourly, after
// a day daily (spec/channels 3.10).
[[nodiscard]] core::Duration refund_delay(core::Duration age);

}  // namespace huitong::payments
