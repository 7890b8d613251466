// What the tests of this library share: real sockets on loopback, one io_context, and coroutines run to their
// end.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/http_client.hpp"
#include "net/http_server.hpp"

namespace huitong::net {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

inline auto into(boost::system::error_code& error) {
    return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

struct Loopback : testing::Test {
    boost::asio::io_context io;
    task::RealTime time{io};
    int handled = 0;
    int finished = 0;
    Request seen;

    template <class T>
    T run(task::Awaitable<T> story) {
        std::optional<T> result;
        boost::asio::co_spawn(io, std::move(story), [&result](std::exception_ptr failure, T value) {
            if (failure) std::rethrow_exception(failure);
            result.emplace(std::move(value));
        });
        const auto limit = time.now() + 20s;
        while (!result && time.now() < limit) step(100ms);
        if (!result) throw std::runtime_error("the story did not end");
        return std::move(*result);
    }

    void step(core::Duration limit) {
        io.restart();
        io.run_one_for(limit);
    }

    void run_for(core::Duration duration) {
        const auto limit = time.now() + duration;
        while (time.now() < limit) step(5ms);
    }

    // Answers by path: /echo, /slow (300 ms), /drop, /truncate, /throw, anything else "hello".
    static task::Awaitable<Response> handle(Loopback* test, Request request) {
        ++test->handled;
        test->seen = request;
        auto response = make_response(200, "text/plain", request.path() == "/echo" ? request.body : "hello");
        if (request.path() == "/slow") co_await test->time.sleep_for(300ms);
        if (request.path() == "/drop") response.delivery = Delivery::drop;
        if (request.path() == "/truncate") response.delivery = Delivery::truncate;
        if (request.path() == "/throw") throw std::runtime_error("lost the database");
        ++test->finished;
        co_return response;
    }

    std::unique_ptr<HttpServer> serve(ServerOptions options = {}) {
        auto server = std::make_unique<HttpServer>(io, time, std::move(options), [this](Request request) {
            return handle(this, std::move(request));
        });
        EXPECT_TRUE(server->start());
        return server;
    }

    core::Result<Response> send(HttpClient& client, const HttpServer& server, std::string target,
                                CallOptions options = {}, std::string body = "") {
        Request request;
        request.target = std::move(target);
        request.body = std::move(body);
        return run(client.send(Origin{false, "127.0.0.1", server.port()}, request, options));
    }

    // Writes `bytes` as they are and returns what comes back until the peer closes ("<reset>" appended on
    // RST).
    static task::Awaitable<std::string> talk(boost::asio::io_context* io, std::uint16_t port,
                                             std::string bytes) {
        tcp::socket socket(*io);
        boost::system::error_code error;
        co_await socket.async_connect({boost::asio::ip::address_v4::loopback(), port}, into(error));
        co_await boost::asio::async_write(socket, boost::asio::buffer(bytes), into(error));
        std::string got;
        char piece[4096];
        do {
            const auto size = co_await socket.async_read_some(boost::asio::buffer(piece), into(error));
            got.append(piece, size);
        } while (!error);
        if (error != boost::asio::error::eof) got.append("<reset>");
        co_return got;
    }

    std::string raw(const HttpServer& server, std::string bytes) {
        return run(talk(&io, server.port(), std::move(bytes)));
    }
};

inline void expect_error(const core::Result<Response>& result, core::Code code, std::string_view reason) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(core::to_string(result.error().code), core::to_string(code)) << result.error().detail;
    EXPECT_EQ(result.error().reason, reason) << result.error().detail;
}

}  // namespace huitong::net
