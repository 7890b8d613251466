// What a channel account must look like before it is kept: better refused at the desk than found out at the
// first payment (spec/channels 1A.1, 2.1).
#pragma once

#include "ports/directory.hpp"

namespace huitong::flows {

// The channel's real address and its usual way of signing, where none is given.
void fill_defaults(ports::ChannelAccount& account);
// invalid {bad_account}: detail names the field
[[nodiscard]] core::Result<void> check_account(const ports::ChannelAccount& account);

}  // namespace huitong::flows
