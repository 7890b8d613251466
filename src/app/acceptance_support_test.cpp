#include "app/acceptance_test_support.hpp"

namespace huitong::app {

Aggregate Acceptance::payment(const std::string& client_sn) {
    const std::string wanted = client_sn.empty() ? last_client_sn() : client_sn;
    const std::string merchant = platform.data().merchant_sn;
    auto found =
        platform.run(platform.store().read([wanted, merchant](ports::Tx& tx) -> core::Result<Aggregate> {
            const auto sn = tx.payments().find_by_client_sn(merchant, wanted);
            if (!sn) return core::fail(core::Code::not_found, "no_payment");
            return *tx.payments().find(*sn);
        }));
    if (found) return *found;
    ADD_FAILURE() << "no payment " << wanted;
    return {};
}

std::vector<payments::TimelineRow> Acceptance::timeline() {
    const core::PaymentSn sn = payment().payment.sn;
    return *platform.run(
        platform.store().read([sn](ports::Tx& tx) -> core::Result<std::vector<payments::TimelineRow>> {
            return tx.payments().timeline(sn);
        }));
}

sim::Service& Acceptance::channel() {
    if (is_wechat()) return platform.simulators().wechat();
    return platform.simulators().alipay();
}

net::Origin Acceptance::channel_origin() const {
    return is_wechat() ? SimPlatform::wechat_origin() : SimPlatform::alipay_origin();
}

void Acceptance::add_fault(Op op, sim::FaultAction action, std::string text, int times) {
    platform.simulators().add_fault({.channel = std::string(channel().desk().profile().channel),
                                     .op = std::string(channel().desk().profile().op(op)),
                                     .action = action,
                                     .text = std::move(text),
                                     .times = times});
}

namespace {

std::vector<ledger::Entry> entries_of(SimPlatform& platform, core::PaymentSn sn) {
    return *platform.run(
        platform.store().read([sn](ports::Tx& tx) -> core::Result<std::vector<ledger::Entry>> {
            return tx.payments().entries(sn);
        }));
}

}  // namespace

std::int64_t Acceptance::ledger_net(const Aggregate& aggregate, std::size_t* entries) {
    using ledger::AccountKind;
    const auto booked = entries_of(platform, aggregate.payment.sn);
    std::int64_t net = 0;
    for (const ledger::Entry& entry : booked) {
        for (const ledger::Transfer& transfer : entry.transfers) {
            const auto is_between = [&](AccountKind debit, AccountKind credit) {
                return transfer.debit.kind == debit && transfer.credit.kind == credit;
            };
            if (is_between(AccountKind::channel_receivable, AccountKind::merchant_payable))
                net += transfer.amount.minor();
            if (is_between(AccountKind::merchant_payable, AccountKind::channel_receivable))
                net -= transfer.amount.minor();
        }
    }
    if (entries) *entries = booked.size();
    return net;
}

std::map<std::string, std::int64_t> Acceptance::balances(const Aggregate& aggregate) {
    std::map<std::string, std::int64_t> sums;
    for (const ledger::Entry& entry : entries_of(platform, aggregate.payment.sn)) {
        for (const ledger::Transfer& transfer : entry.transfers) {
            sums[transfer.debit.text()] += transfer.amount.minor();
            sums[transfer.credit.text()] -= transfer.amount.minor();
        }
    }
    std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
    return sums;
}

std::int64_t Acceptance::channel_net(const Aggregate& aggregate) {
    sim::Service& wallet = aggregate.payment.channel == ChannelKind::wechat
                               ? static_cast<sim::Service&>(platform.simulators().wechat())
                               : platform.simulators().alipay();
    (void)wallet.settled_orders();
    const auto* order = wallet.find_order("", aggregate.payment.channel_number);
    if (!order || !order->was_paid()) return 0;
    return order->amount_fen - order->refunded_fen;
}

std::vector<double> Acceptance::calls(Op wanted) {
    const std::string op(channel().desk().profile().op(wanted));
    const std::string number = payment().payment.channel_number;
    std::optional<core::Instant> first;
    std::vector<double> times;
    for (const sim::JournalEntry& entry : platform.simulators().journal().entries()) {
        if (entry.out_trade_no != number) continue;
        if (!first) first = entry.at;
        if (entry.op == op) times.push_back(static_cast<double>((entry.at - *first).count()) / 1e6);
    }
    return times;
}

double Acceptance::seconds_since_start() const {
    return static_cast<double>((const_cast<SimPlatform&>(platform).time().now() - started_at).count()) / 1e6;
}

bool Acceptance::has_alarm(const std::string& name) {
    for (const payments::TimelineRow& row : timeline()) {
        if (row.happening == "alarm " + name) return true;
    }
    return false;
}

void Acceptance::expect_books_agree(std::size_t in_review) {
    platform.settle();
    const auto all =
        platform.run(platform.store().read([](ports::Tx& tx) -> core::Result<std::vector<payments::Payment>> {
            ports::PaymentRepository::Filter filter;
            filter.most = 100'000;
            return tx.payments().list(filter);
        }));
    std::size_t reviewed = 0;
    for (const payments::Payment& paid : *all) {
        SCOPED_TRACE(paid.client_sn + " " + std::string(payments::to_string(paid.state)));
        const Aggregate aggregate{.payment = paid, .operations = {}};
        if (paid.state == PaymentState::manual_review) {
            ++reviewed;
            continue;
        }
        EXPECT_TRUE(payments::is_final(paid.state));
        const bool is_kept =
            paid.state == PaymentState::paid || paid.state == PaymentState::partially_refunded;
        const std::int64_t expected = is_kept ? (paid.amount - paid.refunded).minor() : 0;
        EXPECT_EQ(ledger_net(aggregate), expected);
        EXPECT_EQ(channel_net(aggregate), expected);
    }
    EXPECT_EQ(reviewed, in_review);
    EXPECT_LE(platform.simulators().wechat().totals().max_pay_calls, 1);
    EXPECT_LE(platform.simulators().alipay().totals().max_pay_calls, 1);
}

void Acceptance::expect_no_violations() {
    for (const sim::Violation& violation : platform.simulators().violations().all()) {
        std::string story;
        for (const sim::JournalEntry& entry : platform.simulators().journal().entries()) {
            if (entry.out_trade_no == violation.out_trade_no)
                story += "\n  " + core::to_rfc3339(entry.at) + " " + entry.op + " -> " + entry.response;
        }
        ADD_FAILURE() << violation.rule << " " << violation.out_trade_no << " at "
                      << core::to_rfc3339(violation.at) << ": " << violation.text << story;
    }
}

}  // namespace huitong::app
