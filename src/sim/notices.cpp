// Every notice is a coroutine of its own: a slow receiver delays nobody else's. A late answer counts as none,
// by the machine's clock; the schedule runs on the simulators'.
#include "sim/notices.hpp"

#include <algorithm>
#include <exception>

namespace huitong::sim {

namespace {

constexpr core::Duration patience = std::chrono::seconds(5);
constexpr core::Duration longest_hold = std::chrono::minutes(10);
constexpr core::Duration after_release = std::chrono::seconds(1);

struct Address {
    net::Origin origin;
    std::string target;
};

core::Result<Address> parse_url(std::string_view url) {
    const auto host = url.find("://");
    const auto slash = host == url.npos ? url.npos : url.find('/', host + 3);
    const auto path = std::min(slash, url.find('?'));
    auto base = net::parse_base_url(url.substr(0, path));
    if (!base) return std::unexpected(std::move(base.error()));
    std::string target(path == url.npos ? std::string_view() : url.substr(path));
    if (!target.starts_with('/')) target.insert(0, "/");
    return Address{std::move(base->origin), std::move(target)};
}

}  // namespace

std::string poisoned_xml() {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
           "<!DOCTYPE xml [<!ENTITY file SYSTEM \"file:///etc/hostname\"><!ENTITY a \"aaaaaaaaaa\">"
           "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
           "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">]>"
           "<xml><return_code>SUCCESS</return_code><attach>&file;&e;</attach></xml>";
}

void Notices::start(boost::asio::any_io_executor executor, net::HttpTransport& transport) {
    transport_ = &transport;
    group_ = std::make_unique<task::Group>(std::move(executor), time_, [](const std::exception_ptr& failure) {
        // Whoever runs the simulators hears of it.
        std::rethrow_exception(failure);
    });
}

void Notices::stop() {
    if (group_ == nullptr) return;
    group_->stop();
    clock_.wake();
}

task::Awaitable<void> Notices::join() {
    if (group_ != nullptr) co_await group_->join();
}

void Notices::clear() {
    ++era_;
    posted_.clear();
    clock_.wake();
}

void Notices::post(std::string_view channel, NoticeWriter& writer, Notice notice) {
    notice.next_at = notice.born_at;
    if (notice.script.play == NoticePlay::none) notice.is_over = true;
    if (notice.script.play == NoticePlay::delay) notice.next_at += std::chrono::seconds(notice.script.n);
    const Posted posted{std::string(channel), &writer, std::make_shared<Notice>(std::move(notice))};
    posted_[{posted.channel, posted.notice->order}].push_back(posted);
    if (group_ != nullptr && !group_->is_stopping() && !posted.notice->is_over) {
        group_->spawn(run(posted, era_));
    }
}

void Notices::resend(std::string_view channel, const std::shared_ptr<Notice>& notice, NoticeScript play) {
    const auto of_order = posted_.find({std::string(channel), notice->order});
    if (of_order == posted_.end() || group_ == nullptr || group_->is_stopping()) return;
    const auto found = std::ranges::find(of_order->second, notice, &Posted::notice);
    if (found != of_order->second.end()) group_->spawn(deliver(*found, play, era_));
}

void Notices::wake_at(core::Instant due, std::function<void()> act) {
    if (group_ == nullptr || group_->is_stopping()) return;
    group_->spawn(wake(due, std::move(act), era_));
}

std::vector<std::shared_ptr<Notice>> Notices::of(std::string_view channel, std::uint32_t order) const {
    std::vector<std::shared_ptr<Notice>> found;
    const auto of_order = posted_.find({std::string(channel), order});
    if (of_order == posted_.end()) return found;
    for (const Posted& posted : of_order->second) found.push_back(posted.notice);
    return found;
}

task::Awaitable<bool> Notices::wait_until(core::Instant due, std::uint64_t era) {
    while (is_current(era) && clock_.now() < due) co_await clock_.doze_until(due);
    co_return is_current(era);
}

