// What the acceptance tests share: a simulated platform, a till's acts on it, and the comparison of what the
// platform believes with what the channel holds. Test support; not part of the product.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/sim_platform.hpp"

namespace huitong::app {

using payments::Aggregate;
using payments::PaymentState;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Acceptance : public testing::Test {
  protected:
    explicit Acceptance(SimOptions options = {}) : platform(options) { started_at = platform.time().now(); }

    // Pays with a code of that scenario; the answer the till gets. client_sn is "c1", "c2", ….
    TillAnswer pay(int scenario, int tt = 0, std::int64_t amount_fen = 100) {
        return must(platform.run(platform.till().pay(sale(scenario, tt, amount_fen))));
    }
    // The same without waiting for the answer.
    auto begin_pay(int scenario, int tt = 0, std::int64_t amount_fen = 100) {
        return platform.begin(platform.till().pay(sale(scenario, tt, amount_fen)));
    }
    TillAnswer query(const std::string& client_sn = {}) {
        return must(platform.run(platform.till().query(client_sn.empty() ? last_client_sn() : client_sn)));
    }
    TillAnswer cancel(const std::string& client_sn = {}) {
        return must(platform.run(platform.till().cancel(client_sn.empty() ? last_client_sn() : client_sn)));
    }
    [[nodiscard]] std::string last_client_sn() const { return "c" + std::to_string(sales_); }

    static TillAnswer must(core::Result<TillAnswer> answer) {
        if (answer) return *answer;
        ADD_FAILURE() << "no answer: " << answer.error().reason;
        return {};
    }

    // The payment of that client_sn (the last one's when empty), from the store.
    Aggregate payment(const std::string& client_sn = {});
    std::vector<payments::TimelineRow> timeline();
    // Net of the last payment in the ledger, in fen; counts its entries into `entries`.
    std::int64_t ledger_net(const Aggregate& aggregate, std::size_t* entries = nullptr);
    // What the payer is out of pocket at the channel for that payment.
    std::int64_t channel_net(const Aggregate& aggregate);
    // Calls of one operation that the channel saw, in seconds since the pay call arrived.
    std::vector<double> calls(const std::string& op);
    [[nodiscard]] double seconds_since_start() const;
    bool has_alarm(const std::string& name);

    // Every payment: resolved (or in manual review), one micropay at most, and platform and channel agree to
    // the fen.
    void expect_books_agree(std::size_t in_review = 0);
    void expect_no_violations();

    SimPlatform platform;
    core::Instant started_at;

  private:
    Sale sale(int scenario, int tt, std::int64_t amount_fen) {
        return {.client_sn = "c" + std::to_string(++sales_),
                .amount_fen = amount_fen,
                .payment_code = platform.payment_code(scenario, tt)};
    }
    int sales_ = 0;
};

}  // namespace huitong::app
