#include "load/channel_orders.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "core/money.hpp"

namespace huitong::load {

namespace {

constexpr std::int64_t page = 2000;
constexpr std::size_t most_page_bytes = 16 << 20;

std::unexpected<core::Error> bad_simulator(std::string detail) {
    return core::fail(core::Code::invalid, "bad_simulator", std::move(detail));
}

std::string_view name_of(Wallet wallet) {
    return wallet == Wallet::wechat ? "wechat" : "alipay";
}

task::Task<codec::Json> get(net::HttpTransport& transport, net::Origin simulators, std::string path) {
    net::Request request;
    request.method = "GET";
    request.target = "/_sim/" + path;
    net::CallOptions options;
    options.max_response_bytes = most_page_bytes;
    options.must_not_repeat = false;
    auto response = co_await transport.send(simulators, std::move(request), options);
    if (!response) co_return std::unexpected(std::move(response.error()));
    auto json = codec::parse_json(response->body);
    if (response->status != 200 || !json)
        co_return bad_simulator(fmt::format("GET /_sim/{}: HTTP {}", path, response->status));
    co_return std::move(*json);
}

std::optional<std::int64_t> number_in(const codec::Json* object, std::string_view name) {
    const codec::Json* const member = object == nullptr ? nullptr : object->find(name);
    const codec::JsonNumber* const number = member == nullptr ? nullptr : member->as_number();
    if (number == nullptr) return std::nullopt;
    const auto value = core::parse_minor(number->text);
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::string> text_in(const codec::Json& object, std::string_view name) {
    const codec::Json* const member = object.find(name);
    const std::string* const text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

bool is_null_or_absent(const codec::Json& object, std::string_view name) {
    const codec::Json* const member = object.find(name);
    return member == nullptr || member->is_null();
}

std::optional<core::Instant> time_in(const codec::Json& object, std::string_view name) {
    const auto text = text_in(object, name);
    if (!text) return std::nullopt;
    const auto at = core::parse_rfc3339(*text);
    return at ? std::optional(*at) : std::nullopt;
}

core::Result<ChannelOrder> read_order(const codec::Json& json, Wallet wallet) {
    const auto number = text_in(json, "out_trade_no");
    const auto amount = number_in(&json, "amount");
    const auto refunded = number_in(&json, "refunded");
    const auto calls = number_in(&json, wallet == Wallet::wechat ? "micropay_calls" : "pay_calls");
    const auto created_at = time_in(json, "created_at");
    const codec::Json* const refunds = json.find("refunds");
    const bool is_whole = number && amount && refunded && calls && refunds && refunds->as_array();
    if (!is_whole) return bad_simulator("an order without its members: " + codec::write_json(json));
    ChannelOrder order{.number = *number,
                       .amount_fen = *amount,
                       .was_paid = !is_null_or_absent(json, "paid_at"),
                       .refunded_fen = *refunded,
                       .pay_calls = *calls,
                       .created_at = created_at.value_or(core::Instant{}),  // a number that is only barred
                       .refunds = {}};
    for (const codec::Json& each : *refunds->as_array()) {
        const auto refund_number = text_in(each, "number");
        const auto refund_amount = number_in(&each, "amount");
        if (!refund_number || !refund_amount) return bad_simulator("a refund without number or amount");
        order.refunds.push_back({*refund_number, *refund_amount, !is_null_or_absent(each, "accepted_at")});
    }
    return order;
}

task::Task<std::vector<ChannelOrder>> read_page(net::HttpTransport& transport, net::Origin simulators,
                                                Wallet wallet, std::int64_t since) {
    const auto answer =
        co_await get(transport, std::move(simulators),
                     fmt::format("orders/{}?since={}&limit={}", name_of(wallet), since, page));
    if (!answer) co_return std::unexpected(answer.error());
    const codec::Json* const rows = answer->find("orders");
    if (rows == nullptr || rows->as_array() == nullptr) co_return bad_simulator("no orders");
    std::vector<ChannelOrder> orders;
    for (const codec::Json& row : *rows->as_array()) {
        auto order = read_order(row, wallet);
        if (!order) co_return std::unexpected(std::move(order.error()));
        orders.push_back(std::move(*order));
    }
    co_return orders;
}

}  // namespace

task::Task<ChannelMark> read_mark(net::HttpTransport& transport, net::Origin simulators) {
    const auto clock = co_await get(transport, simulators, "clock");
    if (!clock) co_return std::unexpected(clock.error());
    const auto summary = co_await get(transport, std::move(simulators), "summary");
    if (!summary) co_return std::unexpected(summary.error());
    const auto now = time_in(*clock, "now");
    const auto wechat = number_in(&*summary, "orders");
    const auto alipay = number_in(summary->find("alipay"), "orders");
    if (!now || !wechat || !alipay) co_return bad_simulator("clock or summary");
    co_return ChannelMark{.now = *now, .orders = {*wechat, *alipay}};
}

task::Task<std::vector<ChannelOrder>> read_channel_orders(net::HttpTransport& transport,
                                                          net::Origin simulators, ChannelMark since) {
    const auto today = co_await read_mark(transport, simulators);
    if (!today) co_return std::unexpected(today.error());
    std::vector<ChannelOrder> all;
    for (const Wallet wallet : wallets) {
        const auto index = static_cast<std::size_t>(wallet);
        if (today->orders[index] < since.orders[index])
            co_return core::fail(core::Code::conflict, "simulator_reset", std::string(name_of(wallet)));
        std::int64_t read = since.orders[index];
        while (true) {
            auto orders = co_await read_page(transport, simulators, wallet, read);
            if (!orders) co_return std::unexpected(std::move(orders.error()));
            if (orders->empty()) break;
            read += static_cast<std::int64_t>(orders->size());
            // A number known before that became an order since moves all later ones by one.
            std::erase_if(*orders, [&](const ChannelOrder& order) { return order.created_at < since.now; });
            std::ranges::move(*orders, std::back_inserter(all));
        }
    }
    co_return all;
}

}  // namespace huitong::load
