// How a refund looks to a upay client: the state of its operation in the words of decision table 5.3, and
// which refund of an order is the last one. The engine's own refunds are never shown.
#pragma once

#include <string_view>

#include "api/upay/order_view.hpp"

namespace huitong::api::upay {

enum class RefundStage {
    running,  // on its way, waiting its turn, or accepted by the channel and not yet proven
    done,
    refused,  // with the channel's evidence
    unknown,
};
[[nodiscard]] RefundStage stage_of(const payments::Operation& refund);

// `status` of the refund itself (spec/upay 4.2).
[[nodiscard]] std::string_view refund_status(RefundStage stage);

// The merchant's refund that was last at work: the newest unfinished one, else the one that ended last; null
// when there is none.
[[nodiscard]] const payments::Operation* last_refund(const payments::Aggregate& aggregate);

// 5.3: what the refund request is told at the end of its wait. "FAIL" goes without data.
[[nodiscard]] Verdict refund_verdict(const payments::Aggregate& aggregate, const payments::Operation& refund);
// 3.6: SUCCESS, with the reason when that refund was refused.
[[nodiscard]] Verdict refund_query_verdict(const payments::Operation& refund);

}  // namespace huitong::api::upay
