// The whole gateway over faked stories: what a signed query begins and shows, what is refused and changes
// nothing, and where a browser may be sent.
#include "api/gateway/routes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "api/gateway/signature.hpp"
#include "codec/form.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::gateway {
namespace {

using namespace std::chrono_literals;
using codec::FormFields;
using payments::Aggregate;
using payments::ChannelKind;
using payments::PaymentState;
using payments::Product;

const std::string terminal_sn = "100042000000000001";
const std::string key(32, 'a');
const std::string old_key(32, 'b');
constexpr core::Instant now = core::from_us(1'700'000'000'000'000);
constexpr const char* wechat_agent = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.49";
constexpr const char* alipay_agent = "Mozilla/5.0 (iPhone) AlipayClient/10.6.50";

class FixedClock final : public core::Clock {
  public:
    [[nodiscard]] core::Instant now() const override { return at; }
    core::Instant at = gateway::now;
};

template <class T>
task::Task<T> give(core::Result<T> result) {
    co_return result;
}

class WapGateway : public testing::Test {
  protected:
    WapGateway() {
        terminal_.terminal.sn = terminal_sn;
        terminal_.terminal.merchant_sn = "1680000000001";
        terminal_.terminal.current_key = core::Secret(key);
        terminal_.terminal.previous_key = core::Secret(old_key);
        terminal_.merchant_name = "Coffee";
    }

    Services services() {
        Services made;
        made.clock = &clock_;
        made.is_draining = [this] { return is_draining_; };
        made.public_url = public_url_;
        made.stories.find_terminal = [this](std::string sn) {
            if (sn == terminal_sn) return give(core::Result<ports::TerminalView>(terminal_));
            return give(core::Result<ports::TerminalView>(core::fail(core::Code::not_found, "no_terminal")));
        };
        made.stories.find_channels = [this](const std::string&) {
            return give(core::Result<std::vector<ChannelKind>>(channels_));
        };
        made.stories.launch = [this](flows::LaunchCommand command) {
            ++launches_;
            launched_ = std::move(command);
            if (launch_failure_) return give(core::Result<Aggregate>(*launch_failure_));
            order_ = order_of(*launched_);
            return give(core::Result<Aggregate>(*order_));
        };
        made.stories.find = [this](const std::string& merchant, const std::string& client_sn) {
            EXPECT_EQ(merchant, "1680000000001");
            const bool is_it = order_ && client_sn == order_->payment.client_sn;
            if (find_failure_) return give(core::Result<Aggregate>(*find_failure_));
            if (is_it) return give(core::Result<Aggregate>(*order_));
            if (race_) order_ = std::exchange(race_, std::nullopt);
            return give(core::Result<Aggregate>(core::fail(core::Code::not_found, "no_payment")));
        };
        return made;
    }

    static Aggregate order_of(const flows::LaunchCommand& command) {
        Aggregate order;
        payments::Payment& payment = order.payment;
        payment.sn = {7'842'000'000'000'001};
        payment.state = PaymentState::pending;
        payment.terminal_sn = command.order.terminal_sn;
        payment.client_sn = command.order.client_sn;
        payment.channel = command.order.channel;
        payment.product = command.product;
        payment.amount = command.order.amount;
        payment.subject = command.order.subject;
        payment.operator_name = command.order.operator_name;
        payment.reflect = command.order.reflect;
        payment.expires_at = now + 4min;
        payment.launch = "https://pay.example/begin?a=1";
        order.operations.emplace_back();
        return order;
    }

    net::Response send(std::string method, std::string target, std::string agent = {}) {
        net::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.peer_ip = "203.0.113.9";
        request.headers.set("User-Agent", std::move(agent));
        request.headers.set("Accept-Language", "en");
        boost::asio::io_context io;
        net::Response response;
        const net::Handler handler = make_handler(services());
        boost::asio::co_spawn(io, handler(std::move(request)),
                              [&](std::exception_ptr failure, net::Response got) {
                                  EXPECT_EQ(failure, nullptr);
                                  response = std::move(got);
                              });
        io.run();
        return response;
    }

    static FormFields fields(FormFields more = {}) {
        FormFields all{{"terminal_sn", terminal_sn}, {"client_sn", "A1"},
                       {"total_amount", "1234"},     {"subject", "披萨"},
                       {"operator", "kay"},          {"return_url", "https://shop.test/done?x=1"}};
        for (auto& [name, value] : more) {
            std::erase_if(all, [&](const auto& field) { return field.first == name; });
            all.emplace_back(name, value);
        }
        return all;
    }
    static std::string query(FormFields more = {}, const std::string& with = key) {
        FormFields all = fields(std::move(more));
        all.emplace_back("sign", sign(all, core::Secret(with)));
        return codec::write_form(all);
    }
    net::Response get(const std::string& with, std::string agent = alipay_agent) {
        return send("GET", "/gateway?" + with, std::move(agent));
    }
    static std::string location(const net::Response& response) {
        return std::string(response.headers.find("Location").value_or(""));
    }
    static bool has(const net::Response& response, std::string_view text) {
        return response.body.find(text) != std::string::npos;
    }
    // What arrives at the merchant; its signature is checked.
    static FormFields arrived(const net::Response& response, const std::string& with = key) {
        const std::string to = location(response);
        EXPECT_TRUE(to.starts_with("https://shop.test/done?x=1&")) << to;
        auto got = codec::parse_form(to.substr(to.find('?') + 1)).value();
        EXPECT_EQ(value_of(got, "sign"), sign(got, core::Secret(with)));
        EXPECT_EQ(value_of(got, "x"), "1");
        return got;
    }
    // The order's own address, as the channel was told it.
    std::string order_target() { return launched_->return_url.substr(public_url_.size()); }
    codec::Json status() {
        std::string target = order_target();
        target.replace(target.find("/order"), 6, "/status");
        const net::Response response = send("GET", target);
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.headers.find("Cache-Control"), "no-store");
        return codec::parse_json(response.body).value();
    }
    std::string status_state() { return *status().find("state")->as_string(); }

    FixedClock clock_;
    bool is_draining_ = false;
    std::string public_url_ = "https://pay.example.com";
    ports::TerminalView terminal_;
    std::vector<ChannelKind> channels_{ChannelKind::wechat, ChannelKind::alipay};
    std::optional<Aggregate> order_;
    std::optional<Aggregate> race_;  // made by another request after this one looked
    int launches_ = 0;
    std::optional<flows::LaunchCommand> launched_;
    std::optional<std::unexpected<core::Error>> launch_failure_;
    std::optional<std::unexpected<core::Error>> find_failure_;
};

TEST_F(WapGateway, IsFoundBelowItsPath) {
    EXPECT_TRUE(is_mine("/gateway"));
    EXPECT_TRUE(is_mine("/gateway/order"));
    EXPECT_FALSE(is_mine("/gateway.do"));
    EXPECT_FALSE(is_mine("/gateways"));
    EXPECT_EQ(send("GET", "/gateway/nothing").status, 404);
}

TEST_F(WapGateway, ASignedQueryBeginsAnOrderByTheRulesOfPrecreate) {
    const net::Response page =
        get(query({{"notify_url", "shop.test/n"}, {"reflect", "r"}, {"extended", R"({"attach":"t"})"}}));
    EXPECT_EQ(page.status, 200);
    ASSERT_TRUE(launched_);
    EXPECT_EQ(launched_->order.merchant_sn, "1680000000001");
    EXPECT_EQ(launched_->order.client_sn, "A1");
    EXPECT_EQ(launched_->order.amount, core::fen(1234));
    EXPECT_EQ(launched_->order.subject, "披萨");
    EXPECT_EQ(launched_->order.operator_name, "kay");
    EXPECT_EQ(launched_->order.reflect, "r");
    EXPECT_EQ(launched_->order.attach, "t");
    EXPECT_EQ(launched_->order.notify_url, "http://shop.test/n");
    EXPECT_EQ(launched_->order.terminal_ip, "203.0.113.9");
    EXPECT_EQ(launched_->order.arrived_at, now);
    EXPECT_TRUE(launched_->return_url.starts_with("https://pay.example.com/gateway/order?t="));
    for (const char* const part : {"<body class=\"waiting\"", "Coffee", "披萨", "12.34",
                                   "href=\"https://pay.example/begin?a=1\"", "data-left=\"240\""})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_EQ(page.headers.find("Content-Type"), "text/html;charset=utf-8");
    EXPECT_EQ(page.headers.find("Cache-Control"), "no-store");
    EXPECT_EQ(page.headers.find("X-Content-Type-Options"), "nosniff");
    EXPECT_TRUE(page.headers.find("Content-Security-Policy")->starts_with("default-src 'none'"));
    EXPECT_FALSE(has(page, key));
}

TEST_F(WapGateway, AReloadShowsTheSameOrderAndBeginsNothing) {
    const std::string same = query();
    const net::Response first = get(same);
    EXPECT_EQ(get(same).body, first.body);
    EXPECT_EQ(get(query({}, old_key)).status, 200);
    EXPECT_EQ(send("HEAD", "/gateway?" + same).status, 200);
    const net::Response by_address = send("GET", order_target());
    EXPECT_EQ(by_address.status, 200);
    EXPECT_TRUE(has(by_address, "<body class=\"waiting\""));
    EXPECT_EQ(launches_, 1);
}

TEST_F(WapGateway, OfTwoAtOnceBothSeeTheOneOrder) {
    (void)get(query());
    race_ = std::exchange(order_, std::nullopt);
    launch_failure_ = core::fail(core::Code::conflict, "client_sn_taken");
    const net::Response late = get(query());
    EXPECT_EQ(late.status, 200);
    EXPECT_TRUE(has(late, "<body class=\"waiting\""));
}

TEST_F(WapGateway, AnotherOrderUnderTheNumberIsAConflict) {
    (void)get(query());
    const Aggregate order = *order_;
    const auto expect_conflict = [&](const net::Response& response) {
        EXPECT_EQ(response.status, 302);
        EXPECT_TRUE(has(response, "CLIENT_SN_CONFLICT"));
        const FormFields got = arrived(response);
        EXPECT_EQ(value_of(got, "is_success"), "F");
        EXPECT_EQ(value_of(got, "error_code"), "CLIENT_SN_CONFLICT");
        EXPECT_EQ(value_of(got, "client_sn"), "A1");
    };
    expect_conflict(get(query({{"total_amount", "1235"}})));
    expect_conflict(get(query({{"subject", "other"}})));
    expect_conflict(get(query({{"payway", "3"}})));
    order_->payment.product = Product::qr;
    expect_conflict(get(query()));
    order_->payment.product = Product::barcode;
    expect_conflict(get(query()));
    order_ = order;
    order_->payment.terminal_sn = "100042000000000002";
    expect_conflict(get(query()));
    EXPECT_EQ(launches_, 1);
}

TEST_F(WapGateway, WhatIsPaidLeadsBackSigned) {
    (void)get(query({{"reflect", "a b"}}));
    order_->payment.state = PaymentState::paid;
    order_->payment.trade.trade_no = "4200000001";
    const net::Response response = get(query({{"reflect", "a b"}}));
    EXPECT_EQ(response.status, 302);
    EXPECT_TRUE(has(response, "<body class=\"paid\""));
    const FormFields got = arrived(response);
    const FormFields expected{{"is_success", "T"},        {"terminal_sn", terminal_sn},
                              {"sn", "7842000000000001"}, {"trade_no", "4200000001"},
                              {"client_sn", "A1"},        {"status", "SUCCESS"},
                              {"total_amount", "1234"},   {"subject", "披萨"},
                              {"operator", "kay"},        {"reflect", "a b"}};
    for (const auto& [name, value] : expected) EXPECT_EQ(value_of(got, name), value) << name;
    EXPECT_EQ(got.size(), expected.size() + 2);
    EXPECT_EQ(*status().find("next")->as_string(), location(response));
    EXPECT_EQ(location(send("GET", order_target())), location(response));
    // Whoever asked with the key before the current one knows that one.
    (void)arrived(get(query({{"reflect", "a b"}}, old_key)), old_key);
}

TEST_F(WapGateway, EveryEndIsTold) {
    (void)get(query());
    struct Row {
        PaymentState state;
        payments::ReversalBy by;
        core::Duration later;
        std::string_view shown;
        std::string_view status;
    };
    using S = PaymentState;
    using B = payments::ReversalBy;
    const Row rows[] = {
        {S::created, B::nobody, 0s, "preparing", ""},
        {S::pending, B::nobody, 0s, "waiting", ""},
        {S::pending, B::nobody, 239s, "waiting", ""},
        {S::pending, B::nobody, 240s, "checking", ""},
        {S::reversing, B::engine, 0s, "checking", ""},
        {S::reversing, B::merchant, 0s, "checking", ""},
        {S::manual_review, B::nobody, 0s, "checking", ""},
        {S::closed, B::engine, 300s, "expired", "FAIL"},
        {S::closed, B::nobody, 300s, "expired", "FAIL"},
        {S::closed, B::merchant, 0s, "cancelled", "FAIL"},
        {S::failed, B::nobody, 0s, "failed", "FAIL"},
        {S::paid, B::nobody, 0s, "paid", "SUCCESS"},
        {S::partially_refunded, B::nobody, 0s, "paid", "SUCCESS"},
        {S::refunded, B::nobody, 0s, "paid", "SUCCESS"},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.shown);
        order_->payment.state = row.state;
        order_->payment.reversal_by = row.by;
        clock_.at = now + row.later;
        const net::Response page = send("GET", order_target());
        EXPECT_TRUE(has(page, "<body class=\"" + std::string(row.shown) + "\"")) << page.body;
        EXPECT_EQ(page.status, row.shown == "paid" ? 302 : 200);
        EXPECT_EQ(status_state(), row.shown);
        const bool is_open = row.status.empty();
        EXPECT_EQ(has(page, "data-status="), is_open);
        const auto link = page.body.find("id=\"back\" href=\"");
        ASSERT_NE(link, std::string::npos);
        const std::string back = page.body.substr(link, page.body.find("</a>", link) - link);
        EXPECT_EQ(back.contains("status=" + std::string(row.status)), !is_open) << back;
    }
    order_->payment.state = S::pending;
    order_->payment.launch.clear();
    EXPECT_EQ(status_state(), "checking") << "nobody was given anything to begin with";
    order_->operations.front().is_restored = true;
    EXPECT_EQ(status_state(), "checking") << "what he was given is lost, and may still be paid";
}

TEST_F(WapGateway, WhichWallet) {
    struct Row {
        const char* words;
        const char* agent;
        FormFields more;
        std::string_view shown;
        std::optional<std::pair<ChannelKind, Product>> launched;
    };
    const auto h5 = std::pair(ChannelKind::wechat, Product::h5);
    const auto jsapi = std::pair(ChannelKind::wechat, Product::wap);
    const auto wap = std::pair(ChannelKind::alipay, Product::wap);
    const Row rows[] = {
        {"any browser chooses", "", {}, "choosing", std::nullopt},
        {"payway 1", "", {{"payway", "1"}}, "waiting", wap},
        {"payway 2", "", {{"payway", "2"}}, "waiting", wap},
        {"payway 3", "", {{"payway", "3"}}, "waiting", h5},
        {"payway 3, payer known", "", {{"payway", "3"}, {"payer_uid", "oX"}}, "waiting", h5},
        {"in Alipay", alipay_agent, {}, "waiting", wap},
        {"in WeChat", wechat_agent, {{"payer_uid", "oX"}}, "waiting", jsapi},
        {"in WeChat, payer unknown", wechat_agent, {}, "elsewhere", std::nullopt},
        {"Alipay in WeChat", wechat_agent, {{"payway", "1"}}, "elsewhere", std::nullopt},
        {"WeChat in Alipay", alipay_agent, {{"payway", "3"}}, "elsewhere", std::nullopt},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.words);
        order_.reset();
        launched_.reset();
        const net::Response page = get(query(row.more), row.agent);
        EXPECT_EQ(page.status, 200);
        EXPECT_TRUE(has(page, "<body class=\"" + std::string(row.shown) + "\"")) << page.body;
        ASSERT_EQ(launched_.has_value(), row.launched.has_value());
        if (!launched_) continue;
        EXPECT_EQ(launched_->order.channel, row.launched->first);
        EXPECT_EQ(launched_->product, row.launched->second);
        EXPECT_EQ(launched_->payer_id, *row.launched == jsapi ? "oX" : "");
    }
}

