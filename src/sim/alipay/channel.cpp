// The one place where the service is compiled for Alipay.
#include "sim/alipay/channel.hpp"

namespace huitong::sim {

template class ServiceOf<alipay::Desk>;

}  // namespace huitong::sim
