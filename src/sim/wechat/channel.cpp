// The one place where the service is compiled for WeChat.
#include "sim/wechat/channel.hpp"

namespace huitong::sim {

template class ServiceOf<wechat::Desk>;

}  // namespace huitong::sim