task::Awaitable<bool> Notices::wait_for_release(Posted posted, std::uint64_t era) {
    Notice& notice = *posted.notice;
    notice.next_at = notice.born_at + longest_hold;
    while (is_current(era) && !notice.is_released && clock_.now() < notice.next_at) {
        co_await clock_.doze_until(notice.next_at);
    }
    if (notice.is_released) notice.next_at = clock_.now() + after_release;
    co_return is_current(era);
}

task::Awaitable<void> Notices::wake(core::Instant due, std::function<void()> act, std::uint64_t era) {
    if (co_await wait_until(due, era)) act();
}

task::Awaitable<void> Notices::run(Posted posted, std::uint64_t era) {
    const std::shared_ptr<Notice> notice = posted.notice;
    const NoticeScript script = notice->script;
    const bool is_held = script.play == NoticePlay::reorder;
    if (is_held && !co_await wait_for_release(posted, era)) co_return;
    const auto intervals = posted.writer->notice_intervals();
    for (std::size_t round = 0; round <= intervals.size(); ++round) {
        if (!co_await wait_until(notice->next_at, era)) co_return;
        if (notice->is_acknowledged) break;
        const bool is_first = round == 0;
        const std::int64_t copies = is_first && script.play == NoticePlay::dup ? script.n : 0;
        for (std::int64_t i = 0; i < copies; ++i) group_->spawn(deliver(posted, {}, era));
        const bool is_spoiled = is_first && script.is_spoiled();
        if (round < intervals.size()) notice->next_at += intervals[round];
        co_await deliver(posted, is_spoiled ? script : NoticeScript{}, era);
        if (notice->is_acknowledged) break;
    }
    notice->is_over = true;
}

void Notices::release_others(const Posted& posted) {
    bool has_released = false;
    for (const std::shared_ptr<Notice>& other : of(posted.channel, posted.notice->order)) {
        if (other == posted.notice || other->script.play != NoticePlay::reorder) continue;
        has_released = has_released || !other->is_released;
        other->is_released = true;
    }
    if (has_released) clock_.wake();
}

task::Awaitable<void> Notices::deliver(Posted posted, NoticeScript play, std::uint64_t era) {
    Notice& notice = *posted.notice;
    ++notice.attempts;
    const core::Instant now = clock_.now();
    const NoticeText text = posted.writer->write(notice, play, now);
    std::uint64_t seq = 0;
    if (journal_.is_on()) {
        seq = journal_.begin(JournalEntry{.channel = posted.channel,
                                          .op = notice.news == News::refunded ? "refund_notify" : "notify",
                                          .out_trade_no = notice.out_trade_no,
                                          .at = now,
                                          .request = text.body});
    }
    const Told told = co_await send(posted, text);
    if (!is_current(era)) co_return;
    // Whoever acknowledges what is not the channel's has not heard the channel.
    if (told.is_acknowledged && !play.is_spoiled()) notice.is_acknowledged = true;
    if (seq != 0) journal_.end(seq, told.answer, clock_.now(), told.outcome);
    release_others(posted);
}

task::Awaitable<Notices::Told> Notices::send(const Posted& posted, const NoticeText& text) {
    Told told;
    told.answer.status = 0;
    auto address = parse_url(posted.notice->url);
    if (!address) {
        told.outcome = "no_answer " + address.error().reason;
        co_return told;
    }
    net::Request request;
    request.target = std::move(address->target);
    request.headers.set("Content-Type", text.content_type);
    for (const net::Header& header : text.headers) request.headers.set(header.name, header.value);
    request.body = text.body;
    net::CallOptions limits;
    limits.connect_timeout = patience;
    limits.read_timeout = patience;
    const core::Instant sent_at = time_.now();
    auto answer = co_await transport_->send(std::move(address->origin), std::move(request), limits);
    if (!answer) {
        told.outcome = "no_answer " + answer.error().reason;
        co_return told;
    }
    told.answer = std::move(*answer);
    const bool is_late = time_.now() - sent_at > patience;
    told.is_acknowledged = !is_late && posted.writer->is_acknowledged(*posted.notice, told.answer);
    told.outcome = told.is_acknowledged ? "acknowledged" : is_late ? "late" : "refused";
    co_return told;
}

}  // namespace huitong::sim
