// The WAP gateway on the whole platform under simulated time and on both wallets: signed query, page, wallet,
// notice, and the way back to the merchant (spec/upay 3.9).
#include <algorithm>

#include "app/acceptance_test_support.hpp"
#include "codec/form.hpp"
#include "crypto/digest.hpp"

namespace huitong::app {

class Checkout : public OnBothWallets {
  protected:
    static constexpr std::string_view shop = "https://shop.test/done";

    // The rule of spec/upay 2.3, as a merchant writes it.
    [[nodiscard]] std::string sign(codec::FormFields fields) {
        std::ranges::sort(fields);
        std::string text;
        for (const auto& [name, value] : fields) {
            if (name != "sign") text += name + "=" + value + "&";
        }
        return crypto::to_upper(crypto::md5_hex(text + "key=" + platform.till().identity().key));
    }
    [[nodiscard]] std::string query(const std::string& subject = "coffee", const std::string& fen = "100") {
        codec::FormFields fields{{"terminal_sn", platform.till().identity().sn},
                                 {"client_sn", last_client_sn()},
                                 {"total_amount", fen},
                                 {"subject", subject},
                                 {"operator", "kay"},
                                 {"payway", is_wechat() ? "3" : "1"},
                                 {"return_url", std::string(shop)}};
        fields.emplace_back("sign", sign(fields));
        return codec::write_form(fields);
    }
    net::Response get(std::string target) {
        net::Request request;
        request.method = "GET";
        request.target = std::move(target);
        return platform.run(platform.network().send(SimPlatform::gateway_origin(), std::move(request), {}))
            .value();
    }
    net::Response open(const std::string& subject = "coffee") { return get("/gateway?" + query(subject)); }
    static std::string class_of(const net::Response& page) {
        const auto begin = page.body.find("<body class=\"") + 13;
        return page.body.substr(begin, page.body.find('"', begin) - begin);
    }
    static std::string unescaped(std::string text) {
        for (auto at = text.find("&amp;"); at != std::string::npos; at = text.find("&amp;"))
            text.replace(at, 5, "&");
        return text;
    }
    // The payer does that in the wallet that the page's button opens; where its way back leads.
    std::string in_wallet(const net::Response& page, const std::string& act) {
        const auto begin = page.body.find("id=\"pay\" href=\"") + 15;
        const std::string address = unescaped(page.body.substr(begin, page.body.find('"', begin) - begin));
        const auto path_of = [](const std::string& url) { return url.substr(url.find('/', 8)); };
        const net::Response opened = simulator("GET", path_of(address));
        EXPECT_EQ(opened.status, 302) << address;
        const std::string wallet(opened.headers.find("Location").value_or("?"));
        const std::string target = wallet.substr(wallet.find('?'));
        EXPECT_EQ(simulator("GET", "/_sim/wallet" + target).status, 200);
        EXPECT_EQ(simulator("POST", "/_sim/wallet/" + act + target).status, 303);
        const std::string shown = simulator("GET", "/_sim/wallet" + target).body;
        const std::string mark = "id=\"back\" href=\"" + SimPlatform::gateway_origin().text();
        const auto path = shown.find(mark) + mark.size();
        return unescaped(shown.substr(path, shown.find('"', path) - path));
    }
    net::Response simulator(std::string method, std::string target) {
        net::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        return platform.run(platform.simulators().handler()(std::move(request)));
    }
    // What the merchant is told, its signature checked.
    codec::FormFields arrived(const net::Response& response) {
        EXPECT_EQ(response.status, 302);
        const std::string to(response.headers.find("Location").value_or(""));
        EXPECT_TRUE(to.starts_with(std::string(shop) + "?")) << to;
        auto fields = codec::parse_form(to.substr(to.find('?') + 1)).value();
        const auto mark = std::ranges::find(fields, "sign", &codec::FormField::first);
        EXPECT_TRUE(mark != fields.end() && mark->second == sign(fields)) << to;
        return fields;
    }
    static std::string in(const codec::FormFields& fields, std::string_view name) {
        const auto found = std::ranges::find(fields, name, &codec::FormField::first);
        return found == fields.end() ? "" : found->second;
    }
};
INSTANTIATE_TEST_SUITE_P(Wallets, Checkout, both_wallets, wallet_name);

TEST_P(Checkout, C24_is_paid_in_the_wallet_reloads_and_leads_back_signed) {
    (void)next_client_sn();
    const net::Response page = open();
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(class_of(page), "waiting");
    EXPECT_EQ(open().body, page.body) << "a reload shows the same order";
    const std::string back = in_wallet(page, "pay");
    ASSERT_TRUE(back.starts_with("/gateway/order?")) << back;
    platform.run_for(seconds(2));
    const codec::FormFields told = arrived(get(back));
    EXPECT_EQ(in(told, "is_success"), "T");
    EXPECT_EQ(in(told, "status"), "SUCCESS");
    EXPECT_EQ(in(told, "sn"), payment().payment.sn.text());
    EXPECT_EQ(in(told, "trade_no"), payment().payment.trade.trade_no);
    EXPECT_EQ(arrived(open()), told) << "so does a reload";
    EXPECT_EQ(channel_net(payment()), 100);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Checkout, another_amount_under_the_number_changes_nothing) {
    (void)next_client_sn();
    (void)open();
    const Aggregate before = payment();
    const codec::FormFields told = arrived(get("/gateway?" + query("coffee", "1")));
    EXPECT_EQ(in(told, "is_success"), "F");
    EXPECT_EQ(in(told, "error_code"), "CLIENT_SN_CONFLICT");
    EXPECT_EQ(payment().payment, before.payment);
}

TEST_P(Checkout, C24_a_tampered_query_makes_no_order) {
    (void)next_client_sn();
    std::string tampered = "/gateway?" + query();
    tampered.replace(tampered.find("total_amount=100"), 16, "total_amount=1");
    EXPECT_EQ(get(tampered).status, 403);
    EXPECT_EQ(Acceptance::query().error_code, "UPAY_ORDER_NOT_EXISTS");
}

TEST_P(Checkout, nobody_pays_it_and_it_expires) {
    (void)next_client_sn();
    (void)open();
    platform.run_for(seconds(239));
    EXPECT_EQ(class_of(open()), "waiting");
    platform.run_for(seconds(2));
    EXPECT_EQ(class_of(open()), is_wechat() ? "expired" : "checking") << "Alipay has not been heard yet";
    platform.run_for(minutes(2));
    const net::Response over = open();
    EXPECT_EQ(class_of(over), "expired");
    EXPECT_NE(over.body.find("status=FAIL"), std::string::npos);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(Checkout, what_was_paid_without_a_way_back_is_found_by_the_reload) {
    if (!is_wechat()) GTEST_SKIP() << "Alipay's trade is not there before the payer's wallet brings it";
    (void)next_client_sn();
    (void)open("#sim{scan:1;pay:20;notify:none}");
    platform.run_for(seconds(30));
    EXPECT_EQ(in(arrived(open("#sim{scan:1;pay:20;notify:none}")), "status"), "SUCCESS");
    expect_books_agree();
}

}  // namespace huitong::app
