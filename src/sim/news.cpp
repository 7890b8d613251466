// Desk's news: what an order that the payer starts has to tell its merchant, once each.
#include <algorithm>

#include "sim/desk.hpp"

namespace huitong::sim {

Notice Desk::begin_notice(News news, const Order& order, core::Instant now) {
    const Launch& launch = *order.launch;
    return Notice{.news = news,
                  .order = order.serial,
                  .out_trade_no = std::string(order.number()),
                  .url = launch.notify_url,
                  .script = launch.plan.notify,
                  .born_at = now};
}

std::vector<Notice> Desk::take_news(Order& order, core::Instant now) {
    std::vector<Notice> news;
    Launch& launch = *order.launch;
    const auto keep = [&](Notice notice) {
        if (!notice.url.empty() && !notice.fields.empty()) news.push_back(std::move(notice));
    };
    if (order.was_paid() && !launch.is_payment_told) {
        launch.is_payment_told = true;
        Notice notice = begin_notice(News::paid, order, now);
        tell_payment(notice, order);
        keep(std::move(notice));
    }
    for (Refund* const refund : books_.refunds().of(order.serial)) {
        const bool is_settled = refund->is_accepted() && refund->state != RefundState::processing;
        if (!is_settled || refund->is_told) continue;
        refund->is_told = true;
        Notice notice = begin_notice(News::refunded, order, now);
        // What holds the payment's notice back waits for this one.
        if (notice.script.play == NoticePlay::reorder) notice.script = {};
        if (const auto own = find_directive(refund->reason, "notify"); own && options_.magic) {
            notice.script = parse_notice_script(*own).value_or(NoticeScript{});
        }
        tell_refund(notice, order, *refund);
        keep(std::move(notice));
    }
    if (order.state == State::revoked && !launch.is_end_told) {
        launch.is_end_told = true;
        Notice notice = begin_notice(News::closed, order, now);
        if (notice.script.play == NoticePlay::reorder) notice.script = {};
        tell_end(notice, order);
        keep(std::move(notice));
    }
    return news;
}

Notice Desk::imagine_payment(const Order& order, core::Instant now) {
    Order paid = order;
    if (paid.row == nullptr) paid.created_at = now;
    paid.row = &plain_row();
    Books::pay(paid, now);
    Notice notice = begin_notice(News::paid, paid, now);
    tell_payment(notice, paid);
    return notice;
}

core::Instant Desk::next_news(const Order& order) {
    const Launch& launch = *order.launch;
    core::Instant next = never;
    const bool is_open = order.state == State::absent || order.state == State::paying;
    if (is_open && !launch.is_scanned) next = std::min(next, launch.scan_at);
    if (is_open && launch.is_scanned) next = std::min(next, launch.pay_at);
    if (order.state == State::paying && tells_end(launch)) next = std::min(next, launch.ends_at);
    for (const Refund* const refund : books_.refunds().of(order.serial)) {
        if (refund->state == RefundState::processing) next = std::min(next, refund->ends_at);
    }
    return next;
}

std::string Desk::return_link(const Order&, core::Instant) {
    return {};
}

}  // namespace huitong::sim