TEST_F(WapGateway, WhereThereIsOneWalletNobodyIsAsked) {
    channels_ = {ChannelKind::wechat};
    EXPECT_TRUE(has(get(query(), ""), "<body class=\"waiting\""));
    EXPECT_EQ(launched_->order.channel, ChannelKind::wechat);
    order_.reset();
    channels_.clear();
    EXPECT_EQ(value_of(arrived(get(query(), "")), "error_code"), "UNEXPECTED_PROVIDER_ERROR");
    EXPECT_EQ(launches_, 1);
}

TEST_F(WapGateway, ThePayersChoiceIsPostedAndLeadsToThePage) {
    const std::string signed_query = query();
    const net::Response choice = get(signed_query, "");
    EXPECT_TRUE(has(choice, "action=\"/gateway/alipay?terminal_sn="));
    EXPECT_EQ(launches_, 0);
    EXPECT_EQ(send("GET", "/gateway/alipay?" + signed_query).status, 405);
    const net::Response chosen = send("POST", "/gateway/alipay?" + signed_query);
    EXPECT_EQ(chosen.status, 303);
    EXPECT_EQ(location(chosen), "/gateway?" + signed_query);
    EXPECT_EQ(launched_->order.channel, ChannelKind::alipay);
    EXPECT_TRUE(has(get(signed_query, ""), "<body class=\"waiting\"")) << "and is kept";
    // A second thought is too late: the order is one wallet's.
    EXPECT_EQ(send("POST", "/gateway/wechat?" + signed_query).status, 303);
    EXPECT_EQ(launches_, 1);
    EXPECT_EQ(send("POST", "/gateway/alipay?" + query({}, "wrong")).status, 403);
    order_.reset();
    EXPECT_EQ(send("POST", "/gateway/wechat?" + query({{"payway", "1"}})).status, 303);
    EXPECT_EQ(launched_->order.channel, ChannelKind::alipay) << "the merchant's word is above it";
}

