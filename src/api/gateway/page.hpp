// The pages of the gateway: HTML for phone and desktop, in Chinese or English, with nothing from elsewhere.
// Pure functions; whatever others wrote is text in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/gateway/browser.hpp"
#include "core/money.hpp"
#include "core/time.hpp"
#include "payments/payment.hpp"

namespace huitong::api::gateway {

// What the payer is told of his order; the page's class, and the word of the status answer.
enum class PageState {
    elsewhere,  // this browser cannot pay it; nothing was begun
    choosing,   // of several wallets; nothing was begun
    preparing,  // being made known to the channel
    waiting,    // for the payer
    checking,   // nobody can begin any more, and what became of it is not known yet
    paid,
    expired,
    failed,
    cancelled,
};
[[nodiscard]] std::string_view to_string(PageState state);

// How the payer begins.
enum class Start {
    nothing,
    link,    // `launch` is an address
    bridge,  // `launch` is what WeChat's own browser takes
};

struct Choice {
    payments::ChannelKind channel = payments::ChannelKind::wechat;
    std::string action;  // the form's address
};

struct Page {
    Language language = Language::chinese;
    PageState state = PageState::waiting;
    std::string merchant;
    std::string subject;
    core::Money amount;
    std::string client_sn;
    std::string sn;  // empty: there is no order yet
    std::optional<payments::ChannelKind> channel;
    std::vector<Choice> choices;
    Start start = Start::nothing;
    std::string launch;
    std::string status_url;  // empty: nothing is asked after
    std::string back_url;    // of the merchant; empty: none
    core::Duration left{0};
};
[[nodiscard]] std::string write_page(const Page& page);

struct ErrorPage {
    Language language = Language::chinese;
    std::string_view code;
    std::string_view message;
    std::string back_url;
};
[[nodiscard]] std::string write_page(const ErrorPage& page);

// The style and the script of the pages are the only ones they may hold.
[[nodiscard]] const std::string& content_security_policy();

// For text and quoted attributes.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace huitong::api::gateway
