// Finding what a merchant means: by our number, the channel's, or the merchant's own; never outside the
// merchant (spec/upay 6.2).
#include "core/mutation.hpp"
#include "flows/engine.hpp"

namespace huitong::flows {

using core::Code;
using payments::Aggregate;

namespace {

enum class MayBeTradeNo { no, yes };

// What the caller names the payment with: `sn_text` first, then `client_sn`.
std::optional<Aggregate> look_up(ports::Tx& tx, const std::string& merchant_sn, const std::string& sn_text,
                                 const std::string& client_sn, MayBeTradeNo may_be_trade_no) {
    const auto take = [&](std::optional<core::PaymentSn> sn) -> std::optional<Aggregate> {
        if (!sn) return std::nullopt;
        auto found = tx.payments().find(*sn);
        const bool is_foreign = found && found->payment.merchant_sn != merchant_sn;
        if (is_foreign && !HUITONG_MUTATED("merchants_not_isolated")) found.reset();
        return found;
    };
    if (const auto sn = core::parse_payment_sn(sn_text)) {
        if (auto found = take(*sn)) return found;
    }
    if (may_be_trade_no == MayBeTradeNo::yes && !sn_text.empty()) {
        if (auto found = take(tx.payments().find_by_trade_no(merchant_sn, sn_text))) return found;
    }
    if (client_sn.empty()) return std::nullopt;
    return take(tx.payments().find_by_client_sn(merchant_sn, client_sn));
}

core::Result<Aggregate> found_or_not(std::optional<Aggregate> found) {
    if (!found) return core::fail(Code::not_found, "no_payment");
    return std::move(*found);
}

}  // namespace

task::Task<Aggregate> Engine::find(std::string merchant_sn, std::string sn_text, std::string client_sn) {
    co_return co_await deps_.store.read([=](ports::Tx& tx) -> core::Result<Aggregate> {
        return found_or_not(look_up(tx, merchant_sn, sn_text, client_sn, MayBeTradeNo::no));
    });
}

task::Task<Aggregate> Engine::find_for_refund(std::string merchant_sn, std::string sn_text,
                                              std::string client_sn) {
    co_return co_await deps_.store.read([=](ports::Tx& tx) -> core::Result<Aggregate> {
        return found_or_not(look_up(tx, merchant_sn, sn_text, client_sn, MayBeTradeNo::yes));
    });
}

task::Task<FoundRefund> Engine::find_refund(std::string merchant_sn, std::string sn_text,
                                            std::string client_sn, std::string request_no) {
    co_return co_await deps_.store.read([=](ports::Tx& tx) -> core::Result<FoundRefund> {
        std::optional<Aggregate> order;
        if (sn_text.empty() && client_sn.empty()) {
            const auto all = tx.payments().find_by_request_no(merchant_sn, request_no);
            if (all.size() > 1) return core::fail(Code::conflict, "ambiguous");
            if (!all.empty()) order = tx.payments().find(all.front());
        } else {
            order = look_up(tx, merchant_sn, sn_text, client_sn, MayBeTradeNo::yes);
        }
        if (!order) return core::fail(Code::not_found, "no_payment");
        const payments::Operation* const refund = order->find_refund(request_no);
        if (!refund) return core::fail(Code::not_found, "no_refund");
        const int seq = refund->seq;
        return FoundRefund{.order = std::move(*order), .seq = seq};
    });
}

}  // namespace huitong::flows
