// The control plane: how tests and people look into the simulators and steer them (spec/channels 6.4). JSON
// in and out; an error is {"error": reason, "detail": text} with status 400, 404, 405 or 409.
#pragma once

#include "net/message.hpp"

namespace huitong::sim {

class Simulators;

inline constexpr std::string_view control_prefix = "/_sim/";

// GET,POST clock · GET,POST,DELETE faults · GET,POST options · GET journal, summary, violations · POST reset
// · GET orders/{wechat,alipay}[/number] · POST orders/{wechat,alipay}/number/{scan,pay,cancel,wrong-password}
// · POST notify/{wechat,alipay}/number/resend
[[nodiscard]] net::Response control(Simulators& simulators, const net::Request& request);

}  // namespace huitong::sim
