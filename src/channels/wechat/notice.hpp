// Notices of WeChat Pay v2 (spec/channels 1A.11): of a payment, signed; and of a refund, unsigned but
// encrypted under the API key. Anybody may send one, and even a good one only says where to look.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "payments/answers.hpp"
#include "ports/channel.hpp"
#include "ports/directory.hpp"

namespace huitong::channels::wechat {

// reasons: unreadable; bad_signature (also another algorithm than the account's, and a refund that our key
// does not open); other_account; not_a_result
[[nodiscard]] core::Result<payments::Notice> read_notice(const ports::ChannelAccount& account,
                                                         std::string_view body);
[[nodiscard]] ports::NoticeReply reply_to_notice(bool is_heard);

}  // namespace huitong::channels::wechat
