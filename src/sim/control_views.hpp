// What the control plane shows, as JSON, and what it understands, from JSON (spec/channels 6.4).
#pragma once

#include "codec/json.hpp"
#include "sim/simulators.hpp"

namespace huitong::sim {

[[nodiscard]] codec::Json view_clock(const VirtualClock& clock);
[[nodiscard]] codec::Json view_options(const Options& options);
[[nodiscard]] codec::Json view_fault(const Fault& fault);
[[nodiscard]] codec::Json view_entry(const JournalEntry& entry);
[[nodiscard]] codec::Json view_violation(const Violation& violation);
[[nodiscard]] codec::Json view_order(const Order& order, Service& channel);
[[nodiscard]] codec::Json view_notice(const Notice& notice);
// WeChat's totals as members, Alipay's in one of them.
[[nodiscard]] codec::Json view_summary(Simulators& simulators);

// What a merchant must know to verify API v3's answers, and which certificate signs.
[[nodiscard]] codec::Json view_wechat(Simulators& simulators);
// {"platform_key":"announce|switch|retire"}: a step of its rotation; conflict where it is not the next.
// {"apiv3_key":"32 characters"[,"mch_id":…]}: of that merchant, or of the first. invalid {bad_wechat}
[[nodiscard]] core::Result<void> change_wechat(Simulators& simulators, const codec::Json& change);

// All with code invalid. {"advance_s":n} | {"scale":n} | {"set":"RFC 3339"}, in that order. reason: bad_clock
[[nodiscard]] core::Result<void> change_clock(VirtualClock& clock, const codec::Json& change);
// Every member must be a known switch; nothing changes unless all are good. reason: bad_option
[[nodiscard]] core::Result<void> change_options(Options& options, const codec::Json& change);
// {"match":{…},"do":"…","times":n}; channel and op must be those of a simulator. reason: bad_fault
[[nodiscard]] core::Result<Fault> parse_fault(Simulators& simulators, const codec::Json& json);

}  // namespace huitong::sim