TEST_F(WapGateway, InsideWeChatThePageCallsIt) {
    (void)get(query({{"payer_uid", "oX"}}), wechat_agent);
    order_->payment.launch = R"({"appId":"wx1","timeStamp":"1","nonceStr":"n","package":"prepay_id=1",)"
                             R"("signType":"MD5","paySign":"S","appid":"wx1","sign":"S"})";
    const net::Response page = get(query({{"payer_uid", "oX"}}), wechat_agent);
    EXPECT_TRUE(has(page, "data-bridge=\"{&quot;appId&quot;:&quot;wx1&quot;,"));
    EXPECT_FALSE(has(page, "&quot;appid&quot;"));
    EXPECT_TRUE(has(page, "<button class=\"act wechat\" id=\"pay\""));
    EXPECT_FALSE(has(get(query({{"payer_uid", "oX"}}), ""), "id=\"pay\"")) << "no other browser can";
}

TEST_F(WapGateway, AnUnsignedRequestLeadsNowhere) {
    const std::string good = query();
    FormFields unsigned_fields = fields();
    struct Row {
        std::string query;
        int status;
        std::string_view code;
    };
    std::string tampered = good;
    tampered.replace(tampered.find("1234"), 4, "0001");
    const Row rows[] = {
        {"", 403, "ILLEGAL_SIGN"},
        {codec::write_form(unsigned_fields), 403, "ILLEGAL_SIGN"},
        {tampered, 403, "ILLEGAL_SIGN"},
        {query({}, std::string(32, 'c')), 403, "ILLEGAL_SIGN"},
        {good + "&payway=1", 403, "ILLEGAL_SIGN"},
        {good + "&client_sn=A2", 403, "ILLEGAL_SIGN"},
        {query({{"terminal_sn", "1"}}), 404, "INVALID_TERMINAL"},
        {query({{"return_url", ""}}), 400, "INVALID_PARAMS"},
        {query({{"return_url", "javascript:alert(1)"}}), 400, "INVALID_PARAMS"},
        {query({{"return_url", "https://shop.test/\r\nX: y"}}), 400, "INVALID_PARAMS"},
        {query({{"return_url", "https://a@evil.test/"}}), 400, "INVALID_PARAMS"},
    };
    for (const Row& row : rows) {
        const net::Response response = get(row.query);
        EXPECT_EQ(response.status, row.status) << row.query;
        EXPECT_TRUE(has(response, row.code)) << response.body;
        EXPECT_TRUE(has(response, "<body class=\"error\""));
        EXPECT_EQ(location(response), "");
        EXPECT_FALSE(has(response, "shop.test"));
    }
    EXPECT_EQ(launches_, 0);
}

