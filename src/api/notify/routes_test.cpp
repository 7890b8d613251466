#include "api/notify/routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace huitong::api::notify {
namespace {

struct Heard {
    payments::ChannelKind channel = payments::ChannelKind::wechat;
    std::string account_id;
    ports::RawNotice notice;
};

class NotifyRoutes : public ::testing::Test {
  protected:
    net::Response send(std::string method, std::string target) {
        net::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.headers.add("Wechatpay-Serial", "AB");
        request.body = "<xml/>";
        net::Response response;
        boost::asio::io_context io;
        const auto handler =
            make_handler([this](payments::ChannelKind channel, std::string account_id,
                                ports::RawNotice notice) -> task::Awaitable<ports::NoticeReply> {
                heard_.push_back({channel, std::move(account_id), std::move(notice)});
                co_return ports::NoticeReply{.status = 200, .content_type = "text/xml", .body = "<ok/>"};
            });
        boost::asio::co_spawn(io, handler(std::move(request)),
                              [&](std::exception_ptr failure, net::Response got) {
                                  EXPECT_EQ(failure, nullptr);
                                  response = std::move(got);
                              });
        io.run();
        return response;
    }
    std::vector<Heard> heard_;
};

TEST_F(NotifyRoutes, HandsOverWhatCameAndAnswersInTheChannelsWords) {
    const net::Response response = send("POST", "/notify/alipay/ali-main");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.find("Content-Type"), "text/xml");
    EXPECT_EQ(response.body, "<ok/>");
    ASSERT_EQ(heard_.size(), 1U);
    EXPECT_EQ(heard_[0].channel, payments::ChannelKind::alipay);
    EXPECT_EQ(heard_[0].account_id, "ali-main");
    EXPECT_EQ(heard_[0].notice.body, "<xml/>");
    const std::pair<std::string, std::string> serial{"wechatpay-serial", "AB"};
    EXPECT_EQ(std::ranges::count(heard_[0].notice.headers, serial), 1);
}

TEST_F(NotifyRoutes, NothingElseIsTaken) {
    EXPECT_EQ(send("GET", "/notify/wechat/wx-main").status, 405);
    EXPECT_EQ(send("POST", "/notify/unionpay/u").status, 404);
    EXPECT_EQ(send("POST", "/notify/wechat").status, 404);
    EXPECT_TRUE(heard_.empty());
    EXPECT_TRUE(is_mine("/notify/wechat/x"));
    EXPECT_FALSE(is_mine("/upay/v2/pay"));
}

}  // namespace
}  // namespace huitong::api::notify
