// Where channels send their notices: POST /notify/{wechat|alipay}/{channel account} (spec/channels
// 1A.11, 2.10).
#pragma once

#include <functional>
#include <string_view>

#include "flows/engine.hpp"
#include "net/message.hpp"

namespace huitong::api::notify {

using TakeNotice = std::function<task::Awaitable<ports::NoticeReply>(
    payments::ChannelKind channel, std::string account_id, ports::RawNotice notice)>;

[[nodiscard]] bool is_mine(std::string_view path);
// Answers in the channel's own words; 404 for an account that there is not, 405 for anything but POST.
[[nodiscard]] net::Handler make_handler(TakeNotice take_notice);

}  // namespace huitong::api::notify