TEST_F(WapGateway, BadFieldsGoBackToTheMerchantAndChangeNothing) {
    struct Row {
        FormFields more;
        std::string_view code;
        std::string_view named;
    };
    const Row rows[] = {
        {{{"total_amount", "0"}}, "INVALID_PARAMS", "total_amount"},
        {{{"total_amount", "-1"}}, "INVALID_PARAMS", "total_amount"},
        {{{"total_amount", "1.0"}}, "INVALID_PARAMS", "total_amount"},
        {{{"total_amount", "12345678901"}}, "INVALID_PARAMS", "total_amount"},
        {{{"subject", ""}}, "INVALID_PARAMS", "subject"},
        {{{"subject", std::string(65, 's')}}, "INVALID_PARAMS", "subject"},
        {{{"client_sn", std::string(33, '1')}}, "INVALID_PARAMS", "client_sn"},
        {{{"client_sn", ""}}, "INVALID_PARAMS", "client_sn"},
        {{{"longitude", "1"}}, "INVALID_PARAMS", "latitude"},
        {{{"payway", "x"}}, "INVALID_PARAMS", "payway"},
        {{{"payer_uid", std::string(65, 'x')}}, "INVALID_PARAMS", "payer_uid"},
        {{{"notify_url", "ftp://x"}}, "INVALID_PARAMS", "notify_url"},
        {{{"subject", "\xff"}}, "INVALID_PARAMS", "UTF-8"},
        {{{"payway", "6"}}, "UNEXPECTED_PROVIDER_ERROR", ""},
    };
    for (const Row& row : rows) {
        const net::Response response = get(query(row.more));
        EXPECT_EQ(response.status, 302);
        const FormFields got = arrived(response);
        EXPECT_EQ(value_of(got, "is_success"), "F");
        EXPECT_EQ(value_of(got, "error_code"), row.code);
        EXPECT_TRUE(value_of(got, "error_message").contains(row.named)) << value_of(got, "error_message");
        EXPECT_EQ(value_of(got, "terminal_sn"), terminal_sn);
        EXPECT_TRUE(has(response, row.code));
    }
    const net::Response overlong = get(query({{"subject", std::string(5000, 's')}}));
    EXPECT_EQ(value_of(arrived(overlong), "subject"), "");
    EXPECT_EQ(launches_, 0);
}

