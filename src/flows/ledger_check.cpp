#include "flows/ledger_check.hpp"

#include <algorithm>
#include <map>

namespace huitong::flows {

using ledger::Entry;
using ledger::EntryKind;
using payments::Aggregate;
using payments::Operation;
using payments::OperationKind;
using payments::OperationState;
using payments::Payment;
using payments::PaymentState;

namespace {

// part of whole, halves rounded up; written down here a second time on purpose.
std::int64_t rounded_share(std::int64_t whole, std::int64_t part, std::int64_t of) {
    __extension__ using Wide = __int128;
    const Wide product = Wide(whole) * part;
    const Wide rest = product % of;
    return static_cast<std::int64_t>(product / of) + (rest * 2 >= of ? 1 : 0);
}

struct Sums {
    std::int64_t gross = 0;
    std::int64_t channel_fee = 0;
    std::int64_t merchant_fee = 0;
};

// Debits less credits by account and currency; what is zero is left out.
using Net = std::map<std::pair<std::string, core::Currency>, std::int64_t>;

Net without_zeros(Net net) {
    std::erase_if(net, [](const auto& each) { return each.second == 0; });
    return net;
}

void add_to(Net& net, const Entry& entry) {
    for (const ledger::Transfer& transfer : entry.transfers) {
        const core::Currency currency = transfer.amount.currency();
        net[{transfer.debit.text(), currency}] += transfer.amount.minor();
        net[{transfer.credit.text(), currency}] -= transfer.amount.minor();
    }
}

Net net_of(const Entry& entry) {
    Net net;
    add_to(net, entry);
    return without_zeros(std::move(net));
}

std::string text_of(const Net& net) {
    std::string text;
    for (const auto& [place, minor] : net) {
        text += (text.empty() ? "" : ", ") + place.first + " " +
                core::to_string(core::Money(minor, place.second));
    }
    return text.empty() ? "nothing" : text;
}

bool is_merchants_refund(const Operation& operation) {
    return operation.kind == OperationKind::refund && !payments::is_automatic(operation);
}

class Check {
  public:
    Check(const Aggregate& aggregate, const std::vector<Entry>& entries)
        : aggregate_(aggregate), payment_(aggregate.payment), entries_(entries) {}

    std::vector<LedgerDifference> run() {
        check_transfers();
        check_whole(EntryKind::payment, payment_.is_booked);
        check_whole(EntryKind::reversal, payment_.effect == payments::Effect::refunded);
        check_refund_entries();
        check_refunded();
        check_state();
        return std::move(found_);
    }

  private:
    void report(std::string_view problem, std::string detail) {
        found_.push_back({payment_.sn, std::string(problem), std::move(detail)});
    }

    // What an entry over those amounts does to the accounts; `sign` -1: the mirror.
    [[nodiscard]] Net expected(const Sums& sums, int sign) const {
        const core::Currency currency = payment_.amount.currency();
        const std::string& merchant = payment_.merchant_sn;
        const std::string& account = payment_.channel_account;
        return without_zeros(
            {{{"channel_receivable:" + account, currency}, sign * (sums.gross - sums.channel_fee)},
             {{"merchant_payable:" + merchant, currency}, sign * (sums.merchant_fee - sums.gross)},
             {{"fee_income:" + merchant, currency}, sign * -sums.merchant_fee},
             {{"channel_fee:" + account, currency}, sign * sums.channel_fee}});
    }

    [[nodiscard]] Sums whole() const {
        constexpr std::int64_t million = 1'000'000;
        const std::int64_t gross = payment_.amount.minor();
        return {gross, rounded_share(gross, payment_.channel_fee_ppm, million),
                rounded_share(gross, payment_.merchant_fee_ppm, million)};
    }

    [[nodiscard]] std::vector<const Entry*> of_kind(EntryKind kind) const {
        std::vector<const Entry*> found;
        for (const Entry& entry : entries_) {
            if (entry.kind == kind) found.push_back(&entry);
        }
        return found;
    }

    void check_transfers() {
        for (const Entry& entry : entries_) {
            for (const ledger::Transfer& transfer : entry.transfers) {
                if (transfer.amount.minor() > 0 && transfer.debit != transfer.credit) continue;
                report("transfer", transfer.debit.text() + " to " + transfer.credit.text() + " " +
                                       core::to_string(transfer.amount));
            }
        }
    }

