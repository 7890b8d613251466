// The book's own housekeeping: orders by their names, findings once each, lines of stories.
#include "auditor/book.hpp"

#include <algorithm>

#include "core/money.hpp"

namespace huitong::auditor {

std::string masked_code(std::string_view code) {
    constexpr std::size_t shown = 4;
    if (code.size() <= shown) return "…";
    return "…" + std::string(code.substr(code.size() - shown));
}

std::string yuan(std::int64_t fen) {
    return fen < 0 ? "-" + core::to_decimal(core::fen(-fen)) : core::to_decimal(core::fen(fen));
}

std::string key_of(Side side, std::string_view number) {
    return (side == Side::wechat ? "w/" : "a/") + std::string(number);
}

Refund* Trade::find_refund(const std::string& refund_number) {
    const auto found = std::ranges::find(refunds, refund_number, &Refund::number);
    return found == refunds.end() ? nullptr : &*found;
}

bool Trade::is_proven_over() const {
    const bool is_refunded =
        std::ranges::any_of(refunds, [](const Refund& one) { return one.is_automatic && one.is_proven; });
    if (is_launched) return is_unsent || is_refused || has_pay_failed || is_undone || is_refunded;
    return is_unsent || is_refused || has_pay_failed || (has_arrived && is_undone) || is_undone_late ||
           is_refunded;
}

bool Order::is_decided_as(std::initializer_list<std::string_view> verdicts) const {
    return std::ranges::any_of(decisions, [&](const Decision& decision) {
        return std::ranges::find(verdicts, decision.verdict) != verdicts.end();
    });
}

RefundAsk* Order::find_refund(const std::string& request_no, std::optional<std::int64_t> amount) {
    const auto found = std::ranges::find_if(refunds, [&](const RefundAsk& ask) {
        return ask.request_no == request_no && (!amount || ask.amount == *amount);
    });
    return found == refunds.end() ? nullptr : &*found;
}

Auditor::Book::Book(const core::Clock& the_clock, Sides the_sides)
    : clock(the_clock), sides(std::move(the_sides)), began(the_clock.now()) {}

const Account* Auditor::Book::find_account(const std::string& merchant_sn, Side side,
                                           std::string Account::* name, const std::string& value) const {
    const auto found = std::ranges::find_if(accounts, [&](const Account& one) {
        return one.merchant_sn == merchant_sn && one.side == side && one.*name == value;
    });
    return found == accounts.end() ? nullptr : &*found;
}

bool Auditor::Book::has_accounts(const std::string& merchant_sn) const {
    return std::ranges::find(accounts, merchant_sn, &Account::merchant_sn) != accounts.end();
}

void Auditor::Book::count(std::string_view what) {
    const auto found = counts.find(what);
    if (found != counts.end()) {
        ++found->second;
    } else {
        counts.emplace(what, 1);
    }
}

void Auditor::Book::report(std::string_view rule, const Order* order, std::string_view number,
                           std::string text) {
    Finding finding{.at = clock.now(), .rule = std::string(rule)};
    if (order != nullptr) {
        finding.merchant_sn = order->merchant_sn;
        finding.client_sn = order->client_sn;
    }
    finding.number = number;
    finding.text = std::move(text);
    std::string key = finding.rule;
    for (const std::string* const part : {&finding.merchant_sn, &finding.client_sn, &finding.number}) {
        key += "/" + *part;
    }
    // What is about no order is told apart by its text.
    if (order == nullptr && number.empty()) key += finding.text;
    if (reported.insert(std::move(key)).second) findings.push_back(std::move(finding));
}

void Auditor::Book::note(Order* order, std::string text) {
    if (order != nullptr) order->events.push_back({clock.now(), std::move(text)});
}

Order* Auditor::Book::order_at(std::size_t index) {
    return index == nobody ? nullptr : &orders[index];
}

std::size_t Auditor::Book::open_order(const std::string& merchant_sn, const std::string& client_sn) {
    const auto [place, is_new] = by_client_sn.try_emplace(merchant_sn + "/" + client_sn, orders.size());
    if (is_new) orders.push_back({.merchant_sn = merchant_sn, .client_sn = client_sn});
    return place->second;
}

}  // namespace huitong::auditor
