// Channel: the simulated Alipay as an HTTP service (spec/channels 2.1).
#pragma once

#include "sim/alipay/desk.hpp"
#include "sim/service.hpp"

namespace huitong::sim {

extern template class ServiceOf<alipay::Desk>;

namespace alipay {

using Channel = ServiceOf<Desk>;

}  // namespace alipay
}  // namespace huitong::sim