    // The payment entry, or its mirror: there once, over all of it, or not at all.
    void check_whole(EntryKind kind, bool is_wanted) {
        const auto entries = of_kind(kind);
        if (entries.size() != (is_wanted ? 1U : 0U)) {
            report(std::string(to_string(kind)) + "_entry",
                   std::to_string(entries.size()) + " instead of " + (is_wanted ? "one" : "none"));
        }
        const Net wanted = expected(whole(), kind == EntryKind::payment ? 1 : -1);
        for (const Entry* entry : entries) check_amounts(*entry, wanted);
    }

    void check_amounts(const Entry& entry, const Net& wanted) {
        const Net net = net_of(entry);
        if (net == wanted) return;
        report("amounts",
               std::string(to_string(entry.kind)) + ": " + text_of(net) + " instead of " + text_of(wanted));
    }

    // Each proven refund of the merchant's has its entry, and no other exists.
    void check_refund_entries() {
        auto entries = of_kind(EntryKind::refund);
        for (const Operation& operation : aggregate_.operations) {
            if (!is_merchants_refund(operation) || operation.state != OperationState::succeeded) continue;
            const auto count = std::ranges::count(entries, operation.seq, &Entry::ordinal);
            if (count != 1) {
                report("refund_entry",
                       std::to_string(count) + " of operation " + std::to_string(operation.seq));
            }
        }
        std::ranges::sort(entries, {},
                          [](const Entry* entry) { return std::pair(entry->at, entry->ordinal); });
        std::int64_t refunded = 0;
        Net given_back;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const Operation* const operation = aggregate_.find(entries[i]->ordinal);
            const bool is_founded =
                operation && is_merchants_refund(*operation) && operation->state == OperationState::succeeded;
            if (!is_founded) {
                report("refund_entry",
                       "operation " + std::to_string(entries[i]->ordinal) + " is no proven refund");
                return;
            }
            refunded += operation->amount.minor();
            add_to(given_back, *entries[i]);
            check_gross(*entries[i], *operation);
            // Of refunds proven in one microsecond the order is not known; their sum is.
            if (i + 1 == entries.size() || entries[i + 1]->at > entries[i]->at) {
                check_given_back(refunded, given_back);
            }
        }
    }

    // The refunded amount itself goes back in full, whatever becomes of the fees.
    void check_gross(const Entry& entry, const Operation& refund) {
        std::int64_t gross = 0;
        for (const ledger::Transfer& transfer : entry.transfers) {
            const bool is_gross = transfer.debit.kind == ledger::AccountKind::merchant_payable &&
                                  transfer.credit.kind == ledger::AccountKind::channel_receivable;
            if (is_gross) gross += transfer.amount.minor();
        }
        if (gross == refund.amount.minor()) return;
        report("amounts", "refund " + std::to_string(refund.seq) + ": " + std::to_string(gross) +
                              " minor units of " + core::to_string(refund.amount));
    }

    // After so much was refunded, that share of the fees is back; after all of it, all of them.
    void check_given_back(std::int64_t refunded, const Net& given_back) {
        const Sums all = whole();
        if (all.gross <= 0 || refunded > all.gross) return;  // reported by check_refunded
        const Net wanted = expected({.gross = refunded,
                                     .channel_fee = rounded_share(all.channel_fee, refunded, all.gross),
                                     .merchant_fee = rounded_share(all.merchant_fee, refunded, all.gross)},
                                    -1);
        const Net net = without_zeros(given_back);
        if (net != wanted) report("refund_fees", text_of(net) + " instead of " + text_of(wanted));
    }

    void check_refunded() {
        std::int64_t proven = 0;
        for (const Operation& operation : aggregate_.operations) {
            const bool is_proven =
                is_merchants_refund(operation) && operation.state == OperationState::succeeded;
            if (is_proven) proven += operation.amount.minor();
        }
        const std::int64_t noted = payment_.refunded.minor();
        if (noted != proven || noted > payment_.amount.minor()) {
            report("refunded", std::to_string(noted) + " noted, " + std::to_string(proven) + " proven of " +
                                   core::to_string(payment_.amount));
        }
        PaymentState wanted = PaymentState::partially_refunded;
        if (proven == 0) wanted = PaymentState::paid;
        if (proven == payment_.amount.minor()) wanted = PaymentState::refunded;
        const bool is_of_refunds = payment_.state == PaymentState::paid ||
                                   payment_.state == PaymentState::partially_refunded ||
                                   payment_.state == PaymentState::refunded;
        if ((proven > 0 || is_of_refunds) && payment_.state != wanted) {
            report("refunded", "state " + std::string(to_string(payment_.state)) + " instead of " +
                                   std::string(to_string(wanted)));
        }
    }

