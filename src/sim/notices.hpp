// Notices: the worker that tells merchants what happened to orders that payers start, on the simulators'
// clock, by each channel's schedule, until it is acknowledged or given up (spec/channels 6.5). It also wakes
// the channels when a payer's later act is due, so that its notice is not late.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "net/http_client.hpp"
#include "sim/clock.hpp"
#include "sim/journal.hpp"
#include "sim/notice.hpp"
#include "task/group.hpp"

namespace huitong::sim {

class Notices {
  public:
    Notices(VirtualClock& clock, task::Time& time, Journal& journal)
        : clock_(clock), time_(time), journal_(journal) {}

    // The way out; without it nothing is ever delivered, nor is anybody woken. `transport` must outlive it.
    void start(boost::asio::any_io_executor executor, net::HttpTransport& transport);
    // Nothing more is delivered. What is under way ends; join() waits for it.
    void stop();
    [[nodiscard]] task::Awaitable<void> join();

    void post(std::string_view channel, NoticeWriter& writer, Notice notice);
    // Once more, at once, whatever became of it; the schedule goes on.
    void resend(std::string_view channel, const std::shared_ptr<Notice>& notice, NoticeScript play);
    // Calls `act` at that virtual time, unless all was cleared before.
    void wake_at(core::Instant due, std::function<void()> act);
    // Of one order of a channel, in the order in which they came into being.
    [[nodiscard]] std::vector<std::shared_ptr<Notice>> of(std::string_view channel,
                                                          std::uint32_t order) const;
    // Forgets everything, also what is under way.
    void clear();

  private:
    struct Posted {
        std::string channel;
        NoticeWriter* writer;
        std::shared_ptr<Notice> notice;
    };
    struct Told {
        bool is_acknowledged = false;
        std::string outcome = {};  // for the journal
        net::Response answer = {};
    };

    [[nodiscard]] task::Awaitable<void> run(Posted posted, std::uint64_t era);
    [[nodiscard]] task::Awaitable<void> deliver(Posted posted, NoticeScript play, std::uint64_t era);
    [[nodiscard]] task::Awaitable<Told> send(const Posted& posted, const NoticeText& text);
    [[nodiscard]] task::Awaitable<void> wake(core::Instant due, std::function<void()> act, std::uint64_t era);
    // False when everything was cleared or stopped meanwhile.
    [[nodiscard]] task::Awaitable<bool> wait_until(core::Instant due, std::uint64_t era);
    [[nodiscard]] task::Awaitable<bool> wait_for_release(Posted posted, std::uint64_t era);
    [[nodiscard]] bool is_current(std::uint64_t era) const { return era == era_ && !group_->is_stopping(); }
    void release_others(const Posted& posted);

    VirtualClock& clock_;
    task::Time& time_;
    Journal& journal_;
    std::unique_ptr<task::Group> group_;  // null: not started
    net::HttpTransport* transport_ = nullptr;
    std::map<std::pair<std::string, std::uint32_t>, std::vector<Posted>> posted_;  // by channel and order
    std::uint64_t era_ = 0;                                                        // ends with clear()
};

}  // namespace huitong::sim
