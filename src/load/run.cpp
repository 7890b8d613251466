#include "load/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <iterator>

#include "load/codes.hpp"

namespace huitong::load {

namespace {

constexpr core::Duration second = std::chrono::seconds(1);
constexpr std::int64_t most_amount_fen = 1000;

}  // namespace

Run::Run(net::HttpTransport& transport, task::Time& time, RunOptions options)
    : transport_(transport),
      time_(time),
      options_(std::move(options)),
      schedule_(options_.plan),
      random_(options_.plan.seed + 1) {}

task::Awaitable<void> Run::send() {
    started_at_ = time_.now();
    task::Group workers(co_await boost::asio::this_coro::executor, time_,
                        [this](std::exception_ptr failure) { failure_ = failure; });
    task::Group ticker(co_await boost::asio::this_coro::executor, time_,
                       [this](std::exception_ptr failure) { failure_ = failure; });
    for (int i = 0; i < options_.connections; ++i) workers.spawn(work());
    if (options_.on_second) ticker.spawn(tick(workers));
    co_await workers.join();
    measures_.lasting = time_.now() - started_at_;
    co_await ticker.join();
    if (failure_) std::rethrow_exception(failure_);
}

task::Awaitable<void> Run::work() {
    while (const auto arrival = schedule_.next(time_.now() - started_at_)) {
        const core::Instant due = started_at_ + arrival->at;
        if (due > time_.now()) co_await time_.sleep_until(due);
        Turn turn = make_turn(arrival->operation);
        const core::Instant asked_at = time_.now();
        measures_.behind_us.add((asked_at - due).count());
        measures_.sending = asked_at - started_at_;
        ++measures_.sent;
        const auto answer = co_await ask(std::move(turn.request));
        const core::Instant now = time_.now();
        const Outcome outcome = classify(turn.operation, answer);
        measure(turn.operation, now - due, outcome);
        note(turn.order, {turn.operation, asked_at, now}, answer, outcome.verdict);
        if (turn.operation == Operation::pay) orders_.offer(turn.order);
    }
}

void Run::measure(Operation operation, core::Duration latency, const Outcome& outcome) {
    Tally& tally = measures_.by_operation[static_cast<std::size_t>(operation)];
    tally.latency_us.add(latency.count());
    ++tally.by_verdict[static_cast<std::size_t>(outcome.verdict)];
    ++tally.words[outcome.word];
    ++progress_.answered;
    if (outcome.verdict != Verdict::definite) ++progress_.unknown_or_refused;
    if (options_.on_second) last_second_us_.add(latency.count());
}

task::Task<Answer> Run::ask(net::Request request) {
    net::CallOptions call;
    call.read_timeout = answer_timeout;
    const net::Origin& target = options_.targets[next_target_++ % options_.targets.size()];
    auto response = co_await transport_.send(target, std::move(request), call);
    if (!response) co_return std::unexpected(std::move(response.error()));
    co_return read_answer(std::move(*response));
}

task::Task<Answer> Run::ask_any(net::Request request) {
    core::Result<Answer> answer = core::fail(core::Code::unavailable, "no_target");
    for (std::size_t i = 0; i < options_.targets.size() && !answer; ++i) answer = co_await ask(request);
    co_return answer;
}

net::Request Run::request_of(const Order& order, std::string_view path, codec::JsonObject fields) const {
    const Identity& terminal = options_.terminals[order.terminal];
    codec::JsonObject body{{"terminal_sn", terminal.sn}, {"client_sn", order.client_sn}};
    std::ranges::move(fields, std::back_inserter(body));
    return make_request(terminal, std::string(path), std::move(body));
}

Run::Turn Run::make_turn(Operation wanted) {
    if (wanted == Operation::pay) return make_pay();
    Order* order = nullptr;
    if (wanted == Operation::query) order = orders_.pick_acknowledged(random_);
    if (wanted == Operation::cancel) order = orders_.take_to_cancel(time_.now());
    if (wanted == Operation::refund) order = orders_.take_to_refund();
    if (order == nullptr) {
        ++measures_.paid_instead;
        return make_pay();
    }
    if (wanted == Operation::query) return {wanted, *order, request_of(*order, "/upay/v2/query", {})};
    if (wanted == Operation::cancel) {
        order->cancel = Standing::open;
        return {wanted, *order, request_of(*order, "/upay/v2/cancel", {})};
    }
    order->refund = Standing::open;
    order->refund_fen =
        1 + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(order->amount_fen)));
    return {wanted, *order,
            request_of(*order, "/upay/v2/refund",
                       {{"refund_request_no", refund_request_no},
                        {"refund_amount", std::to_string(order->refund_fen)},
                        {"operator", "load"}})};
}

