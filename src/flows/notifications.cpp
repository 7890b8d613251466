#include "flows/notifications.hpp"

#include <algorithm>
#include <array>

#include "core/mutation.hpp"

namespace huitong::flows {

using ports::Notification;
using ports::NotificationTry;
using ports::Postman;

namespace {

constexpr std::size_t most_of_answer = 200;
constexpr std::string_view undelivered = "notification_undelivered";

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// As text for a column and a terminal: bytes that are no ASCII text come as "?".
std::string shown(std::string_view answer) {
    std::string text(answer.substr(0, most_of_answer));
    std::ranges::replace_if(text, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return text;
}

std::string text_of(const core::Error& error) {
    return error.detail.empty() ? error.reason : error.reason + ": " + error.detail;
}

// One for each receiver and hour: a receiver that is away fails every notification of its merchant.
ports::Alert undelivered_alert(const Notification& notification, core::Instant now) {
    const auto hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
    const std::string receiver = receiver_of(notification.url);
    return {.id = std::string(undelivered) + "/" + receiver + "/" + std::to_string(hour),
            .at = now,
            .name = std::string(undelivered),
            .detail = receiver + " has confirmed none of " + std::to_string(notification.failures) +
                      " tries; there may be more: huitong admin notification list --undelivered",
            .payment = notification.payment,
            .delivered_at = std::nullopt,
            .next_at = now,
            .acknowledged_by = {},
            .acknowledged_at = std::nullopt};
}

}  // namespace

std::optional<core::Duration> next_try_after(int failures) {
    using namespace std::chrono_literals;
    static constexpr std::array<core::Duration, 4> waits{1s, 5s, 30s, 600s};
    const auto n = static_cast<std::size_t>(std::max(failures, 1));
    if (n > waits.size()) return std::nullopt;
    return waits[n - 1];
}

bool is_confirmed(const Postman::Receipt& receipt) {
    if (HUITONG_MUTATED("notification_answer_unread")) return true;
    if (receipt.status < 200 || receipt.status > 299) return false;
    constexpr std::string_view blanks = " \t\r\n";
    std::string_view text = receipt.body;
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    text = text.substr(0, text.find_last_not_of(blanks) + 1);
    return std::ranges::equal(text, std::string_view("success"), {}, to_lower);
}

std::string receiver_of(std::string_view url) {
    const auto scheme = url.find("://");
    const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
    return std::string(url.substr(0, url.find_first_of("/?#", host)));
}

Notifications::Notifications(NotificationDeps deps, NotificationOptions options)
    : deps_(std::move(deps)),
      options_(options),
      wake_(deps_.time),
      // work() and deliver() let nothing through.
      group_(deps_.executor, deps_.time, [](const std::exception_ptr&) {}) {}

void Notifications::start() {
    if (deps_.postman != nullptr) group_.spawn(work());
}

void Notifications::request_stop() {
    group_.stop();
    wake_.notify_all();
}

task::Awaitable<void> Notifications::stop() {
    request_stop();
    co_await group_.join();
}

void Notifications::wake() {
    is_woken_ = true;
    wake_.notify_all();
}

void Notifications::on_change(const payments::Aggregate*, const payments::Change& change) {
    if (deps_.postman != nullptr && !payments::notify_events(change).empty()) wake();
}

task::Awaitable<void> Notifications::work() {
    while (!group_.is_stopping()) {
        is_woken_ = false;
        const bool is_well = co_await turn();
        const core::Instant next = deps_.time.now() + options_.scan_every;
        if (!is_well) {
            co_await group_.stopping().wait_until(next);
        } else if (!is_woken_ && !group_.is_stopping()) {
            (void)co_await wake_.wait_until(next);
        }
    }
}

task::Awaitable<bool> Notifications::turn() {
    try {
        const auto begun = co_await begin_due();
        if (!begun) deps_.observer.on_trouble("notifications", begun.error());
        co_return begun.has_value();
    } catch (const std::exception& problem) {
        deps_.observer.on_trouble("notifications",
                                  core::Error{core::Code::internal, "exception", problem.what()});
    }
    co_return false;
}

task::Task<void> Notifications::begin_due() {
    const core::Instant now = deps_.time.now();
    const std::size_t most = options_.scan_most;
    auto due =
        co_await deps_.store.read([now, most](ports::Tx& tx) -> core::Result<std::vector<Notification>> {
            return tx.notifications().find_due(now, most);
        });
    if (!due) co_return std::unexpected(std::move(due.error()));
    has_more_ = due->size() == most;
    for (Notification& notification : *due) {
        if (group_.is_stopping()) break;
        const Key key{notification.payment, notification.ordinal};
        if (under_way_.contains(key)) continue;
        if (under_way_.size() >= options_.most_at_once) {
            has_more_ = true;
            break;
        }
        int& busy = busy_[receiver_of(notification.url)];
        if (busy >= options_.most_per_receiver) {
            const core::Instant until = now + options_.put_off;
            auto put_off =
                co_await deps_.store.write([notification, until](ports::Tx& tx) -> core::Result<void> {
                    tx.notifications().claim(notification, until);
                    return {};
                });
            if (!put_off && put_off.error().reason != "taken") co_return put_off;
            continue;
        }
        ++busy;
        under_way_.insert(key);
        group_.spawn(deliver(std::move(notification)));
    }
    co_return core::Result<void>{};
}

task::Awaitable<void> Notifications::deliver(Notification notification) {
    const Key key{notification.payment, notification.ordinal};
    const std::string receiver = receiver_of(notification.url);
    try {
        const auto done = co_await attempt(std::move(notification));
        if (!done) deps_.observer.on_trouble_of(key.first, "notifications", done.error());
    } catch (const std::exception& problem) {
        deps_.observer.on_trouble_of(key.first, "notifications",
                                     core::Error{core::Code::internal, "exception", problem.what()});
    }
    under_way_.erase(key);
    const auto busy = busy_.find(receiver);
    if (--busy->second == 0) busy_.erase(busy);
    if (has_more_) wake();
}

task::Task<bool> Notifications::prepare(Notification& notification, core::Instant until) {
    if (notification.body.empty()) {
        const core::PaymentSn sn = notification.payment;
        const auto order =
            co_await deps_.store.read([sn](ports::Tx& tx) -> core::Result<payments::Aggregate> {
                auto found = tx.payments().find(sn);
                if (!found) return core::fail(core::Code::internal, "no_payment");
                return std::move(*found);
            });
        if (!order) co_return std::unexpected(order.error());
        notification.body = deps_.body_of(*order);
    }
    const auto claimed =
        co_await deps_.store.write([notification, until](ports::Tx& tx) -> core::Result<void> {
            tx.notifications().claim(notification, until);
            return {};
        });
    if (claimed || HUITONG_MUTATED("notification_claim_ignored")) co_return true;
    if (claimed.error().reason == "taken") co_return false;
    co_return std::unexpected(claimed.error());
}

task::Task<NotificationTry> Notifications::try_once(const Notification& notification) {
    NotificationTry tried{
        .number = notification.tries + 1, .at = deps_.time.now(), .answer = {}, .error = {}};
    const std::string signature = deps_.sign(notification.body);
    const std::string before = notification.signed_as.empty() ? std::string() : notification.signed_as + " ";
    const auto receipt = co_await deps_.postman->post(
        {.url = notification.url, .authorization = before + signature, .body = notification.body});
    tried.took = deps_.time.now() - tried.at;
    if (receipt) {
        tried.status = receipt->status;
        tried.answer = shown(receipt->body);
        if (!is_confirmed(*receipt)) tried.error = "not_confirmed";
    } else {
        tried.error = text_of(receipt.error());
    }
    count(tried, receipt);
    co_return tried;
}

void Notifications::count(const NotificationTry& tried, const core::Result<Postman::Receipt>& receipt) {
    const bool is_blocked = !receipt && (receipt.error().code == core::Code::denied ||
                                         receipt.error().code == core::Code::invalid);
    if (tried.error.empty()) {
        ++counts_.delivered;
    } else if (receipt) {
        ++counts_.refused;
    } else {
        ++(is_blocked ? counts_.blocked : counts_.unanswered);
    }
}

task::Task<void> Notifications::attempt(Notification notification) {
    const core::Instant until = deps_.time.now() + options_.claim_for;
    const auto is_ours = co_await prepare(notification, until);
    if (!is_ours) co_return std::unexpected(is_ours.error());
    if (!*is_ours) co_return core::Result<void>{};
    const auto tried = co_await try_once(notification);
    if (!tried) co_return std::unexpected(tried.error());

    Notification after = std::move(notification);
    const core::Instant now = deps_.time.now();
    after.tries = tried->number;
    after.next_at.reset();
    if (tried->error.empty()) {
        after.delivered_at = now;
    } else if (const auto wait = next_try_after(++after.failures)) {
        after.next_at = now + *wait;
    }
    const bool is_given_up = !after.delivered_at && !after.next_at;
    auto noted = co_await deps_.store.write([=](ports::Tx& tx) -> core::Result<void> {
        tx.notifications().note_try(after, until, *tried);
        if (is_given_up) tx.alerts().raise(undelivered_alert(after, now));
        return {};
    });
    // Sent again by a person, or by another node after its claim had ended: that try counts.
    if (!noted && noted.error().reason == "taken") co_return core::Result<void>{};
    if (noted && is_given_up) ++counts_.given_up;
    co_return noted;
}

}  // namespace huitong::flows
