// Sales: what a payer's code makes of a payment is the channel's business (the codes are magic); what the
// cashier does with the answers, or without one, is decided here.
#include <algorithm>

#include "simulate/launched.hpp"
#include "simulate/people.hpp"

namespace huitong::simulate {

namespace {

using app::TillAnswer;
using payments::ChannelKind;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Scenario {
    int weight;
    int code;
    int least_tt;
    int most_tt;
};
// Codes of spec/channels 6.3: mostly plain, passwords of all lengths, then what goes wrong. Wrong signatures
// (18) are faults of the plan.
constexpr Scenario scenarios[] = {
    {430, 0, 0, 0}, {130, 1, 2, 27}, {25, 1, 28, 40}, {30, 2, 0, 0},    {25, 3, 2, 25},   {15, 4, 4, 20},
    {25, 5, 0, 0},  {8, 6, 0, 0},    {8, 7, 0, 0},    {8, 8, 0, 0},     {12, 9, 0, 0},    {20, 10, 0, 0},
    {20, 11, 0, 0}, {15, 12, 3, 25}, {15, 13, 0, 0},  {25, 14, 0, 0},   {10, 15, 1, 20},  {12, 16, 0, 0},
    {12, 17, 0, 0}, {12, 19, 3, 20}, {10, 20, 0, 0},  {20, 21, 0, 0},   {20, 22, 10, 80}, {14, 30, 1, 3},
    {10, 31, 1, 4}, {12, 32, 1, 3},  {2, 33, 0, 0},   {10, 34, 20, 50}, {2, 35, 0, 0},    {2, 36, 0, 0},
    {10, 40, 1, 4}, {10, 41, 1, 3},  {10, 42, 1, 3},  {2, 43, 0, 0},    {10, 44, 1, 1},   {15, 50, 0, 0}};

Scenario draw_scenario(Dice& dice) {
    int sum = 0;
    for (const Scenario& one : scenarios) sum += one.weight;
    std::int64_t left = dice.between(1, sum);
    for (const Scenario& one : scenarios) {
        left -= one.weight;
        if (left <= 0) return one;
    }
    return scenarios[0];
}

std::int64_t draw_amount(Dice& dice) {
    const std::int64_t kind = dice.between(1, 20);
    if (kind == 1) return dice.between(1, 9);              // fees round to nothing
    if (kind == 2) return dice.between(100'001, 400'000);  // needs the password; over some limits
    return dice.between(100, 30'000);
}

// What the cashier believes of the order.
enum class Belief { open, paid, over };

Belief belief_of(const core::Result<TillAnswer>& answer) {
    if (!answer || answer->result_code != "200") return Belief::open;
    const std::string status = answer->get("order_status");
    if (status == "PAID" || status == "PARTIAL_REFUNDED" || status == "REFUNDED") return Belief::paid;
    if (status == "PAY_CANCELED" || status == "CANCELED") return Belief::over;
    return Belief::open;
}

class Cashier {
  public:
    Cashier(Stage& stage, const Item& item) : stage_(stage), dice_(item.seed) {
        counter_ = &dice_.pick(std::span<const Counter>(stage.counters));
        // Each merchant numbers its sales itself: both have an "s17-1", of about the same minute.
        const bool is_first = counter_->merchant_sn == stage.counters.front().merchant_sn;
        name_ = "s" + std::to_string(is_first ? item.id : item.id - 1);
    }

    task::Awaitable<void> work() {
        if (stage_.plan.weather.checks_in && dice_.chance(10))
            (void)co_await till().checkin(counter_->device_id);
        const int most_attempts = static_cast<int>(dice_.between(1, 3));
        for (int attempt = 1; attempt <= most_attempts && is_open_hours(); ++attempt) {
            sale_ = new_sale(attempt);
            const bool is_launched = attempt == 1 && dice_.chance(16);
            sn_.clear();
            trade_no_.clear();
            stage_.counts.add("sales");
            const Belief belief = co_await (is_launched ? collect_from_payer() : collect());
            if (belief == Belief::paid) {
                if (dice_.chance(30)) walk_over();
                co_return co_await after_sale();
            }
            if (belief == Belief::open || !dice_.chance(60)) co_return;
            co_await pause(seconds(3), seconds(40));
            stage_.counts.add("people new attempt");
        }
    }

  private:
    [[nodiscard]] app::Till& till() { return *counter_->till; }
    [[nodiscard]] bool is_open_hours() const { return stage_.time().now() < stage_.end; }
    task::Awaitable<void> pause(core::Duration least, core::Duration most) {
        // Everybody is home before the evening ends.
        const core::Instant until = stage_.time().now() + dice_.between(least, most);
        return stage_.time().sleep_until(std::min(until, stage_.end + hours(2)));
    }

    app::Sale new_sale(int attempt) {
        const Scenario scenario = attempt == 1 ? draw_scenario(dice_) : scenarios[0];
        const auto wallet = dice_.chance(89) ? ChannelKind::wechat : ChannelKind::alipay;
        const int tt = static_cast<int>(dice_.between(scenario.least_tt, scenario.most_tt));
        app::Sale sale{.client_sn = name_ + "-" + std::to_string(attempt),
                       .amount_fen = draw_amount(dice_),
                       .payment_code = stage_.platform.payment_code(scenario.code, tt, wallet),
                       .subject = "coffee" + name_ + "x" + std::to_string(attempt)};
        if (attempt > 1 && dice_.chance(5)) {
            stage_.counts.add("people same code again");
            sale.payment_code = sale_.payment_code;
            if (dice_.chance(50)) sale.amount_fen = sale_.amount_fen;
        }
        return sale;
    }

    // Goods are brought back to any till of the merchant, in another of its stores too.
    void walk_over() {
        std::vector<const Counter*> others;
        for (const Counter& one : stage_.counters) {
            if (one.merchant_sn == counter_->merchant_sn && &one != counter_) others.push_back(&one);
        }
        counter_ = dice_.pick(std::span<const Counter* const>(others));
        stage_.counts.add("people at another till");
    }

    // The order's names, and beside them what the request is about.
    codec::JsonObject about_order(codec::JsonObject more = {}) {
        const bool is_by_sn = !sn_.empty() && dice_.chance(30);
        if (is_by_sn) stage_.counts.add("people by sn");
        more.emplace_back("terminal_sn", till().identity().sn);
        more.emplace_back(is_by_sn ? "sn" : "client_sn", is_by_sn ? sn_ : sale_.client_sn);
        return more;
    }
    task::Task<TillAnswer> query() { return till().post("/upay/v2/query", about_order()); }
    task::Task<TillAnswer> cancel() { return till().post("/upay/v2/cancel", about_order()); }
    task::Task<TillAnswer> query_refund(const std::string& request_no) {
        return till().post("/upay/v2/query", about_order({{"refund_request_no", request_no}}));
    }
    // A refund's sn may be the channel's number too (spec/upay 3.7).
    task::Task<TillAnswer> refund(const std::string& request_no, std::int64_t amount) {
        codec::JsonObject request{{"refund_request_no", request_no},
                                  {"refund_amount", std::to_string(amount)},
                                  {"operator", "kay"}};
        if (trade_no_.empty() || !dice_.chance(10))
            return till().post("/upay/v2/refund", about_order(std::move(request)));
        stage_.counts.add("people by trade_no");
        request.emplace_back("terminal_sn", till().identity().sn);
        request.emplace_back("sn", trade_no_);
        return till().post("/upay/v2/refund", std::move(request));
    }

    void note(const core::Result<TillAnswer>& answer) {
        if (!answer || answer->get("sn").empty()) return;
        sn_ = answer->get("sn");
        trade_no_ = answer->get("trade_no");
        stage_.last_sn[counter_->merchant_sn] = sn_;
    }

    // The same request from another hand, while the first is under way.
    task::Awaitable<bool> scan_again(app::Till& at, app::Sale sale, core::Duration after) {
        co_await stage_.time().sleep_for(after);
        (void)co_await at.pay(std::move(sale));
        co_return true;
    }

    task::Awaitable<Belief> collect() {
        if (dice_.chance(6)) {
            stage_.counts.add("people double scan");
            app::Sale again = sale_;
            if (dice_.chance(30)) {
                stage_.counts.add("people wrong amount");
                again.amount_fen += dice_.between(1, 500);
            }
            background_.push_back(stage_.platform.begin(
                scan_again(till(), std::move(again), dice_.between(milliseconds(0), seconds(20)))));
        }
        if (dice_.chance(7)) {
            // Some press the wrong button at once, some lose patience.
            const core::Duration most = dice_.chance(40) ? milliseconds(60) : milliseconds(34'000);
            background_.push_back(stage_.platform.begin(cancel_after(dice_.between(milliseconds(0), most))));
        }
        auto answer = co_await till().pay(sale_);
        note(answer);
        Belief belief = belief_of(answer);
        const int patience = static_cast<int>(dice_.between(2, 14));
        for (int tries = 0; belief == Belief::open && tries < patience; ++tries) {
            co_await pause(seconds(1), seconds(12));
            const std::int64_t mood = dice_.between(1, 20);
            if (mood <= 2) {
                stage_.counts.add("people pay again");
                answer = co_await till().pay(sale_);
                // A conflict says only that the number was used.
                if (answer && answer->error_code == "CLIENT_SN_CONFLICT") continue;
            } else if (mood <= 4) {
                stage_.counts.add("people cancel of an open payment");
                answer = co_await cancel();
            } else {
                answer = co_await query();
            }
            note(answer);
            belief = belief_of(answer);
        }
        co_return belief;
    }

    // The till shows a code, or hands a string on; the payer does the rest.
    task::Awaitable<Belief> collect_from_payer() {
        app::Precreate order = draw_launched(dice_, name_);
        order.client_sn = sale_.client_sn;
        order.amount_fen = sale_.amount_fen;
        stage_.counts.add("people precreate");
        if (dice_.chance(6))
            background_.push_back(
                stage_.platform.begin(cancel_after(dice_.between(milliseconds(0), seconds(280)))));
        auto answer = co_await till().precreate(order);
        if (!answer || answer->result_code != "200") {
            co_await pause(seconds(1), seconds(20));
            answer = co_await till().precreate(order);
        }
        note(answer);
        const std::string given = answer ? answer->get("wap_pay_request") : std::string();
        if (given.contains("method=alipay.trade.")) begin_beside(pay_by_wallet(stage_, given, dice_.seed()));
        Belief belief = belief_of(answer);
        const int patience = static_cast<int>(dice_.between(4, 60));
        for (int tries = 0; belief == Belief::open && tries < patience; ++tries) {
            co_await pause(seconds(2), seconds(20));
            const std::int64_t mood = dice_.between(1, 60);
            if (mood == 1) {
                stage_.counts.add("people precreate again");
                (void)co_await till().precreate(order);
                continue;
            }
            if (mood == 2) stage_.counts.add("people cancel of a launched payment");
            answer = mood == 2 ? co_await cancel() : co_await query();
            note(answer);
            belief = belief_of(answer);
        }
        co_return belief;
    }

    task::Awaitable<bool> cancel_after(core::Duration after) {
        const std::string client_sn = sale_.client_sn;
        co_await stage_.time().sleep_for(after);
        stage_.counts.add("people impatient cancel");
        (void)co_await till().cancel(client_sn);
        co_return true;
    }

    // Of another merchant's order, by its number.
    task::Awaitable<void> pry() {
        for (const auto& [merchant_sn, sn] : stage_.last_sn) {
            if (merchant_sn == counter_->merchant_sn) continue;
            stage_.counts.add("people prying");
            const char* const path = dice_.pick({"/upay/v2/query", "/upay/v2/cancel", "/upay/v2/refund"});
            (void)co_await till().post(path, {{"terminal_sn", counter_->terminal_sn},
                                              {"sn", sn},
                                              {"refund_request_no", "r1"},
                                              {"refund_amount", "1"}});
            co_return;
        }
    }

    task::Awaitable<void> after_sale() {
        if (dice_.chance(3)) co_await pry();
        const std::int64_t mood = dice_.between(1, 100);
        if (mood <= 10) co_return co_await undo();
        if (mood <= 42) co_return co_await give_back();
        if (mood <= 50) {
            co_await pause(minutes(1), hours(2));
            (void)co_await query();
        }
    }

    // cancel is for any moment of the day, revoke is the same under another name.
    task::Awaitable<void> undo() {
        co_await pause(seconds(1), dice_.chance(80) ? core::Duration(minutes(20)) : core::Duration(hours(8)));
        const char* const path = dice_.chance(70) ? "/upay/v2/cancel" : "/upay/v2/revoke";
        const int most_tries = static_cast<int>(dice_.between(1, 4));
        for (int tries = 0; tries < most_tries; ++tries) {
            stage_.counts.add("people cancel of a paid payment");
            const auto answer = co_await till().post(path, about_order());
            if (belief_of(answer) == Belief::over) break;
            co_await pause(seconds(2), seconds(40));
        }
        if (dice_.chance(20)) (void)co_await query();
    }

    task::Awaitable<void> give_back() {
        const int parts = static_cast<int>(dice_.between(1, 4));
        std::int64_t left = sale_.amount_fen;
        for (int part = 1; part <= parts && left > 0 && is_open_hours(); ++part) {
            co_await pause(milliseconds(200),
                           dice_.chance(70) ? core::Duration(minutes(3)) : core::Duration(hours(2)));
            const bool is_last = part == parts && dice_.chance(70);
            std::int64_t amount = is_last ? left : dice_.between(1, left);
            if (dice_.chance(5)) {
                stage_.counts.add("people over-refund");
                amount = left + dice_.between(1, 100);
            }
            const std::string request_no = "r" + std::to_string(part);
            if (dice_.chance(25)) {
                co_await ask_back_at_once(request_no, left);
                break;
            }
            const bool is_done = co_await ask_back(request_no, amount);
            if (is_done) left -= std::min(left, amount);
        }
        if (dice_.chance(15)) {
            stage_.counts.add("people cancel after a refund");
            (void)co_await cancel();
        }
        if (dice_.chance(30)) (void)co_await query_refund("r1");
    }

    // Two hands at the same moment: together over more than is left, one number over two amounts, a cancel
    // beside a refund.
    task::Awaitable<void> ask_back_at_once(std::string request_no, std::int64_t left) {
        const std::int64_t amount = dice_.between(left / 2 + 1, left);
        const std::int64_t kind = dice_.between(1, 3);
        begin_beside(ask_back(request_no, amount));
        co_await pause(milliseconds(0), milliseconds(dice_.pick({0, 20, 400})));
        if (kind == 1) {
            stage_.counts.add("people two refunds at once");
            begin_beside(ask_back(request_no + "b", dice_.between(left - amount + 1, left)));
        } else if (kind == 2) {
            stage_.counts.add("people two amounts at once");
            begin_beside(ask_back(request_no, amount > 1 ? amount - 1 : amount + 1));
        } else {
            stage_.counts.add("people cancel beside a refund");
            (void)co_await cancel();
        }
        co_await wait_for_background();
    }

    void begin_beside(task::Awaitable<bool> act) {
        background_.push_back(stage_.platform.begin(std::move(act)));
    }

    // True when it may have been done.
    task::Awaitable<bool> ask_back(std::string request_no, std::int64_t amount) {
        stage_.counts.add("people refund");
        auto answer = co_await refund(request_no, amount);
        const int most_tries = static_cast<int>(dice_.between(0, 4));
        for (int tries = 0; tries < most_tries; ++tries) {
            const bool is_told = answer && answer->biz_result_code == "REFUND_SUCCESS";
            if (is_told && !dice_.chance(10)) break;
            co_await pause(seconds(2), minutes(2));
            const std::int64_t mood = dice_.between(1, 10);
            if (mood <= 5) {
                stage_.counts.add("people repeated refund");
                answer = co_await refund(request_no, amount);
            } else if (mood == 6) {
                stage_.counts.add("people repeated refund of another amount");
                (void)co_await refund(request_no, amount + 1);
            } else {
                (void)co_await query_refund(request_no);
            }
        }
        const bool is_refused =
            answer && (answer->biz_result_code == "FAIL" || answer->biz_result_code == "REFUND_FAIL");
        co_return !is_refused;
    }

    Stage& stage_;
    Dice dice_;
    std::string name_;
    const Counter* counter_;
    app::Sale sale_;
    std::string sn_;        // as the till was told, like the next
    std::string trade_no_;  // at the channel
    std::vector<std::shared_ptr<app::SimPlatform::Pending<bool>>> background_;

  public:
    // What was begun beside must end before this cashier goes.
    task::Awaitable<void> wait_for_background() {
        for (const auto& one : background_) {
            while (!one->is_done()) co_await stage_.time().sleep_for(seconds(1));
        }
    }
};

}  // namespace

task::Awaitable<bool> sell(Stage& stage, Item item) {
    const auto cashier = std::make_unique<Cashier>(stage, item);
    co_await stage.time().sleep_until(stage.begin + item.at);
    co_await cashier->work();
    co_await cashier->wait_for_background();
    co_return true;
}

}  // namespace huitong::simulate
