// What the payer paid with, in the words of payment_list[].type (spec/upay 4.6).
#pragma once

#include <string_view>

#include "payments/payment.hpp"

namespace huitong::api::upay {

// `funding` is the channel's own name: WeChat's bank_type, Alipay's fund_channel or, of a bank card, its
// fund_type. What is not listed counts as the wallet's balance.
[[nodiscard]] std::string_view funding_type(payments::ChannelKind channel, std::string_view funding);

}  // namespace huitong::api::upay
