// SimTime, Signal, Group: the order of wake-ups, early ends, and waits that outlive nothing.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "task/group.hpp"

namespace huitong::task {
namespace {

using namespace std::chrono_literals;
constexpr core::Instant start = core::from_us(1'772'683'200'000'000);

struct World {
    boost::asio::io_context io;
    SimTime time{io, start};
    std::vector<std::string> log;
    std::vector<std::string> failures;
    Group group{io.get_executor(), time, [this](std::exception_ptr failure) {
                    try {
                        std::rethrow_exception(failure);
                    } catch (const std::exception& problem) {
                        failures.emplace_back(problem.what());
                    }
                }};
};

Awaitable<void> sleeper(World& world, std::string name, core::Duration wait) {
    co_await world.time.sleep_for(wait);
    world.log.push_back(name + "@" + std::to_string((world.time.now() - start) / 1s));
}

TEST(SimTimeTest, WakesByTimeThenInTheOrderOfWaiting) {
    World world;
    world.group.spawn(sleeper(world, "late", 5s));
    world.group.spawn(sleeper(world, "first", 2s));
    world.group.spawn(sleeper(world, "second", 2s));
    world.group.spawn(sleeper(world, "past", -3s));
    world.time.run_until_idle();
    EXPECT_EQ(world.log, (std::vector<std::string>{"past@0", "first@2", "second@2", "late@5"}));
    EXPECT_EQ(world.group.size(), 0U);
}

TEST(SimTimeTest, StopsAtItsLimitWithTheClockThere) {
    World world;
    world.group.spawn(sleeper(world, "a", 2s));
    world.group.spawn(sleeper(world, "b", 10s));
    world.time.run_until(start + 5s);
    EXPECT_EQ(world.log, (std::vector<std::string>{"a@2"}));
    EXPECT_EQ(world.time.now(), start + 5s);
    world.time.run_until([&] { return world.log.size() == 2; });
    EXPECT_EQ(world.time.now(), start + 10s);
}

Awaitable<void> waiter(World& world, Signal& signal, core::Duration limit) {
    const bool is_notified = co_await signal.wait_until(world.time.now() + limit);
    world.log.push_back((is_notified ? "notified@" : "timed out@") +
                        std::to_string((world.time.now() - start) / 1s));
}

Awaitable<void> notifier(World& world, Signal& signal, core::Duration wait) {
    co_await world.time.sleep_for(wait);
    signal.notify_all();
}

TEST(SignalTest, NotifiesAllWaitersOnceAndTimesOutTheOthers) {
    World world;
    Signal signal(world.time);
    world.group.spawn(waiter(world, signal, 1s));
    world.group.spawn(waiter(world, signal, 10s));
    world.group.spawn(waiter(world, signal, 20s));
    world.group.spawn(notifier(world, signal, 3s));
    world.time.run_until_idle();
    EXPECT_EQ(world.log, (std::vector<std::string>{"timed out@1", "notified@3", "notified@3"}));
    EXPECT_FALSE(signal.has_waiters());
    EXPECT_EQ(world.time.now(), start + 3s) << "nobody waits for the old limits";
}

Awaitable<void> thrower(World& world) {
    co_await world.time.sleep_for(1s);
    throw std::runtime_error("disk is gone");
}

Awaitable<void> joiner(World& world) {
    co_await world.group.join();
    world.log.push_back("joined@" + std::to_string((world.time.now() - start) / 1s));
}

TEST(GroupTest, StopEndsWaitsJoinWaitsForAllAndFailuresAreReported) {
    World world;
    world.group.spawn(waiter(world, world.group.stopping(), 1h));
    world.group.spawn(sleeper(world, "child", 4s));
    world.group.spawn(thrower(world));
    Group outer(world.io.get_executor(), world.time, [](std::exception_ptr) {});
    outer.spawn(joiner(world));
    world.time.run_until(start + 2s);
    EXPECT_EQ(world.failures, std::vector<std::string>{"disk is gone"});
    world.group.stop();
    EXPECT_TRUE(world.group.is_stopping());
    world.time.run_until_idle();
    EXPECT_EQ(world.log, (std::vector<std::string>{"notified@2", "child@4", "joined@4"}));
}

Awaitable<void> short_then_busy(World& world) {
    co_await world.time.sleep_for(1s);
    co_await boost::asio::post(boost::asio::use_awaitable);
    co_await world.time.sleep_for(1h);
    world.log.push_back("slept through");
}

TEST(SimTimeTest, CancellationEndsTheWaitAndTheNextOneThrows) {
    World world;
    boost::asio::cancellation_signal stop;
    bool is_ended = false;
    boost::asio::co_spawn(
        world.io, short_then_busy(world),
        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { is_ended = true; }));
    world.time.run_until(start + 10s);
    EXPECT_FALSE(is_ended);
    stop.emit(boost::asio::cancellation_type::terminal);
    world.time.run_until(start + 11s);
    EXPECT_TRUE(is_ended);
}

Awaitable<void> wait_and_return(World& world, boost::asio::cancellation_signal& stop) {
    co_await world.time.sleep_for(1s);
    stop.emit(boost::asio::cancellation_type::terminal);  // the timer of that wait is gone
    world.log.push_back("after");
}

TEST(SimTimeTest, CancellationAfterAWaitEndedTouchesNothing) {
    World world;
    boost::asio::cancellation_signal stop;
    boost::asio::co_spawn(world.io, wait_and_return(world, stop),
                          boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    world.time.run_until_idle();
    EXPECT_EQ(world.log, std::vector<std::string>{"after"});
}

Awaitable<void> sleep_then_set(Time& time, bool& is_done) {
    co_await time.sleep_for(1h);
    is_done = true;
}

TEST(SimTimeTest, WaitsLeftAtTheEndAreDropped) {
    boost::asio::io_context io;
    auto time = std::make_unique<SimTime>(io, start);
    bool is_done = false;
    boost::asio::co_spawn(io, sleep_then_set(*time, is_done), [](std::exception_ptr) {});
    time->run_until(start + 1s);
    time.reset();
    io.restart();
    io.poll();
    EXPECT_FALSE(is_done);
}

}  // namespace
}  // namespace huitong::task
