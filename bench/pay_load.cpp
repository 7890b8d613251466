#include "pay_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "core/log_histogram.hpp"
#include "crypto/digest.hpp"
#include "load/schedule.hpp"
#include "process_cpu.hpp"

namespace huitong::bench {

namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// What all connections of one run share.
class Run {
  public:
    explicit Run(const LoadOptions& options)
        : options_(options),
          schedule_({.rate_per_s = options.rate_per_s,
                     .length = core::Duration(std::llround(options.seconds * 1e6)),
                     .most = options.most,
                     .mix = {1, 0, 0, 0}}),
          start_(Clock::now()) {}

    // The number and scheduled time of the next payment; false when the run is over.
    bool next(std::int64_t& number, Clock::time_point& scheduled) {
        const auto arrival =
            schedule_.next(std::chrono::duration_cast<core::Duration>(Clock::now() - start_));
        if (!arrival) return false;
        number = options_.first_number + issued_++;
        scheduled = start_ + arrival->at;
        return true;
    }

    void count(std::string_view body, Clock::time_point scheduled) {
        const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - scheduled);
        latency_us_.add(taken.count());
        if (body.find("\"PAY_SUCCESS\"") != std::string_view::npos) {
            ++result_.paid;
        } else if (result_.others++ == 0) {
            result_.first_other = body;
        }
    }

    LoadResult finish(double cpu_used) {
        result_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        result_.per_s = static_cast<double>(result_.paid) / result_.seconds;
        result_.cpu_us_per_payment =
            cpu_used * 1e6 / static_cast<double>(std::max<std::int64_t>(1, result_.paid));
        result_.p50_us = static_cast<double>(latency_us_.percentile(500'000));
        result_.p99_us = static_cast<double>(latency_us_.percentile(990'000));
        return result_;
    }

    const LoadOptions& options() const { return options_; }

  private:
    const LoadOptions& options_;
    load::Schedule schedule_;
    Clock::time_point start_;
    std::int64_t issued_ = 0;
    core::LogHistogram latency_us_;
    LoadResult result_;
};

std::string make_request(const Run& run, int connection, std::int64_t number) {
    const load::Identity& till =
        run.options().tills[static_cast<std::size_t>(connection) % run.options().tills.size()];
    // A code of the simulator without magic: 13, six digits that name the payer, six more, scenario 00. A
    // payer comes back only after a million payments, so that nobody is asked for a password.
    const std::string body =
        fmt::format(R"({{"terminal_sn":"{}","client_sn":"{:03}-{:012}","total_amount":"{}","payway":"3",)"
                    R"("dynamic_id":"13{:06}{:06}0000","subject":"bench","operator":"bench"}})",
                    till.sn, connection, number, 1 + number % 1000, number % 1'000'000, number / 1'000'000);
    return fmt::format(
        "POST /upay/v2/pay HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: "
        "{} {}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        till.sn, crypto::md5_hex(body, till.key), body.size(), body);
}

// Reads one response into `buffer` and returns its body. Nothing is pipelined, so nothing follows it.
asio::awaitable<std::string_view> read_response(asio::ip::tcp::socket& socket, std::string& buffer) {
    std::size_t used = 0;
    std::size_t body_at = std::string::npos;
    std::size_t body_size = 0;
    for (;;) {
        used += co_await socket.async_read_some(asio::buffer(buffer.data() + used, buffer.size() - used),
                                                asio::use_awaitable);
        const std::string_view text(buffer.data(), used);
        if (body_at == std::string::npos) {
            const auto end = text.find("\r\n\r\n");
            if (end == std::string_view::npos) continue;
            body_at = end + 4;
            const auto length = text.find("Content-Length: ");
            if (length == std::string_view::npos)
                throw std::runtime_error("a response without Content-Length");
            std::from_chars(buffer.data() + length + 16, buffer.data() + end, body_size);
        }
        if (used >= body_at + body_size) co_return text.substr(body_at, body_size);
    }
}

asio::awaitable<void> run_connection(Run& run, int connection) {
    const auto executor = co_await asio::this_coro::executor;
    asio::ip::tcp::socket socket(executor);
    asio::steady_timer timer(executor);
    const auto& ports = run.options().ports;
    const std::uint16_t port = ports[static_cast<std::size_t>(connection) % ports.size()];
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
    socket.set_option(asio::ip::tcp::no_delay(true));
    std::string buffer(16 << 10, '\0');
    Clock::time_point scheduled;
    std::int64_t number = 0;
    while (run.next(number, scheduled)) {
        if (scheduled > Clock::now()) {
            timer.expires_at(scheduled);
            co_await timer.async_wait(asio::use_awaitable);
        }
        const std::string request = make_request(run, connection, number);
        co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
        run.count(co_await read_response(socket, buffer), scheduled);
    }
}

}  // namespace

LoadResult run_load(const LoadOptions& options) {
    asio::io_context io(1);
    Run run(options);
    const double cpu_before = own_cpu_seconds();
    for (int connection = 0; connection < options.connections; ++connection) {
        asio::co_spawn(io, run_connection(run, connection), [](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }
    io.run();
    return run.finish(own_cpu_seconds() - cpu_before);
}

}  // namespace huitong::bench
