// Orders that the payer begins: what he does with the code or string that the till shows him, which is told
// to the simulated channel by the order's subject, or done by his wallet.
#pragma once

#include "simulate/dice.hpp"
#include "simulate/stage.hpp"

namespace huitong::simulate {

// An order with its payer's plans; client_sn and amount are the cashier's.
[[nodiscard]] app::Precreate draw_launched(Dice& dice, const std::string& name);

// A payer whose wallet takes a signed string to Alipay, where nobody has heard of it before. Ends with him.
[[nodiscard]] task::Awaitable<bool> pay_by_wallet(Stage& stage, std::string content, std::uint64_t seed);

}  // namespace huitong::simulate
