// Channel: the simulated WeChat as an HTTP service: paths, faults, journal, and everything that takes time on
// the wire (spec/channels 1A.1, 6).
#pragma once

#include "sim/faults.hpp"
#include "sim/wechat/desk.hpp"

namespace huitong::sim::wechat {

// What happened so far, over all orders.
struct Totals {
    std::int64_t orders = 0;  // numbers that an order or a tombstone stands behind
    std::int64_t pending = 0;
    std::int64_t paid_count = 0;  // ever paid, also when reversed since
    std::int64_t paid_fen = 0;
    std::int64_t refunded_count = 0;
    std::int64_t refunded_fen = 0;
    std::int64_t micropay_calls = 0;
    std::int64_t query_calls = 0;
    std::int64_t reverse_calls = 0;
    std::int64_t max_micropay_calls = 0;  // of one number
};

class Channel {
  public:
    Channel(VirtualClock& clock, core::Random& random, const Options& options, Faults& faults,
            Journal& journal, Violations& violations)
        : clock_(clock),
          options_(options),
          random_(random),
          faults_(faults),
          journal_(journal),
          desk_(random, options, violations) {}

    // The operation behind a path; none: not one of WeChat's.
    [[nodiscard]] static std::optional<Op> find_op(std::string_view path);
    // Runs to its end whether or not the caller still listens. The channel must outlive it.
    [[nodiscard]] task::Awaitable<net::Response> serve(Op op, net::Request request);

    // What the payer does by hand. Errors: not_found {no_order}, conflict {not_paying}.
    [[nodiscard]] core::Result<void> pay(Order& order);
    [[nodiscard]] core::Result<void> cancel(Order& order);
    [[nodiscard]] core::Result<void> enter_wrong_password(Order& order);

    // Null when there is no such order. An empty mch_id searches all merchants.
    [[nodiscard]] Order* find_order(std::string_view mch_id, std::string_view out_trade_no);
    // All numbers ever named, settled to the present.
    [[nodiscard]] std::deque<Order>& settled_orders();
    [[nodiscard]] Totals totals();
    void clear() { desk_.clear(); }

  private:
    [[nodiscard]] std::optional<Outcome> fault_before(const Fault& fault, const Call& call);
    [[nodiscard]] task::Awaitable<Outcome> answer(Call call, std::uint64_t seq);
    [[nodiscard]] core::Result<void> demand_paying(const Order& order) const;

    VirtualClock& clock_;
    const Options& options_;
    core::Random& random_;
    Faults& faults_;
    Journal& journal_;
    Desk desk_;
};

}  // namespace huitong::sim::wechat
