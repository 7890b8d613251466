// Channel: the simulated WeChat as an HTTP service (spec/channels 1A.1).
#pragma once

#include "sim/service.hpp"
#include "sim/wechat/desk.hpp"

namespace huitong::sim {

extern template class ServiceOf<wechat::Desk>;

namespace wechat {

using Channel = ServiceOf<Desk>;

}  // namespace wechat
}  // namespace huitong::sim
