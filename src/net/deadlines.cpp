// The timer coroutine lives while there is an item, so an idle client keeps no io_context running.
#include "net/deadlines.hpp"

#include <boost/asio/co_spawn.hpp>

namespace huitong::net {

namespace {

constexpr core::Duration longest_sleep = std::chrono::hours(1);

}  // namespace

Deadlines::Item::Item(std::shared_ptr<Deadlines> owner) : owner_(std::move(owner)) {
    owner_->add(*this);
}

Deadlines::Item::~Item() {
    owner_->remove(*this);
}

void Deadlines::Item::set_deadline(core::Duration after) {
    is_expired_ = false;
    at_ = owner_->time_.now() + after;
    if (at_ >= owner_->next_wake_) return;
    owner_->next_wake_ = at_;
    owner_->timer_->cancel();
}

Deadlines::Deadlines(boost::asio::any_io_executor executor, task::Time& time)
    : executor_(std::move(executor)), time_(time), timer_(time.make_timer()) {}

void Deadlines::add(Item& item) {
    item.index_ = items_.size();
    items_.push_back(&item);
    if (is_running_) return;
    is_running_ = true;
    boost::asio::co_spawn(executor_, run(shared_from_this()), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
}

void Deadlines::remove(Item& item) {
    items_.back()->index_ = item.index_;
    items_[item.index_] = items_.back();
    items_.pop_back();
    if (items_.empty()) timer_->cancel();
}

void Deadlines::expire_due() {
    const auto now = time_.now();
    next_wake_ = now + longest_sleep;
    for (Item* item : items_) {
        if (item->at_ <= now) {
            item->clear_deadline();
            item->is_expired_ = true;
            item->on_deadline();
        } else {
            next_wake_ = std::min(next_wake_, item->at_);
        }
    }
}

task::Awaitable<void> Deadlines::run(std::shared_ptr<Deadlines> self) {
    while (!self->items_.empty()) {
        self->expire_due();
        co_await self->timer_->wait_until(self->next_wake_);
    }
    self->is_running_ = false;
}

}  // namespace huitong::net
