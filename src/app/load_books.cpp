#include "app/load_books.hpp"

#include <algorithm>
#include <iterator>

#include "flows/ledger_check.hpp"

namespace huitong::app {

namespace {

constexpr std::size_t batch = 200;
// Clocks of the machines under load may differ by that much from the generator's.
constexpr core::Duration most_clock_difference = std::chrono::minutes(1);

std::int64_t posted_fen(const std::vector<ledger::Entry>& entries) {
    using ledger::AccountKind;
    std::int64_t fen = 0;
    for (const ledger::Entry& entry : entries) {
        for (const ledger::Transfer& transfer : entry.transfers) {
            const auto debit = transfer.debit.kind;
            const auto credit = transfer.credit.kind;
            if (debit == AccountKind::channel_receivable && credit == AccountKind::merchant_payable)
                fen += transfer.amount.minor();
            if (debit == AccountKind::merchant_payable && credit == AccountKind::channel_receivable)
                fen -= transfer.amount.minor();
        }
    }
    return fen;
}

load::LedgerPayment view_payment(const payments::Aggregate& aggregate,
                                 const std::vector<ledger::Entry>& entries) {
    const payments::Payment& payment = aggregate.payment;
    load::LedgerPayment view{.sn = payment.sn.text(),
                             .client_sn = payment.client_sn,
                             .channel_number = payment.channel_number,
                             .state = std::string(to_string(payment.state)),
                             .amount_fen = payment.amount.minor(),
                             .refunded_fen = payment.refunded.minor(),
                             .posted_fen = posted_fen(entries),
                             .differences = {}};
    for (const flows::LedgerDifference& each : flows::check_ledger(aggregate, entries))
        view.differences.push_back(each.problem + ": " + each.detail);
    return view;
}

// The last payment that is certainly older than the run; none: the first number of all.
task::Task<core::PaymentSn> find_last_before(ports::StorePort& store, core::Instant begun_at) {
    co_return co_await store.read([=](ports::Tx& tx) -> core::Result<core::PaymentSn> {
        ports::PaymentRepository::Filter filter;
        filter.created_before = begun_at - most_clock_difference;
        filter.most = 1;
        const auto found = tx.payments().list(filter);
        return found.empty() ? core::PaymentSn{} : found.front().sn;
    });
}

struct Batch {
    core::PaymentSn last;
    bool is_end = true;
    load::LedgerView view;
};

task::Task<Batch> read_batch(ports::StorePort& store, std::string prefix, core::PaymentSn after) {
    co_return co_await store.read([prefix = std::move(prefix), after](ports::Tx& tx) -> core::Result<Batch> {
        Batch read{.last = after, .is_end = true, .view = {}};
        for (const core::PaymentSn sn : tx.payments().list_after(after, batch)) {
            read.last = sn;
            read.is_end = false;
            const auto aggregate = tx.payments().find(sn);
            if (!aggregate) return core::fail(core::Code::internal, "bad_row", sn.text());
            if (aggregate->payment.client_sn.starts_with(prefix)) {
                read.view.of_run.push_back(view_payment(*aggregate, tx.payments().entries(sn)));
            } else {
                read.view.other_numbers.insert(aggregate->payment.channel_number);
            }
        }
        return read;
    });
}

}  // namespace

task::Task<load::LedgerView> read_ledger_view(ports::StorePort& store, std::string prefix,
                                              core::Instant begun_at) {
    const auto first = co_await find_last_before(store, begun_at);
    if (!first) co_return std::unexpected(first.error());
    load::LedgerView all;
    for (core::PaymentSn after = *first;;) {
        auto read = co_await read_batch(store, prefix, after);
        if (!read) co_return std::unexpected(std::move(read.error()));
        if (read->is_end) co_return all;
        after = read->last;
        std::ranges::move(read->view.of_run, std::back_inserter(all.of_run));
        all.other_numbers.merge(read->view.other_numbers);
    }
}

}  // namespace huitong::app
