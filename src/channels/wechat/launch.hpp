// What the payer begins an order of unifiedorder with: the text of a code, an address, or the parameters that
// the payer's device calls the wallet with (spec/channels 1A.7).
#pragma once

#include <string>

#include "codec/xml.hpp"
#include "ports/channel.hpp"
#include "ports/directory.hpp"

namespace huitong::channels::wechat {

// `answered`: a good answer to unifiedorder. qr: code_url; h5: mweb_url with
// the way back; otherwise a JSON object, signed with
// the account's algorithm: of JSAPI under WeChat's names (appId, timeStamp, nonceStr, package, signType,
// paySign) and under those of the terminal API (spec/upay 3.5) at once. "" when the answer lacks what it
// takes.
[[nodiscard]] std::string launch_text(const codec::XmlFields& answered, const ports::ChannelAccount& account,
                                      const ports::LaunchCall& call, std::string nonce);

}  // namespace huitong::channels::wechat
