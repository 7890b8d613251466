// Who hears what: the wires' events go to the part of the book that keeps them.
#include "auditor/auditor.hpp"

#include "auditor/book.hpp"

namespace huitong::auditor {

Auditor::Auditor(const core::Clock& clock, Sides sides)
    : book_(std::make_unique<Book>(clock, std::move(sides))) {}

Auditor::~Auditor() = default;

void Auditor::know_terminal(Terminal terminal) {
    std::string sn = terminal.sn;
    book_->terminals.insert_or_assign(std::move(sn), std::move(terminal));
}

void Auditor::know_account(Account account) {
    book_->accounts.push_back(std::move(account));
}

void Auditor::know_limit(Limit limit) {
    book_->limits.push_back(std::move(limit));
}

void Auditor::on_sent(std::uint64_t call, const net::Origin& to, const net::Request& request) {
    if (to == book_->sides.gateway) {
        if (auto read = read_till_call(request)) book_->till_sent(call, std::move(*read));
        return;
    }
    const bool is_wechat = to == book_->sides.wechat;
    if (!is_wechat && to != book_->sides.alipay) return;
    auto read = is_wechat ? read_wechat_call(request) : read_alipay_call(request);
    if (read) {
        book_->channel_sent(call, std::move(*read));
    } else {
        book_->report("channel_call_unreadable", nullptr, {}, "to " + to.text() + request.target);
    }
}

void Auditor::on_arrived(std::uint64_t call, bool is_copy) {
    if (const auto till = book_->till_calls.find(call); till != book_->till_calls.end())
        book_->till_arrived(till->second, is_copy);
    if (const auto channel = book_->channel_calls.find(call); channel != book_->channel_calls.end())
        book_->channel_arrived(channel->second, is_copy);
}

void Auditor::on_answered(std::uint64_t call, const net::Response& answer, bool is_copy) {
    if (const auto till = book_->till_calls.find(call); till != book_->till_calls.end())
        book_->till_answered(till->second, answer, is_copy);
    if (const auto channel = book_->channel_calls.find(call); channel != book_->channel_calls.end())
        book_->channel_answered(channel->second, answer, is_copy);
}

void Auditor::on_heard(std::uint64_t call, const core::Result<net::Response>& answer) {
    if (const auto till = book_->till_calls.find(call); till != book_->till_calls.end())
        book_->till_heard(till->second, answer);
    if (const auto channel = book_->channel_calls.find(call); channel != book_->channel_calls.end())
        book_->channel_heard(channel->second, answer);
}

void Auditor::on_crash(std::string_view how) {
    ++book_->life;
    // What was heard in the last moments may not have been written.
    const core::Instant written = book_->clock.now() - std::chrono::seconds(5);
    for (Trade& trade : book_->trades) {
        if (trade.other_amount_heard && *trade.other_amount_heard > written) trade.other_amount_heard.reset();
    }
    book_->count("crash");
    book_->world.push_back({book_->clock.now(), "crash: " + std::string(how)});
}

void Auditor::on_restore(core::Instant backup_at) {
    ++book_->life;
    book_->count("restore");
    const core::Instant now = book_->clock.now();
    book_->restored = now;
    book_->backup_at = backup_at;
    book_->is_catching_up = true;
    book_->world.push_back({now, "restored a backup of " + core::to_rfc3339(backup_at)});
}

void Auditor::on_decision(const std::string& merchant_sn, const std::string& client_sn,
                          std::string_view verdict) {
    const std::size_t index = book_->open_order(merchant_sn, client_sn);
    Order& order = book_->orders[index];
    order.in_review = book_->clock.now();
    order.decisions.push_back({book_->clock.now(), std::string(verdict)});
    book_->note(&order, "decided by a person: " + std::string(verdict));
}

void Auditor::on_refund_decision(const std::string& merchant_sn, const std::string& client_sn,
                                 const std::string& request_no, std::string_view verdict) {
    Order& order = book_->orders[book_->open_order(merchant_sn, client_sn)];
    book_->refund_decisions.push_back(book_->clock.now());
    if (RefundAsk* const ask = order.find_refund(request_no)) {
        ask->is_decided_done = ask->is_decided_done || verdict == "refunded";
        ask->is_decided_not_done = verdict == "not_refunded";
        for (const std::size_t index : order.trades) {
            if (Refund* const refund = book_->trades[index].find_refund(ask->number))
                refund->is_given_up = ask->is_decided_not_done;
        }
    }
    book_->note(&order, "decided by a person: refund " + request_no + " " + std::string(verdict));
}

void Auditor::on_alert_delivered(const std::string& id) {
    book_->delivered_alerts.insert(id);
}

const std::vector<Finding>& Auditor::findings() const {
    return book_->findings;
}

const std::map<std::string, std::uint64_t, std::less<>>& Auditor::counts() const {
    return book_->counts;
}

}  // namespace huitong::auditor