TEST_F(WapGateway, WhoeverHasPaidIsToldSoWhateverBecameOfTheTerminal) {
    (void)get(query());
    order_->payment.state = payments::PaymentState::paid;
    terminal_.is_store_active = false;
    EXPECT_EQ(value_of(arrived(get(query())), "is_success"), "T");
}

TEST_F(WapGateway, WhoMayNotSellIsTold) {
    terminal_.is_store_active = false;
    EXPECT_EQ(value_of(arrived(get(query())), "error_code"), "UPAY_TERMINAL_STATUS_ABNORMAL");
    terminal_.is_merchant_active = false;
    EXPECT_EQ(value_of(arrived(get(query())), "error_code"), "PAY_STATUS_CLOSED");
    terminal_.is_store_active = terminal_.is_merchant_active = true;
    launch_failure_ = core::fail(core::Code::limit, "store_day_limit");
    EXPECT_EQ(value_of(arrived(get(query())), "error_code"), "UPAY_STORE_OVER_DAILY_LIMIT");
    launch_failure_ = core::fail(core::Code::unavailable, "channel_down");
    EXPECT_EQ(value_of(arrived(get(query())), "error_code"), "EXTERNAL_SERVICE_EXCEPTION");
    find_failure_ = core::fail(core::Code::unavailable, "store");
    EXPECT_EQ(value_of(arrived(get(query())), "error_code"), "REQUEST_FAIL");
    is_draining_ = true;
    const net::Response draining = get(query());
    EXPECT_EQ(draining.status, 503);
    EXPECT_TRUE(has(draining, "MAINTENANCE_INPROGRESS"));
}

