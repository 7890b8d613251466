#include "simulate/launched.hpp"

#include <fmt/format.h>

#include <utility>

#include "codec/json.hpp"

namespace huitong::simulate {

namespace {

using std::chrono::seconds;

// When the payer scans and pays, in seconds; after four minutes he cannot begin any more, unless the channel
// keeps the code alive.
std::string draw_payer(Dice& dice) {
    const std::int64_t kind = dice.between(1, 100);
    if (kind <= 56) {
        const std::int64_t scan = dice.between(1, 60);
        return fmt::format("scan:{};pay:{}", scan, scan + dice.between(0, 60));
    }
    if (kind <= 64) return fmt::format("scan:{};pay:{}", dice.between(100, 200), dice.between(201, 239));
    if (kind <= 74) return fmt::format("expire:900;scan:100;pay:{}", dice.between(240, 330));
    if (kind <= 80)
        return fmt::format("expire:900;scan:{};pay:{}", dice.between(1, 330), dice.between(331, 880));
    if (kind <= 86) return fmt::format("scan:{}", dice.between(1, 200));
    return "pay:never";
}

std::string draw_notices(Dice& dice) {
    const std::int64_t kind = dice.between(1, 100);
    if (kind <= 36) return "ok";
    if (kind <= 48) return "none";
    if (kind <= 58) return fmt::format("delay:{}", dice.between(1, 600));
    if (kind <= 68) return fmt::format("dup:{}", dice.between(1, 4));
    if (kind <= 78) return "reorder";
    if (kind <= 84) return fmt::format("amount:{}", dice.between(1, 50'000));
    return dice.pick({"forged", "forged", "badsign", "siginit", "xxe"});
}

constexpr std::string_view native = "2";
constexpr std::string_view jsapi = "3";
constexpr std::string_view mini_program = "4";

}  // namespace

app::Precreate draw_launched(Dice& dice, const std::string& name) {
    const bool is_wechat = dice.chance(60);
    app::Precreate order;
    order.payway = is_wechat ? "3" : "1";
    order.sub_payway = std::string(dice.pick(
        {native, native, native, jsapi, mini_program, std::string_view("5"), std::string_view("6")}));
    const bool needs_payer = order.sub_payway == mini_program || (is_wechat && order.sub_payway == jsapi);
    if (needs_payer) order.payer_uid = is_wechat ? "oPayer" + name : "2088000000000017";
    order.subject = fmt::format("tea{} #sim{{{};notify:{}}}", name, draw_payer(dice), draw_notices(dice));
    return order;
}

task::Awaitable<bool> pay_by_wallet(Stage& stage, std::string content, std::uint64_t seed) {
    Dice dice(seed);
    const auto ask = stage.platform.simulators().control_handler();
    co_await stage.time().sleep_for(dice.between(seconds(1), seconds(250)));
    net::Request request;
    request.target = "/_sim/scan";
    request.body = codec::write_json(codec::JsonObject{{"content", std::move(content)}});
    const net::Response scanned = co_await ask(request);
    stage.counts.add(scanned.status == 200 ? "payer opened a wallet" : "payer came too late");
    const auto shown = codec::parse_json(scanned.body);
    const codec::Json* const order = shown ? shown->find("order") : nullptr;
    const codec::Json* const number = order != nullptr ? order->find("out_trade_no") : nullptr;
    if (scanned.status != 200 || number == nullptr || dice.chance(25)) co_return true;
    co_await stage.time().sleep_for(dice.between(seconds(0), seconds(40)));
    const std::string path = "/_sim/orders/alipay/" + *number->as_string() + "/";
    if (dice.chance(15)) {
        request.target = path + "wrong-password";
        (void)co_await ask(request);
    }
    request.target = path + "pay";
    request.body.clear();
    const net::Response paid = co_await ask(request);
    stage.counts.add(paid.status == 200 ? "payer paid in a wallet" : "payer could not pay any more");
    co_return true;
}

}  // namespace huitong::simulate
