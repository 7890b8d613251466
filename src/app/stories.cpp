#include "app/stories.hpp"

#include <fmt/format.h>

#include "app/sim_platform.hpp"
#include "app/timeline.hpp"
#include "flows/decide.hpp"

namespace huitong::app {

namespace {

using payments::ChannelKind;
using payments::PaymentState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// What a story has at hand: the platform, its till, and the list of what must be true.
class Stage {
  public:
    Stage(SimPlatform& sim, TimelinePrinter& printer, std::string client_sn, ChannelKind wallet)
        : sim_(sim), printer_(printer), client_sn_(std::move(client_sn)), wallet_(wallet) {}

    void pay(std::int64_t amount_fen, int scenario, int tt) {
        say("pay", sim_.run(sim_.till().pay({.client_sn = client_sn_,
                                             .amount_fen = amount_fen,
                                             .payment_code = sim_.payment_code(scenario, tt, wallet_)})));
    }
    void refund(const std::string& request_no, std::int64_t amount_fen) {
        say("refund " + request_no, sim_.run(sim_.till().refund(client_sn_, request_no, amount_fen)));
    }
    // The channel forgets to refuse what was reversed before it came (spec/channels 1A.6: undocumented).
    void forget_tombstones() { sim_.simulators().options().tombstones = false; }
    void query() { say("query", sim_.run(sim_.till().query(client_sn_))); }
    void cancel() { say("cancel", sim_.run(sim_.till().cancel(client_sn_))); }
    // Pays, and cancels while the till still waits for the payer.
    void pay_and_cancel_after(core::Duration wait, int scenario) {
        const auto paying =
            sim_.begin(sim_.till().pay({.client_sn = client_sn_,
                                        .amount_fen = 2500,
                                        .payment_code = sim_.payment_code(scenario, 0, wallet_)}));
        sim_.run_for(wait);
        cancel();
        sim_.run_until([&] { return paying->is_done(); });
        if (!paying->value) return require(false, "the pay request must be answered");
        say("pay", std::move(*paying->value));
    }
    void decide(payments::Verdict verdict, std::string reason) {
        printer_.note(sim_.time().now(), "person",
                      fmt::format("decides: {} ({})", to_string(verdict), reason));
        payments::Decision decision{.verdict = verdict,
                                    .operator_name = sim_.data().operator_name,
                                    .reason = std::move(reason),
                                    .owner = {}};
        const auto done = sim_.run(flows::decide_beside(sim_.store(), read().payment.sn, std::move(decision),
                                                        sim_.time().now(), GatewayOptions{}.engine));
        require(done.has_value(), "the decision must be taken");
    }
    void let_pass(core::Duration time) { sim_.run_for(time); }

    void require_answer(std::string_view biz_result_code) {
        require(last_.biz_result_code == biz_result_code,
                fmt::format("the till must see {}, saw {}", biz_result_code, last_.biz_result_code));
    }
    void require_order(std::string_view status) {
        query();
        require(last_.get("order_status") == status,
                fmt::format("the order must be {}, is {}", status, last_.get("order_status")));
    }
    void require_state(PaymentState state) {
        const PaymentState is = read().payment.state;
        require(is == state, fmt::format("the payment must be {}, is {}", to_string(state), to_string(is)));
    }
    void require_entries(std::size_t count) {
        require(
            printer_.entries().size() == count,
            fmt::format("{} postings must stand in the ledger, not {}", count, printer_.entries().size()));
    }
    void require_calls(std::string_view happening, std::size_t least) {
        const auto sn = read().payment.sn;
        const auto rows = sim_.run(
            sim_.store().read([sn](ports::Tx& tx) -> core::Result<std::vector<payments::TimelineRow>> {
                return tx.payments().timeline(sn);
            }));
        std::size_t found = 0;
        for (const auto& row : *rows) found += row.exchange && row.exchange->call == happening ? 1U : 0U;
        require(found >= least,
                fmt::format("at least {} calls of {} must be kept, not {}", least, happening, found));
    }
    void require(bool is_so, std::string_view what) {
        if (!is_so) failures_ += fmt::format("  FAILED: {}\n", what);
    }
    [[nodiscard]] const std::string& failures() const { return failures_; }

  private:
    void say(std::string_view what, core::Result<TillAnswer> answer) {
        if (!answer) {
            last_ = {};
            printer_.note(sim_.time().now(), "till",
                          fmt::format("{}: no answer, {}", what, answer.error().reason));
            return require(false, "the till must get an answer");
        }
        last_ = std::move(*answer);
        printer_.note(sim_.time().now(), "till",
                      fmt::format("{} answered {} {} order_status={}", what, last_.biz_result_code,
                                  last_.error_code, last_.get("order_status")));
    }
    [[nodiscard]] payments::Aggregate read() {
        auto found = sim_.run(sim_.engine().find(sim_.data().merchant_sn, "", client_sn_));
        HUITONG_ASSERT(found.has_value(), "a story's payment exists");
        return std::move(*found);
    }

