#include "flows/records.hpp"

#include <algorithm>

namespace huitong::flows {

using core::Code;
using core::fail;
using payments::Payment;
using ports::Tx;

task::Task<Dossier> read_dossier(Reader reader, core::PaymentSn sn, bool with_exchanges) {
    auto dossier = co_await reader.read([sn](Tx& tx) -> core::Result<Dossier> {
        auto found = tx.payments().find(sn);
        if (!found) return fail(Code::not_found, "no_payment");
        return Dossier{.order = std::move(*found),
                       .timeline = tx.payments().timeline(sn),
                       .entries = tx.payments().entries(sn),
                       .proposals = tx.reviews().list({.payment = sn, .only_open = false})};
    });
    if (dossier && !with_exchanges) {
        for (payments::TimelineRow& row : dossier->timeline) row.exchange.reset();
    }
    co_return dossier;
}

namespace {

// Of the form that core::NumberSource gives them: a letter, the payment's number, the process's epoch.
std::optional<payments::Aggregate> find_by_channel_number(Tx& tx, const std::string& number) {
    constexpr std::size_t digits = 16;
    if (number.size() <= digits) return std::nullopt;
    const auto sn = core::parse_payment_sn(number.substr(1, digits));
    auto found = sn ? tx.payments().find(*sn) : std::nullopt;
    if (!found) return std::nullopt;
    const bool is_its_own =
        found->payment.channel_number == number ||
        std::ranges::find(found->operations, number, &payments::Operation::number) != found->operations.end();
    return is_its_own ? std::move(found) : std::nullopt;
}

std::optional<core::PaymentSn> sn_of(Tx& tx, const PaymentSearch& search) {
    if (!search.client_sn.empty())
        return tx.payments().find_by_client_sn(search.merchant_sn, search.client_sn);
    if (!search.trade_no.empty()) return tx.payments().find_by_trade_no(search.merchant_sn, search.trade_no);
    const auto sn = core::parse_payment_sn(search.sn);
    return sn ? std::optional(*sn) : std::nullopt;
}

}  // namespace

task::Task<std::vector<Payment>> find_payments(Reader reader, PaymentSearch search) {
    const bool is_inside_a_merchant = !search.client_sn.empty() || !search.trade_no.empty();
    if (is_inside_a_merchant && search.merchant_sn.empty()) co_return fail(Code::invalid, "merchant_needed");
    co_return co_await reader.read([search](Tx& tx) -> core::Result<std::vector<Payment>> {
        std::optional<payments::Aggregate> found;
        if (!search.channel_number.empty()) {
            found = find_by_channel_number(tx, search.channel_number);
        } else if (const auto sn = sn_of(tx, search)) {
            found = tx.payments().find(*sn);
        }
        const bool is_others =
            found && !search.merchant_sn.empty() && found->payment.merchant_sn != search.merchant_sn;
        if (!found || is_others) return std::vector<Payment>{};
        return std::vector<Payment>{std::move(found->payment)};
    });
}

task::Task<std::vector<RefundInReview>> list_refunds_in_review(Reader reader, core::PaymentSn after,
                                                               std::size_t most) {
    co_return co_await reader.read([after, most](Tx& tx) -> core::Result<std::vector<RefundInReview>> {
        std::vector<RefundInReview> refunds;
        for (const core::PaymentSn sn : tx.payments().list_refunds_in_review(after, most)) {
            const auto order = tx.payments().find(sn);
            if (!order) continue;
            for (const payments::Operation& operation : order->operations) {
                if (operation.kind == payments::OperationKind::refund &&
                    operation.state == payments::OperationState::manual)
                    refunds.push_back({order->payment, operation});
            }
        }
        return refunds;
    });
}

task::Task<std::vector<UsedLimit>> list_used_limits(Reader reader, core::Instant now) {
    const core::Date today = core::to_beijing_date(now);
    co_return co_await reader.read([today](Tx& tx) -> core::Result<std::vector<UsedLimit>> {
        std::vector<UsedLimit> used;
        for (const ports::Limit& limit : tx.limits().list())
            used.push_back({limit, tx.limits().used(limit, today)});
        std::ranges::sort(used, [](const UsedLimit& a, const UsedLimit& b) {
            return std::tuple(to_string(a.limit.kind), a.limit.subject) <
                   std::tuple(to_string(b.limit.kind), b.limit.subject);
        });
        return used;
    });
}

}  // namespace huitong::flows
