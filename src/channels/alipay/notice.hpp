// Notices of Alipay (spec/channels 2.10): forms signed with the gateway's key. Anybody may send one, and even
// a good one only says where to look.
#pragma once

#include <string_view>

#include "channels/alipay/signature.hpp"
#include "core/result.hpp"
#include "payments/answers.hpp"
#include "ports/channel.hpp"
#include "ports/directory.hpp"

namespace huitong::channels::alipay {

// reasons: unreadable; bad_signature (also another algorithm, and another certificate where one is named);
// other_account; not_a_result
[[nodiscard]] core::Result<payments::Notice> read_notice(const ports::ChannelAccount& account,
                                                         const AccountKeys& keys, std::string_view body);
[[nodiscard]] ports::NoticeReply reply_to_notice(bool is_heard);

}  // namespace huitong::channels::alipay