TEST_F(WapGateway, OtherMethods) {
    const std::string target = "/gateway?" + query();
    for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
        const net::Response response = send(method, target);
        EXPECT_EQ(response.status, 405) << method;
        EXPECT_EQ(response.headers.find("Allow"), "GET, HEAD");
    }
    EXPECT_EQ(send("HEAD", target, alipay_agent).status, 200);
    EXPECT_EQ(launches_, 0) << "a look begins nothing";
}

TEST_F(WapGateway, AnOrdersAddressIsGivenAndNotMade) {
    (void)get(query());
    const std::string target = order_target();
    EXPECT_EQ(send("GET", target + "&out_trade_no=P1").status, 200) << "channels add their own";
    std::string foreign = target;
    foreign.replace(foreign.find("shop.test"), 9, "evil.test");
    std::string other = target;
    other.replace(other.find("c=A1"), 4, "c=A2");
    std::string unknown = target;
    unknown.replace(unknown.find("t=1"), 3, "t=2");
    for (const std::string& bad : {foreign, other, std::string("/gateway/order"), target + "0"}) {
        const net::Response response = send("GET", bad);
        EXPECT_EQ(response.status, 403) << bad;
        EXPECT_EQ(location(response), "");
    }
    EXPECT_EQ(send("GET", unknown).status, 404);
    order_.reset();
    const net::Response gone = send("GET", target);
    EXPECT_EQ(gone.status, 409);
    EXPECT_TRUE(has(gone, "UPAY_ORDER_NOT_EXISTS"));
    terminal_.terminal.previous_key = core::Secret(key);
    terminal_.terminal.current_key = core::Secret(old_key);
    EXPECT_EQ(send("GET", target).status, 409) << "good until the check-in after the next";
    terminal_.terminal.previous_key = core::Secret(old_key);
    EXPECT_EQ(send("GET", target).status, 403);
}

TEST_F(WapGateway, BelowAPathOfAProxy) {
    public_url_ = "https://example.com/pay";
    const net::Response page = get(query());
    EXPECT_TRUE(has(page, "data-status=\"/pay/gateway/status?t="));
    EXPECT_TRUE(launched_->return_url.starts_with("https://example.com/pay/gateway/order?"));
}

}  // namespace
}  // namespace huitong::api::gateway