Run::Turn Run::make_pay() {
    constexpr std::uint64_t million = 1'000'000;
    const auto n = static_cast<std::int64_t>(orders_.all().size());
    Order& order =
        orders_.open({.client_sn = fmt::format("{}-{}", options_.name, n),
                      .terminal = static_cast<std::size_t>(n) % options_.terminals.size(),
                      .wallet = options_.wallets[random_.below(options_.wallets.size())],
                      .amount_fen = 1 + static_cast<std::int64_t>(random_.below(most_amount_fen))});
    const bool is_faulty = random_.below(million) < options_.faults_ppm;
    const Scenario scenario = is_faulty ? draw_fault(random_) : Scenario{};
    return {Operation::pay, order,
            request_of(order, "/upay/v2/pay",
                       {{"total_amount", std::to_string(order.amount_fen)},
                        {"dynamic_id", payment_code(options_.first_code + n, order.wallet, scenario)},
                        {"subject", "load"},
                        {"operator", "load"}})};
}

std::int64_t Run::count_open() const {
    return std::ranges::count_if(orders_.all(), &Order::is_open);
}

task::Awaitable<void> Run::settle(core::Duration limit) {
    const core::Instant begun_at = time_.now();
    measures_.left_open = count_open();
    progress_.is_settling = true;
    while (true) {
        to_settle_.clear();
        for (Order& order : orders_.all()) {
            if (order.is_open()) to_settle_.push_back(&order);
        }
        if (to_settle_.empty() || time_.now() - begun_at >= limit) break;
        progress_.open = static_cast<std::int64_t>(to_settle_.size());
        progress_.elapsed = time_.now() - begun_at;
        if (options_.on_second) options_.on_second(progress_);
        task::Group workers(co_await boost::asio::this_coro::executor, time_,
                            [this](std::exception_ptr failure) { failure_ = failure; });
        for (int i = 0; i < options_.connections; ++i) workers.spawn(settle_some(begun_at + limit));
        co_await workers.join();
        if (failure_) std::rethrow_exception(failure_);
        co_await time_.sleep_for(second);
    }
    measures_.settling = time_.now() - begun_at;
}

task::Awaitable<void> Run::settle_some(core::Instant until) {
    while (!to_settle_.empty() && time_.now() < until) {
        Order& order = *to_settle_.back();
        to_settle_.pop_back();
        co_await settle_one(order);
    }
}

// The refund first: what the order is then told as includes it. Where that is not told, neither is settled.
task::Awaitable<void> Run::settle_one(Order& order) {
    const Standing refund_before = order.refund;
    if (order.refund == Standing::open) {
        const core::Instant asked_at = time_.now();
        const auto answer =
            co_await ask_any(request_of(order, "/upay/v2/query", {{"refund_request_no", refund_request_no}}));
        note_refund_query(order, {Operation::query, asked_at, time_.now()}, answer);
    }
    const core::Instant asked_at = time_.now();
    const auto answer = co_await ask_any(request_of(order, "/upay/v2/query", {}));
    if (!answer) order.refund = refund_before;
    note(order, {Operation::query, asked_at, time_.now()}, answer,
         classify(Operation::query, answer).verdict);
}

task::Awaitable<void> Run::tick(task::Group& workers) {
    std::int64_t answered_before = 0;
    while (workers.size() > 0) {
        co_await time_.sleep_for(second);
        progress_.elapsed = time_.now() - started_at_;
        progress_.answered_last_second = progress_.answered - answered_before;
        progress_.p99_us_last_second = last_second_us_.percentile(990'000);
        answered_before = progress_.answered;
        last_second_us_.clear();
        options_.on_second(progress_);
    }
}

}  // namespace huitong::load
