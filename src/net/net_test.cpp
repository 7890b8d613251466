// Server and client over real loopback sockets: framing, limits, timeouts and what each failure is called.
#include <map>

#include "net/test_support.hpp"
#include "net/wire.hpp"

namespace huitong::net {

namespace {

using core::Code;
const std::string tail = "Host: x\r\nConnection: close\r\n\r\n";

int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size()))
        ++found;
    return found;
}

std::string chunked(std::string body) {
    return "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
           std::move(body);
}

}  // namespace

TEST_F(Loopback, RoundTripKeepsEverything) {
    const auto server = serve();
    HttpClient client(io, time);
    Request request;
    request.method = "PUT";
    request.target = "/echo?a=1&b=%20";
    request.headers.add("X-One", "1");
    request.body = std::string("\0\r\nbody", 7) + std::string(300'000, 'x');
    const auto got = run(client.send(Origin{false, "127.0.0.1", server->port()}, request, {}));
    ASSERT_TRUE(got.has_value()) << got.error().reason << got.error().detail;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, request.body);
    EXPECT_EQ(got->headers.find("content-type"), "text/plain");
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.path(), "/echo");
    EXPECT_EQ(seen.query(), "a=1&b=%20");
    EXPECT_EQ(seen.headers.find("x-ONE"), "1");
    EXPECT_EQ(seen.headers.find("host"), "127.0.0.1:" + std::to_string(server->port()));
    EXPECT_EQ(seen.peer_ip, "127.0.0.1");
    EXPECT_FALSE(seen.has_client_certificate);
}

TEST_F(Loopback, ConnectionIsReused) {
    const auto server = serve();
    HttpClient client(io, time);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(send(client, *server, "/"));
    EXPECT_EQ(server->connections(), 1u);
    EXPECT_EQ(handled, 5);
}

TEST_F(Loopback, PipelinedRequestsAreAnsweredInOrder) {
    const auto server = serve();
    const auto post = [](std::string path, std::string body) {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    };
    const auto got =
        raw(*server, post("/slow", "") + post("/echo", "two") + "\r\nGET /last HTTP/1.1\r\n" + tail);
    EXPECT_EQ(count(got, "HTTP/1.1 200 OK"), 3) << got;
    EXPECT_LT(got.find("hello"), got.find("two"));
    EXPECT_EQ(count(got, "Connection: close"), 1);
    EXPECT_TRUE(got.ends_with("hello"));
}

