// What the acceptance tests share: a simulated platform, a till's acts on it, and the comparison of what the
// platform believes with what the channel holds. Test support; not part of the product.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/sim_platform.hpp"

namespace huitong::app {

using payments::Aggregate;
using payments::ChannelKind;
using payments::PaymentState;
using sim::Op;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Acceptance : public testing::Test {
  protected:
    explicit Acceptance(SimOptions options = {}, ChannelKind channel = ChannelKind::wechat)
        : platform(std::move(options)), channel_(channel) {
        started_at = platform.time().now();
    }

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
    // Of the last payment.
    TillAnswer refund(const std::string& request_no, std::int64_t amount_fen) {
        return must(platform.run(platform.till().refund(last_client_sn(), request_no, amount_fen)));
    }
    auto begin_refund(const std::string& request_no, std::int64_t amount_fen) {
        return platform.begin(platform.till().refund(last_client_sn(), request_no, amount_fen));
    }
    TillAnswer query_refund(const std::string& request_no) {
        return must(platform.run(platform.till().query_refund(last_client_sn(), request_no)));
    }
    // Of an order that is to be begun in another way than by pay().
    [[nodiscard]] std::string next_client_sn() { return "c" + std::to_string(++sales_); }
    [[nodiscard]] std::string last_client_sn() const { return "c" + std::to_string(sales_); }
    [[nodiscard]] int sales() const { return sales_; }  // "c1" to "c" and this
    [[nodiscard]] std::string payment_code(int scenario = 0, int tt = 0) {
        return platform.payment_code(scenario, tt, channel_);
    }

    static TillAnswer must(core::Result<TillAnswer> answer) {
        if (answer) return *answer;
        ADD_FAILURE() << "no answer: " << answer.error().reason;
        return {};
    }

    [[nodiscard]] ChannelKind channel_kind() const { return channel_; }
    [[nodiscard]] bool is_wechat() const { return channel_ == ChannelKind::wechat; }
    // The simulated channel under test, and where it listens.
    [[nodiscard]] sim::Service& channel();
    [[nodiscard]] net::Origin channel_origin() const;
    // The fault hits calls of that operation.
    void add_fault(Op op, sim::FaultAction action, std::string text = {}, int times = 1);

    // The payment of that client_sn (the last one's when empty), from the store.
    Aggregate payment(const std::string& client_sn = {});
    std::vector<payments::TimelineRow> timeline();
    // What the ledger says the payer is out of pocket, in fen; counts the payment's entries into `entries`.
    std::int64_t ledger_net(const Aggregate& aggregate, std::size_t* entries = nullptr);
    // Sums of the payment's postings by account; what is zero is left out.
    std::map<std::string, std::int64_t> balances(const Aggregate& aggregate);
    // What the payer is out of pocket at the channel for that payment.
    std::int64_t channel_net(const Aggregate& aggregate);
    // Calls of one operation that the channel saw, in seconds since the pay call arrived.
    std::vector<double> calls(Op op);
    [[nodiscard]] double seconds_since_start() const;
    bool has_alarm(const std::string& name);

    // Every payment: resolved (or in manual review), one pay call at most, and platform and channel agree to
    // the fen.
    void expect_books_agree(std::size_t in_review = 0);
    void expect_no_violations();

    SimPlatform platform;
    core::Instant started_at;

  private:
    Sale sale(int scenario, int tt, std::int64_t amount_fen) {
        return {.client_sn = next_client_sn(),
                .amount_fen = amount_fen,
                .payment_code = payment_code(scenario, tt)};
    }
    ChannelKind channel_;
    int sales_ = 0;
};

// A scenario that must hold on every wallet.
class OnBothWallets : public Acceptance, public testing::WithParamInterface<ChannelKind> {
  protected:
    explicit OnBothWallets(SimOptions options = {}) : Acceptance(std::move(options), GetParam()) {}
};

inline const auto both_wallets = testing::Values(ChannelKind::wechat, ChannelKind::alipay);
inline const auto wallet_name = [](const auto& info) { return std::string(payments::to_string(info.param)); };

}  // namespace huitong::app
