// Sample rows for the tests of the store and its benchmark. Every field has a value of its own, so that two
// columns that were swapped show.
#pragma once

#include <string>

#include "payments/rules.hpp"
#include "ports/directory.hpp"

namespace huitong::store::sample {

// The `n`-th payment number of the merchant's shard.
[[nodiscard]] core::PaymentSn make_sn(const std::string& merchant_sn, std::int64_t n);
// A new payment with its pay operation, sent by `owner`.
[[nodiscard]] payments::Aggregate make_intent(const std::string& merchant_sn, const std::string& client_sn,
                                              std::int64_t n, const std::string& owner = "process-1");
// What a good answer changes: payment and pay operation, one posting, one timeline row with its exchange.
[[nodiscard]] payments::Change make_paid(const payments::Aggregate& before);
// A change of every field that may change, with a second operation, two entries and two timeline rows.
[[nodiscard]] payments::Change make_full_change(const payments::Aggregate& before);

[[nodiscard]] ports::Vendor make_vendor();
[[nodiscard]] ports::App make_app();
[[nodiscard]] ports::Merchant make_merchant();
[[nodiscard]] ports::Store make_store();
[[nodiscard]] ports::ActivationCode make_code();
[[nodiscard]] ports::Terminal make_terminal();
[[nodiscard]] ports::ChannelAccount make_account();
[[nodiscard]] ports::Operator make_operator();
[[nodiscard]] ports::AuditRow make_audit_row(std::int64_t id);

}  // namespace huitong::store::sample