TEST_F(Loopback, Http10ClosesUnlessAskedNotTo) {
    const auto server = serve();
    EXPECT_EQ(count(raw(*server, "GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\n\r\n"), "200 OK"), 1);
    const auto kept = raw(*server, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(count(kept, "200 OK"), 2);
    EXPECT_EQ(count(kept, "Connection: keep-alive"), 1);
}

TEST_F(Loopback, HeadGetsLengthWithoutBody) {
    const auto server = serve();
    const auto got = raw(*server, "HEAD / HTTP/1.1\r\n" + tail);
    EXPECT_EQ(count(got, "Content-Length: 5"), 1);
    EXPECT_TRUE(got.ends_with("\r\n\r\n"));
    EXPECT_EQ(seen.method, "HEAD");
    HttpClient client(io, time);
    Request request;
    request.method = "HEAD";
    const auto head = run(client.send(Origin{false, "127.0.0.1", server->port()}, request, {}));
    ASSERT_TRUE(head.has_value());
    EXPECT_EQ(head->body, "");
}

TEST_F(Loopback, BodyOfExactlyTheLimitPassesOneMoreIs413) {
    const auto server = serve();
    HttpClient client(io, time);
    const auto fits = send(client, *server, "/echo", {}, std::string(1 << 20, 'x'));
    ASSERT_TRUE(fits.has_value());
    EXPECT_EQ(fits->body.size(), 1u << 20);
    const auto refused = send(client, *server, "/echo", {}, std::string((1 << 20) + 1, 'x'));
    ASSERT_TRUE(refused.has_value()) << refused.error().reason;
    EXPECT_EQ(refused->status, 413);
    EXPECT_EQ(handled, 1);
}

TEST_F(Loopback, ChunkedBodyWithinTheLimit) {
    ServerOptions options;
    options.max_body_bytes = 8;
    const auto server = serve(options);
    const auto got = raw(*server, chunked("3\r\nabc\r\n2;x=1\r\nde\r\n0\r\nX-Trailer: no\r\n\r\n"));
    EXPECT_TRUE(got.ends_with("abcde")) << got;
    EXPECT_FALSE(seen.headers.find("x-trailer"));
    EXPECT_EQ(count(raw(*server, chunked("5\r\nabcde\r\n4\r\nfghi\r\n0\r\n\r\n")), "HTTP/1.1 413 "), 1);
    EXPECT_EQ(count(raw(*server, chunked("zz\r\nabc\r\n0\r\n\r\n")), "HTTP/1.1 400 "), 1);
    EXPECT_EQ(handled, 1);
}

TEST_F(Loopback, HeaderFloodIs431) {
    const auto server = serve();
    std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 2000; ++i) many += "X-" + std::to_string(i) + ": aaaaaaaaaaaaaaaa\r\n";
    EXPECT_TRUE(raw(*server, many + "\r\n").starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(raw(*server, "GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\n" + tail)
                    .starts_with("HTTP/1.1 431 "));
    EXPECT_TRUE(
        raw(*server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(12'000, 'a') + "\r\n" + tail.substr(9))
            .starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(handled, 1);
}

TEST_F(Loopback, MalformedAndAmbiguousRequestsAre400) {
    const auto server = serve();
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    for (const std::string& bytes :
         {std::string("GARBAGE\r\n\r\n"), std::string("GET / HTTP/3.0\r\nHost: x\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\n\r\n"), post + "Host: y\r\n\r\n", post + "bad header\r\n\r\n",
          post + "Content-Length : 3\r\n\r\nabc",
          post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
          post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", post + "Content-Length: -1\r\n\r\n",
          post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
          post + "Transfer-Encoding: identity\r\n\r\n",
          post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        const auto got = raw(*server, bytes + "GET /smuggled HTTP/1.1\r\n" + tail);
        EXPECT_TRUE(got.starts_with("HTTP/1.1 400 Bad Request\r\n")) << bytes << got;
        EXPECT_EQ(count(got, "HTTP/1.1"), 1) << bytes;
    }
    EXPECT_EQ(handled, 0);
}

TEST_F(Loopback, SlowPeersGet408AndIdleOnesAreClosed) {
    ServerOptions options;
    options.header_timeout = options.body_timeout = options.idle_timeout = 150ms;
    const auto server = serve(options);
    const auto begun = time.now();
    EXPECT_TRUE(raw(*server, "GET / HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(raw(*server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
                    .starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(raw(*server, ""), "");
    EXPECT_GE(time.now() - begun, 450ms);
    EXPECT_LT(time.now() - begun, 5s);
    EXPECT_EQ(handled, 0);
}

TEST_F(Loopback, ExpectContinueIsAnsweredBeforeTheBody) {
    ServerOptions options;
    options.body_timeout = 150ms;
    const auto server = serve(options);
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ";
    const auto got = raw(*server, head + "2\r\n\r\n");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 ")) << got;
    EXPECT_TRUE(raw(*server, head + "9999999\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST_F(Loopback, ExceptionBecomes500AndTheConnectionLives) {
    const auto server = serve();
    HttpClient client(io, time);
    const auto got = send(client, *server, "/throw");
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->status, 500);
    EXPECT_EQ(got->body, "internal error\n");
    EXPECT_TRUE(send(client, *server, "/"));
    EXPECT_EQ(server->connections(), 1u);
}

TEST_F(Loopback, DroppedAndTruncatedResponses) {
    const auto server = serve();
    HttpClient client(io, time);
    expect_error(send(client, *server, "/drop"), Code::unknown_outcome, "reset");
    expect_error(send(client, *server, "/truncate"), Code::unknown_outcome, "bad_http");
    EXPECT_EQ(raw(*server, "GET /drop HTTP/1.1\r\n" + tail), "<reset>");
    const auto half = raw(*server, "GET /truncate HTTP/1.1\r\n" + tail);
    EXPECT_EQ(count(half, "Content-Length: 5"), 1);
    EXPECT_TRUE(half.ends_with("\r\n\r\nhe")) << half;
}

TEST_F(Loopback, RefusedConnectIsUnavailable) {
    auto server = serve();
    const Origin origin{false, "localhost", server->port()};
    server.reset();
    HttpClient client(io, time);
    expect_error(run(client.send(origin, {}, {})), Code::unavailable, "connect_failed");
}

TEST_F(Loopback, ReadTimeoutIsUnknown) {
    const auto server = serve();
    HttpClient client(io, time);
    CallOptions options;
    options.read_timeout = 100ms;
    const auto begun = time.now();
    expect_error(send(client, *server, "/slow", options), Code::unknown_outcome, "read_timeout");
    EXPECT_LT(time.now() - begun, 250ms);
    run_for(400ms);
    EXPECT_EQ(finished, 1);  // the client was gone while the handler ran
    EXPECT_EQ(server->connections(), 0u);
}

TEST_F(Loopback, ConnectTimeoutWhenTheTlsPeerIsSilent) {
    const auto server = serve();
    HttpClient client(io, time);
    CallOptions options;
    options.connect_timeout = 100ms;
    expect_error(run(client.send(Origin{true, "127.0.0.1", server->port()}, {}, options)), Code::unavailable,
                 "tls_failed");  // plain server answers 400, which is no TLS
    tcp::acceptor silent(io, {boost::asio::ip::address_v4::loopback(), 0});
    expect_error(run(client.send(Origin{true, "localhost", silent.local_endpoint().port()}, {}, options)),
                 Code::unavailable, "connect_timeout");
}

TEST_F(Loopback, StalePooledConnectionIsNotUsed) {
    ServerOptions options;
    options.idle_timeout = 50ms;
    const auto server = serve(options);
    HttpClient client(io, time);
    ASSERT_TRUE(send(client, *server, "/"));
    run_for(150ms);
    EXPECT_EQ(server->connections(), 0u);
    EXPECT_TRUE(send(client, *server, "/"));
    EXPECT_EQ(handled, 2);
}

// Answers the first request of a connection and resets at the second; one more connection than that answers.
static task::Awaitable<int> fickle_peer(tcp::acceptor* acceptor, int* requests) {
    for (int connection = 0; connection < 2; ++connection) {
        auto socket = co_await acceptor->async_accept(boost::asio::use_awaitable);
        for (int i = 0; i < 2; ++i) {
            char bytes[1024];
            boost::system::error_code error;
            co_await socket.async_read_some(boost::asio::buffer(bytes), into(error));
            if (error) break;
            ++*requests;
            if (i == 1) break;
            static constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            co_await boost::asio::async_write(socket, boost::asio::buffer(answer), into(error));
        }
        socket.set_option(boost::asio::socket_base::linger(true, 0));
        socket.close();
    }
    co_return 0;
}

TEST_F(Loopback, OnlyARepeatableRequestIsSentAgain) {
    for (const bool must_not_repeat : {true, false}) {
        tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
        int requests = 0;
        boost::asio::co_spawn(io, fickle_peer(&acceptor, &requests), [](std::exception_ptr, int) {});
        HttpClient client(io, time);
        CallOptions options;
        options.must_not_repeat = must_not_repeat;
        const Origin origin{false, "127.0.0.1", acceptor.local_endpoint().port()};
        ASSERT_TRUE(run(client.send(origin, {}, options)));
        const auto second = run(client.send(origin, {}, options));
        if (must_not_repeat)
            expect_error(second, Code::unknown_outcome, "reset");
        else
            EXPECT_TRUE(second.has_value());
        EXPECT_EQ(requests, must_not_repeat ? 2 : 3);
        acceptor.close();
        run_for(20ms);
    }
}

TEST_F(Loopback, ResponseLargerThanAllowed) {
    const auto server = serve();
    HttpClient client(io, time);
    CallOptions options;
    options.max_response_bytes = 1000;
    EXPECT_TRUE(send(client, *server, "/echo", options, std::string(1000, 'x')));
    expect_error(send(client, *server, "/echo", options, std::string(1001, 'x')), Code::unknown_outcome,
                 "too_large");
}

TEST_F(Loopback, TooManyConnectionsGet503) {
    ServerOptions options;
    options.max_connections = 1;
    const auto server = serve(options);
    HttpClient client(io, time);
    ASSERT_TRUE(send(client, *server, "/"));
    HttpClient other(io, time);
    const auto refused = send(other, *server, "/");
    ASSERT_TRUE(refused.has_value()) << refused.error().reason;
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(handled, 1);
    EXPECT_TRUE(send(client, *server, "/"));
}

static task::Awaitable<int> drain_after(HttpServer* server, task::Time* time, core::Duration limit) {
    co_await time->sleep_for(100ms);
    co_await server->drain(time->now() + limit);
    co_return 0;
}

TEST_F(Loopback, DrainAnswersWhatRunsAndClosesTheRest) {
    const auto server = serve();
    HttpClient client(io, time);
    HttpClient idle(io, time);
    ASSERT_TRUE(send(idle, *server, "/"));
    bool has_drained = false;
    boost::asio::co_spawn(io, drain_after(server.get(), &time, 5s),
                          [&](std::exception_ptr, int) { has_drained = true; });
    const auto got = send(client, *server, "/slow");
    ASSERT_TRUE(got.has_value()) << got.error().reason;
    EXPECT_EQ(got->headers.find("connection"), "close");
    run_for(50ms);
    EXPECT_TRUE(has_drained);
    EXPECT_EQ(server->connections(), 0u);
    expect_error(send(client, *server, "/"), Code::unavailable, "connect_failed");
}

TEST_F(Loopback, DrainGivesUpAtItsLimit) {
    const auto server = serve();
    HttpClient client(io, time);
    boost::asio::co_spawn(io, drain_after(server.get(), &time, 50ms), [](std::exception_ptr, int) {});
    expect_error(send(client, *server, "/slow"), Code::unknown_outcome, "reset");
    run_for(300ms);
    EXPECT_EQ(finished, 1);
}

// The fixture's io_context goes last and takes the suspended coroutines with it (a fault shows under ASan).
TEST_F(Loopback, EverythingMayBeDestroyedMidway) {
    auto server = serve();
    auto client = std::make_unique<HttpClient>(io, time);
    const Origin origin{false, "127.0.0.1", server->port()};
    Request request;
    request.target = "/slow";
    boost::asio::co_spawn(io, client->send(origin, request, {}),
                          [](std::exception_ptr, core::Result<Response>) {});
    run_for(100ms);
    EXPECT_EQ(handled, 1);
    server.reset();
    client.reset();
    EXPECT_EQ(finished, 0);
}

TEST_F(Loopback, PortInUseIsReported) {
    const auto server = serve();
    ServerOptions options;
    options.port = server->port();
    HttpServer second(io, time, options,
                      [this](Request request) { return handle(this, std::move(request)); });
    const auto started = second.start();
    ASSERT_FALSE(started.has_value());
    EXPECT_EQ(started.error().reason, "listen_failed");
}

TEST(ResponseParser, EveryFramingAndEverySplit) {
    const std::map<std::string, std::string> bodies = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"},
        {"HTTP/1.1 200 OK\r\n\r\nabc", "abc"},
        {"HTTP/1.1 204 No Content\r\n\r\n", ""}};
    for (const auto& [bytes, body] : bodies) {
        for (std::size_t split = 1; split <= bytes.size(); ++split) {
            ResponseParser parser(100, false);
            const auto used = parser.feed(std::string_view(bytes).substr(0, split));
            if (split < bytes.size()) (void)parser.feed(std::string_view(bytes).substr(used));
            if (!parser.is_done()) parser.feed_end();
            EXPECT_EQ(parser.failure(), ResponseParser::Failure::none) << bytes << split;
            EXPECT_TRUE(parser.is_done());
            EXPECT_EQ(parser.take().body, body);
        }
    }
}

TEST(ResponseParser, AnEarlyEndIsNotASuccess) {
    for (const std::string bytes :
         {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "HTTP/1.1 200 OK\r\nContent",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
        ResponseParser parser(100, false);
        (void)parser.feed(bytes);
        parser.feed_end();
        EXPECT_EQ(parser.failure(), ResponseParser::Failure::bad_http) << bytes;
    }
}

TEST(Wire, HeadersCannotBeInjected) {
    Request request;
    request.headers.add("X", "a\r\nHost: evil");
    EXPECT_FALSE(to_wire({false, "a", 80}, request));
    request.headers.set("x", "a");
    request.target = "/ HTTP/1.1\r\nX: y";
    EXPECT_FALSE(to_wire({false, "a", 80}, request));
    request.target = "/";
    EXPECT_EQ(to_wire({false, "a", 80}, request),
              "POST / HTTP/1.1\r\nHost: a\r\nx: a\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(to_wire({true, "::1", 8443}, request)->substr(17, 17), "Host: [::1]:8443\r");
}

TEST(BaseUrl, Parsed) {
    const auto full = parse_base_url("HTTPS://Api.Example.com:8443/a/b//");
    ASSERT_TRUE(full.has_value());
    EXPECT_EQ(full->origin.text(), "https://api.example.com:8443");
    EXPECT_EQ(full->path, "/a/b");
    EXPECT_EQ(parse_base_url("http://x")->origin, (Origin{false, "x", 80}));
    EXPECT_EQ(parse_base_url("https://x/")->origin.port, 443);
    EXPECT_EQ(parse_base_url("http://[::1]:81/x")->origin.text(), "http://[::1]:81");
    for (const auto* bad : {"", "x", "ftp://x", "http://", "http://:80", "http://x:", "http://x:0",
                            "http://x:65536", "http://x:8o", "http://u@x", "http://x/?q", "http://x#f",
                            "http://x y", "http://[::1", "http://[::1]x", "http://a:1:2", "http://x\r\n"}) {
        const auto got = parse_base_url(bad);
        ASSERT_FALSE(got.has_value()) << bad;
        EXPECT_EQ(got.error().reason, "bad_url");
    }
}

}  // namespace huitong::net
