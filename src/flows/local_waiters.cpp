#include "flows/local_waiters.hpp"

namespace huitong::flows {

class LocalWaiters::LocalWatch final : public ports::Watch {
  public:
    LocalWatch(LocalWaiters& waiters, core::PaymentSn sn)
        : waiters_(waiters), sn_(sn), changed_(waiters.time_) {
        auto& list = waiters_.watches_[sn.value];
        place_ = list.insert(list.end(), this);
    }

    ~LocalWatch() override {
        const auto list = waiters_.watches_.find(sn_.value);
        list->second.erase(place_);
        if (list->second.empty()) waiters_.watches_.erase(list);
    }

    task::Awaitable<void> wait_beyond(std::int64_t seen, core::Instant until) override {
        const core::Duration every = waiters_.look_again_every_;
        if (every > core::Duration{0}) until = std::min(until, waiters_.time_.now() + every);
        while (announced_ <= seen && waiters_.time_.now() < until) co_await changed_.wait_until(until);
    }

    void take(std::int64_t version) {
        announced_ = std::max(announced_, version);
        changed_.notify_all();
    }

  private:
    LocalWaiters& waiters_;
    core::PaymentSn sn_;
    task::Signal changed_;
    std::int64_t announced_ = 0;
    std::list<LocalWatch*>::iterator place_;
};

std::unique_ptr<ports::Watch> LocalWaiters::watch(core::PaymentSn sn) {
    return std::make_unique<LocalWatch>(*this, sn);
}

void LocalWaiters::announce(core::PaymentSn sn, std::int64_t version) {
    const auto list = watches_.find(sn.value);
    if (list == watches_.end()) return;
    for (LocalWatch* watch : list->second) watch->take(version);
}

}  // namespace huitong::flows
