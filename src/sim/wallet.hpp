// The payer's side of the control plane: what a wallet does with a code or string that it was given, as a
// page for people and as a call for tests (spec/channels 6.4).
#pragma once

#include "net/message.hpp"

namespace huitong::sim {

class Simulators;

// Whether the path is one of those below.
[[nodiscard]] bool is_wallet_path(std::string_view path);

// POST /_sim/scan {"content": what was read}: which order it is; it counts as scanned.
// GET /_sim/wallet?content=…[&back=URL]: the cashier as a page; POST /_sim/wallet/{pay,cancel,wrong-password}
// with the same query: what its buttons do.
// GET /cgi-bin/mmpayweb-bin/checkmweb?prepay_id=…[&redirect_url=URL]: WeChat's address of an H5 order.
// `content`: a QR code's text, a prepay_id, a trade_no, or a string that the merchant signed for Alipay.
[[nodiscard]] task::Awaitable<net::Response> wallet(Simulators& simulators, net::Request request);

}  // namespace huitong::sim
