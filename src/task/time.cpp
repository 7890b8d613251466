#include "task/time.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace huitong::task {

namespace {

class RealTimer final : public Timer {
  public:
    RealTimer(boost::asio::io_context& io, const core::Clock& clock) : timer_(io), clock_(clock) {}

    Awaitable<bool> wait_until(core::Instant until) override {
        timer_.expires_after(std::max(core::Duration{0}, until - clock_.now()));
        boost::system::error_code error;
        co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
        co_return !error;
    }

    void cancel() override { timer_.cancel(); }

  private:
    boost::asio::steady_timer timer_;
    const core::Clock& clock_;
};

}  // namespace

Awaitable<void> Time::sleep_until(core::Instant until) {
    const auto timer = make_timer();
    co_await timer->wait_until(until);
}

Awaitable<void> Time::sleep_for(core::Duration duration) {
    co_await sleep_until(now() + duration);
}

std::unique_ptr<Timer> RealTime::make_timer() {
    return std::make_unique<RealTimer>(io_, clock_);
}

}  // namespace huitong::task
