// What a page may hold: what others wrote is text, nothing comes from elsewhere, both languages say the same.
#include "api/gateway/page.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/digest.hpp"

namespace huitong::api::gateway {
namespace {

using payments::ChannelKind;

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

Page waiting_page() {
    Page page;
    page.merchant = "咖啡店";
    page.subject = "拿铁";
    page.amount = core::fen(1234);
    page.client_sn = "A1";
    page.sn = "7842000000000001";
    page.channel = ChannelKind::alipay;
    page.start = Start::link;
    page.launch = "https://pay.example/gateway.do?a=1&b=2";
    page.status_url = "/gateway/status?t=1&k=2";
    page.back_url = "https://shop.test/?x=1&sign=2";
    page.left = std::chrono::milliseconds(61'200);
    return page;
}

TEST(CheckoutPage, ShowsTheOrder) {
    const std::string html = write_page(waiting_page());
    for (const char* const part :
         {"<html lang=\"zh-CN\">", "<body class=\"waiting\"", "咖啡店", "拿铁", "</small>12.34</p>", "A1",
          "7842000000000001", "1:02", "data-left=\"62\"", "width=device-width", "等待付款",
          "href=\"https://pay.example/gateway.do?a=1&amp;b=2\"",
          "data-status=\"/gateway/status?t=1&amp;k=2\"", "href=\"https://shop.test/?x=1&amp;sign=2\""})
        EXPECT_TRUE(has(html, part)) << part;
    Page english = waiting_page();
    english.language = Language::english;
    for (const char* const part : {"<html lang=\"en\">", "Waiting for your payment", "Pay with Alipay",
                                   "Back to the merchant", "Time left", "Checkout"})
        EXPECT_TRUE(has(write_page(english), part)) << part;
}

TEST(CheckoutPage, EveryStateHasItsWordsInBothLanguages) {
    Page page = waiting_page();
    std::vector<std::string> seen;
    for (const PageState state : {PageState::elsewhere, PageState::choosing, PageState::preparing,
                                  PageState::waiting, PageState::checking, PageState::paid,
                                  PageState::expired, PageState::failed, PageState::cancelled}) {
        for (const Language language : {Language::chinese, Language::english}) {
            page.state = state;
            page.language = language;
            const std::string html = write_page(page);
            EXPECT_TRUE(has(html, "<body class=\"" + std::string(to_string(state)) + "\""));
            const auto begin = html.find("id=\"state\">") + 11;
            const std::string words = html.substr(begin, html.find('<', begin) - begin);
            EXPECT_FALSE(words.empty());
            EXPECT_EQ(std::ranges::count(seen, words), 0) << words;
            seen.push_back(words);
            EXPECT_EQ(has(html, "id=\"pay\""), state == PageState::waiting);
            EXPECT_EQ(has(html, "id=\"left\""), state == PageState::waiting);
        }
    }
}

TEST(CheckoutPage, WhatOthersWroteIsText) {
    const std::string evil = "<script>alert(1)</script>\"'><img src=x onerror=1>&";
    const std::string harmless =
        "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x onerror=1&gt;&amp;";
    const std::string clean = write_page(waiting_page());
    const auto tags = [](const std::string& html) { return std::ranges::count(html, '<'); };
    Page page = waiting_page();
    for (const auto member : {&Page::merchant, &Page::subject, &Page::client_sn, &Page::sn, &Page::launch,
                              &Page::status_url, &Page::back_url}) {
        page = waiting_page();
        page.*member = evil;
        const std::string html = write_page(page);
        EXPECT_TRUE(has(html, harmless));
        EXPECT_FALSE(has(html, "<script>alert"));
        EXPECT_FALSE(has(html, "<img"));
        EXPECT_EQ(tags(html), tags(clean)) << "no tag was added";
    }
    page.start = Start::bridge;
    page.launch = evil;
    EXPECT_TRUE(has(write_page(page), "data-bridge=\"" + harmless + "\""));
    const std::string error =
        write_page(ErrorPage{.code = evil, .message = evil, .back_url = "https://shop.test/\"'><b>"});
    EXPECT_FALSE(has(error, "<script>alert"));
    EXPECT_FALSE(has(error, "<b>"));
}

TEST(CheckoutPage, LetsThePayerChoose) {
    Page page = waiting_page();
    page.state = PageState::choosing;
    page.channel.reset();
    page.start = Start::nothing;
    page.choices = {{.channel = ChannelKind::wechat, .action = "/gateway/wechat?a=1&b=2"},
                    {.channel = ChannelKind::alipay, .action = "/gateway/alipay?a=1&b=2"}};
    const std::string html = write_page(page);
    EXPECT_TRUE(has(html, "<form method=\"post\" action=\"/gateway/wechat?a=1&amp;b=2\">"));
    EXPECT_TRUE(has(html, "<form method=\"post\" action=\"/gateway/alipay?a=1&amp;b=2\">"));
    EXPECT_FALSE(has(html, "id=\"pay\""));
}

TEST(CheckoutPage, NothingComesFromElsewhereAndNothingElseRuns) {
    const std::string html = write_page(waiting_page());
    for (const char* const part : {" src=", "<link", "@import", "url(", " style=\"", " onclick"})
        EXPECT_FALSE(has(html, part)) << part;
    const auto hash_of = [&](const std::string& tag) {
        const auto begin = html.find("<" + tag + ">") + tag.size() + 2;
        const auto digest = crypto::sha256(html.substr(begin, html.find("</" + tag + ">") - begin));
        return "'sha256-" + crypto::to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) +
               "'";
    };
    const std::string& policy = content_security_policy();
    EXPECT_TRUE(policy.starts_with("default-src 'none'; "));
    EXPECT_TRUE(has(policy, "style-src " + hash_of("style") + ";"));
    EXPECT_TRUE(has(policy, "script-src " + hash_of("script") + ";"));
    EXPECT_TRUE(has(policy, "frame-ancestors 'none'"));
    EXPECT_TRUE(has(policy, "form-action 'self' http: https:;")) << "a choice may lead on to the merchant";
    EXPECT_FALSE(has(policy, "unsafe"));
}

TEST(Browser, LanguageByRank) {
    const std::pair<std::string, Language> rows[] = {
        {"", Language::chinese},
        {"fr", Language::chinese},
        {"en", Language::english},
        {"en-US,en;q=0.9", Language::english},
        {"zh-CN,zh;q=0.9,en;q=0.8", Language::chinese},
        {"en;q=0.2, zh;q=0.9", Language::chinese},
        {"zh;q=0.2,en;q=0.25", Language::english},
        {"fr,EN;q=0.5,ZH;q=0.5", Language::english},
        {"zh,en", Language::chinese},
        {"en;q=0", Language::chinese},
        {"english", Language::chinese},
        {",,;q=;q,=,", Language::chinese},
    };
    for (const auto& [header, expected] : rows) EXPECT_EQ(language_of(header), expected) << header;
}

TEST(Browser, WalletByItsName) {
    const auto wallet_of = [](std::string agent) {
        net::Request request;
        request.headers.set("User-Agent", std::move(agent));
        return browser_of(request).wallet;
    };
    EXPECT_EQ(wallet_of("Mozilla/5.0 (iPhone) MicroMessenger/8.0.49(0x18003130)"), ChannelKind::wechat);
    EXPECT_EQ(wallet_of("Mozilla/5.0 AliApp(AP/10.6.50) AlipayClient/10.6.50"), ChannelKind::alipay);
    EXPECT_EQ(wallet_of("Mozilla/5.0 (X11; Linux x86_64) Chrome/130 Safari/537.36"), std::nullopt);
    EXPECT_EQ(browser_of(net::Request{}).wallet, std::nullopt);
}

}  // namespace
}  // namespace huitong::api::gateway