    SimPlatform& sim_;
    TimelinePrinter& printer_;
    std::string client_sn_;
    ChannelKind wallet_;
    TillAnswer last_;
    std::string failures_;
};

struct Story {
    std::string_view title;
    void (*play)(Stage&);
    ChannelKind wallet = ChannelKind::wechat;
};

constexpr Story stories[] = {
    {"Paid at once",
     [](Stage& stage) {
         stage.pay(1280, 0, 0);
         stage.require_answer("PAY_SUCCESS");
         stage.require_order("PAID");
         stage.require_entries(1);
     }},
    {"The payer types a password, then it is paid",
     [](Stage& stage) {
         stage.pay(3600, 1, 8);
         stage.require_answer("PAY_SUCCESS");
         stage.require_entries(1);
     }},
    {"The payer never answers: reversed, and only then reported as failed",
     [](Stage& stage) {
         stage.pay(990, 2, 0);
         stage.let_pass(minutes(3));
         stage.require_order("PAY_CANCELED");
         stage.require_state(PaymentState::reversed);
         stage.require_entries(0);
     }},
    {"Paid, but the answer is lost: found by a query, not charged twice",
     [](Stage& stage) {
         stage.pay(4500, 14, 0);
         stage.require_answer("PAY_SUCCESS");
         stage.require_calls("micropay", 1);
         stage.require_calls("orderquery", 1);
         stage.require_entries(1);
     }},
    {"Paid and cancelled; the channel asks three times to repeat the reversal",
     [](Stage& stage) {
         stage.pay(2000, 30, 3);
         stage.require_answer("PAY_SUCCESS");
         stage.let_pass(seconds(20));
         stage.cancel();
         stage.let_pass(minutes(2));
         stage.require_order("CANCELED");
         stage.require_calls("reverse", 4);
         stage.require_entries(2);
     }},
    {"A paid order is cancelled",
     [](Stage& stage) {
         stage.pay(1500, 0, 0);
         stage.let_pass(seconds(60));
         stage.cancel();
         stage.require_answer("CANCEL_SUCCESS");
         stage.require_state(PaymentState::reversed);
         stage.require_entries(2);
     }},
    {"An order that still waits for its payer is cancelled",
     [](Stage& stage) {
         stage.pay_and_cancel_after(seconds(6), 2);
         stage.let_pass(minutes(2));
         stage.require_order("CANCELED");
         stage.require_entries(0);
     }},
    {"The reversal never succeeds: a person decides",
     [](Stage& stage) {
         stage.pay(8800, 33, 0);
         stage.require_answer("PAY_SUCCESS");
         stage.let_pass(seconds(20));
         stage.cancel();
         stage.let_pass(minutes(45));
         stage.require_state(PaymentState::manual_review);
         stage.decide(payments::Verdict::paid, "the channel's operator confirms the money is there");
         stage.require_order("PAID");
         stage.require_entries(1);
     }},
    {"Alipay: the payer confirms on the phone, then it is paid",
     [](Stage& stage) {
         stage.pay(5200, 1, 8);
         stage.require_answer("PAY_SUCCESS");
         stage.require_order("PAID");
         stage.require_entries(1);
     },
     ChannelKind::alipay},
    {"Alipay: never paid, cancelled at the channel, which says that nothing had been paid",
     [](Stage& stage) {
         stage.pay(1100, 2, 0);
         stage.require_answer("PAY_FAIL");
         stage.require_state(PaymentState::reversed);
         stage.require_entries(0);
     },
     ChannelKind::alipay},
    {"Alipay: the answer that it was paid has a bad signature; a query proves it",
     [](Stage& stage) {
         stage.pay(2700, 18, 0);
         stage.require_answer("PAY_SUCCESS");
         stage.require_calls("alipay.trade.query", 1);
         stage.require_entries(1);
     },
     ChannelKind::alipay},
    {"Refunded in two parts; the second waits its minute at the channel, the till need not know",
     [](Stage& stage) {
         stage.pay(9999, 0, 0);
         stage.let_pass(minutes(1));
         stage.refund("R1", 3333);
         stage.require_answer("REFUND_SUCCESS");
         stage.require_order("PARTIAL_REFUNDED");
         stage.refund("R2", 6666);
         stage.require_answer("REFUND_IN_PROGRESS");
         stage.let_pass(minutes(2));
         stage.require_order("REFUNDED");
         stage.refund("R2", 6666);
         stage.require_answer("FAIL");  // UPAY_REFUND_ORDER_NOOP: done before, nothing was done again
         stage.require_entries(3);
     }},
    {"Paid after it was closed: refunded, whatever the channel kept from us before",
     [](Stage& stage) {
         stage.forget_tombstones();
         stage.pay(6400, 22, 99);
         stage.let_pass(hours(3));
         stage.require_order("PAY_CANCELED");
         stage.require_state(PaymentState::reversed);
         stage.require_entries(2);
     }},
};

std::string play(const Story& story, int number, std::uint64_t seed, bool& is_good) {
    TimelinePrinter printer;
    SimOptions options;
    options.seed = seed + static_cast<std::uint64_t>(number);
    options.observer = &printer;
    SimPlatform sim(std::move(options));
    printer.begin(sim.time().now());
    Stage stage(sim, printer, fmt::format("STORY-{}", number), story.wallet);
    story.play(stage);
    for (const auto& violation : sim.simulators().violations().all()) {
        stage.require(false,
                      fmt::format("the channel's rule {} was broken: {}", violation.rule, violation.text));
    }
    is_good = stage.failures().empty();
    return fmt::format("story {}: {}\n{}  ledger:\n{}{}\n", number, story.title, printer.take(),
                       describe_entries(printer.entries(), "    "), stage.failures());
}

}  // namespace

StoriesReport play_stories(std::uint64_t seed) {
    StoriesReport report;
    for (const Story& story : stories) {
        bool is_good = false;
        report.text += play(story, ++report.played, seed, is_good);
        if (!is_good) ++report.failed;
    }
    return report;
}

}  // namespace huitong::app
