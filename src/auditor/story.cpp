// The story of one order for people: its own events in the order of time, with what happened to the whole
// platform between its first and its last.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "auditor/book.hpp"

namespace huitong::auditor {

namespace {

// "+0:03:05.120"
std::string offset(core::Instant began, core::Instant at) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at - began).count();
    return fmt::format("+{}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

const Order* find_order(const Auditor::Book& book, const Finding& finding) {
    const auto named = book.by_client_sn.find(finding.merchant_sn + "/" + finding.client_sn);
    if (named != book.by_client_sn.end()) return &book.orders[named->second];
    for (const Side side : {Side::wechat, Side::alipay}) {
        for (const auto* const index : {&book.by_number, &book.by_refund_number}) {
            const auto found = index->find(key_of(side, finding.number));
            if (found == index->end()) continue;
            const std::size_t order = book.trades[found->second].order;
            if (order != nobody) return &book.orders[order];
        }
    }
    return nullptr;
}

}  // namespace

std::vector<std::string> Auditor::story(const Finding& finding) const {
    const Order* const order = find_order(*book_, finding);
    if (order == nullptr || order->events.empty()) return {};
    const core::Instant first = order->events.front().at;
    const core::Instant last = order->events.back().at;
    std::vector<Event> world;
    std::ranges::copy_if(book_->world, std::back_inserter(world),
                         [&](const Event& event) { return event.at >= first && event.at <= last; });
    std::vector<Event> events;
    std::ranges::merge(order->events, world, std::back_inserter(events), {}, &Event::at, &Event::at);
    std::vector<std::string> lines;
    lines.reserve(events.size());
    for (const Event& event : events) lines.push_back(offset(book_->began, event.at) + " " + event.text);
    return lines;
}

}  // namespace huitong::auditor