    void check_state() {
        switch (payment_.state) {
            case PaymentState::paid:
            case PaymentState::partially_refunded:
            case PaymentState::refunded:
                if (of_kind(EntryKind::payment).empty()) report("payment_entry", "paid, but not booked");
                if (!of_kind(EntryKind::reversal).empty())
                    report("reversal_entry", "paid, but reversed in the books");
                return;
            case PaymentState::created:
            case PaymentState::pending:
                if (!entries_.empty()) report("payment_entry", "booked before anything is known");
                return;
            case PaymentState::reversed:
            case PaymentState::closed:
            case PaymentState::failed: {
                Net net;
                for (const Entry& entry : entries_) add_to(net, entry);
                net = without_zeros(std::move(net));
                if (!net.empty()) report("not_zero", text_of(net));
                return;
            }
            case PaymentState::reversing:
            case PaymentState::manual_review:
                return;
        }
    }

    const Aggregate& aggregate_;
    const Payment& payment_;
    const std::vector<Entry>& entries_;
    std::vector<LedgerDifference> found_;
};

constexpr std::size_t batch = 200;
using Sns = std::vector<core::PaymentSn>;

task::Task<Sns> next_batch(ports::StorePort& store, core::PaymentSn after) {
    co_return co_await store.read(
        [after](ports::Tx& tx) -> core::Result<Sns> { return tx.payments().list_after(after, batch); });
}

task::Task<LedgerReport> check_some(ports::StorePort& store, Sns sns) {
    co_return co_await store.read([sns = std::move(sns)](ports::Tx& tx) -> core::Result<LedgerReport> {
        LedgerReport report;
        for (const core::PaymentSn sn : sns) {
            const auto aggregate = tx.payments().find(sn);
            if (!aggregate || aggregate->operations.empty()) {
                report.differences.push_back({sn, "unreadable", "no payment, or one without operations"});
                continue;
            }
            const auto entries = tx.payments().entries(sn);
            ++report.payments;
            report.entries += static_cast<std::int64_t>(entries.size());
            std::ranges::move(check_ledger(*aggregate, entries), std::back_inserter(report.differences));
        }
        return report;
    });
}

void add(LedgerReport& all, LedgerReport some) {
    all.payments += some.payments;
    all.entries += some.entries;
    std::ranges::move(some.differences, std::back_inserter(all.differences));
}

}  // namespace

std::vector<LedgerDifference> check_ledger(const Aggregate& aggregate, const std::vector<Entry>& entries) {
    return Check(aggregate, entries).run();
}

task::Task<LedgerReport> verify_ledger(ports::StorePort& store, std::function<void(std::int64_t)> progress) {
    LedgerReport all;
    core::PaymentSn after;
    for (;;) {
        const auto sns = co_await next_batch(store, after);
        if (!sns) co_return std::unexpected(sns.error());
        if (sns->empty()) co_return all;
        after = sns->back();
        auto some = co_await check_some(store, *sns);
        if (some) {
            add(all, std::move(*some));
        } else if (some.error().code != core::Code::internal) {
            co_return std::unexpected(std::move(some.error()));
        } else {
            // One of them has a row that cannot be read: which?
            for (const core::PaymentSn sn : *sns) {
                auto one = co_await check_some(store, {sn});
                if (!one && one.error().code != core::Code::internal)
                    co_return std::unexpected(std::move(one.error()));
                if (one) add(all, std::move(*one));
                if (!one) all.differences.push_back({sn, "unreadable", one.error().detail});
            }
        }
        if (progress) progress(all.payments);
    }
}

task::Task<void> walk_entries(ports::StorePort& store, std::function<void(const Entry&)> visit) {
    core::PaymentSn after;
    for (;;) {
        const auto sns = co_await next_batch(store, after);
        if (!sns) co_return std::unexpected(sns.error());
        if (sns->empty()) co_return core::Result<void>();
        after = sns->back();
        const auto entries =
            co_await store.read([sns = *sns](ports::Tx& tx) -> core::Result<std::vector<Entry>> {
                std::vector<Entry> all;
                for (const core::PaymentSn sn : sns)
                    std::ranges::move(tx.payments().entries(sn), std::back_inserter(all));
                return all;
            });
        if (!entries) co_return std::unexpected(entries.error());
        for (const Entry& entry : *entries) visit(entry);
    }
}

task::Task<std::vector<Balance>> read_balances(ports::StorePort& store) {
    Net net;
    const auto walked = co_await walk_entries(store, [&net](const Entry& entry) { add_to(net, entry); });
    if (!walked) co_return std::unexpected(walked.error());
    std::vector<Balance> balances;
    for (const auto& [place, minor] : net)
        balances.push_back({place.first, core::Money(minor, place.second)});
    co_return balances;
}

}  // namespace huitong::flows
