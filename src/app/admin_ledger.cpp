// admin ledger: verify the books against the payments, read balances, and export them as a plain-text journal
// that hledger and its relatives read.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "app/admin_commands.hpp"
#include "flows/ledger_check.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using ledger::AccountKind;

core::Result<int> verify(Admin& admin, bool is_json) {
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    std::function<void(std::int64_t)> progress;
    if (is_terminal) progress = [](std::int64_t done) { fmt::print(stderr, "\r{} payments", done); };
    const auto report = admin.run(flows::verify_ledger(admin.store(), progress));
    if (is_terminal) fmt::print(stderr, "\n");
    if (!report) return std::unexpected(report.error());
    Rows rows;
    for (const flows::LedgerDifference& each : report->differences) {
        rows.push_back({{"sn", each.payment.text()}, {"problem", each.problem}, {"detail", each.detail}});
    }
    JsonObject shown{{"payments", Json::number(report->payments)},
                     {"entries", Json::number(report->entries)},
                     {"differences", Json::number(static_cast<std::int64_t>(rows.size()))}};
    if (is_json) {
        codec::JsonArray differences;
        for (const JsonObject& row : rows) differences.emplace_back(row);
        shown.back().second = std::move(differences);
    }
    print_object(shown, is_json);
    if (!is_json && !rows.empty()) print_rows(rows, false);
    return rows.empty() ? exit_done : exit_differences;
}

core::Result<int> show_balances(Admin& admin, bool is_json) {
    const auto balances = admin.run(flows::read_balances(admin.store()));
    if (!balances) return std::unexpected(balances.error());
    Rows rows;
    for (const flows::Balance& balance : *balances) {
        rows.push_back({{"account", balance.account},
                        {"currency", core::to_string(balance.amount.currency())},
                        {"amount_minor", Json::number(balance.amount.minor())},
                        {"amount", core::to_decimal(balance.amount)}});
    }
    print_rows(rows, is_json);
    return exit_done;
}

std::string journal_account(const ledger::Account& account) {
    switch (account.kind) {
        case AccountKind::channel_receivable:
            return "assets:" + account.text();
        case AccountKind::merchant_payable:
            return "liabilities:" + account.text();
        case AccountKind::fee_income:
            return "income:" + account.text();
        case AccountKind::channel_fee:
            return "expenses:" + account.text();
    }
    return account.text();
}

// Entries as transactions; what they used is declared at the end, when it is known. A journal that was cut
// off therefore fails `hledger check --strict`.
class Journal {
  public:
    void write(const ledger::Entry& entry) {
        const core::Date day = core::to_beijing_date(entry.at);
        fmt::print("{:04}-{:02}-{:02} ({}) {}\n", static_cast<int>(day.year()),
                   static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), entry.payment.text(),
                   ledger::to_string(entry.kind));
        for (const ledger::Transfer& transfer : entry.transfers) {
            const core::Money amount = transfer.amount;
            write_leg(transfer.debit, amount);
            write_leg(transfer.credit, core::Money(0, amount.currency()) - amount);
        }
        fmt::print("\n");
    }

    void end() const {
        for (const std::string& account : accounts_) fmt::print("account {}\n", account);
        for (const core::Currency currency : currencies_) {
            // The form of its amounts: decimal point and digits.
            const std::string form = core::minor_digits(currency) == 0
                                         ? "1000."
                                         : core::to_decimal(core::Money(100'000, currency));
            fmt::print("commodity {} {}\n", form, core::to_string(currency));
        }
    }

  private:
    void write_leg(const ledger::Account& account, core::Money amount) {
        const std::string name = journal_account(account);
        fmt::print("    {}  {}\n", name, core::to_string(amount));
        accounts_.insert(name);
        currencies_.insert(amount.currency());
    }

    std::set<std::string> accounts_;
    std::set<core::Currency> currencies_;
};

struct Days {
    std::string from;
    std::string to;
};

// From the first instant of `from` to the end of `to`, in Beijing; empty: unbounded.
struct Range {
    core::Instant begin = core::Instant::min();
    core::Instant end = core::Instant::max();
};

core::Result<core::Instant> start_of_day(const std::string& day) {
    const auto start = core::parse_beijing_text(day + " 00:00:00");
    if (!start) return core::fail(core::Code::invalid, "bad_date", day + ": YYYY-MM-DD");
    return *start;
}

core::Result<Range> parse_range(const Days& days) {
    Range range;
    if (!days.from.empty()) {
        const auto begin = start_of_day(days.from);
        if (!begin) return std::unexpected(begin.error());
        range.begin = *begin;
    }
    if (!days.to.empty()) {
        const auto last = start_of_day(days.to);
        if (!last) return std::unexpected(last.error());
        range.end = *last + std::chrono::hours(24);
    }
    return range;
}

core::Result<int> export_journal(Admin& admin, const Days& days) {
    const auto range = parse_range(days);
    if (!range) return std::unexpected(range.error());
    fmt::print("; Huitong, entries of {} to {} (UTC+8), written {}\n\n",
               days.from.empty() ? "the first day" : days.from, days.to.empty() ? "today" : days.to,
               core::to_rfc3339(admin.now()));
    Journal journal;
    const auto walked = admin.run(flows::walk_entries(admin.store(), [&](const ledger::Entry& entry) {
        if (entry.at >= range->begin && entry.at < range->end) journal.write(entry);
    }));
    if (!walked) return std::unexpected(walked.error());
    journal.end();
    return exit_done;
}

}  // namespace

void add_admin_ledger(CLI::App& admin, const SharedOptions& options, Action& action) {
    auto* const group = add_group(admin, "ledger", "The books: verify, balances, export");
    group->add_subcommand("verify", "Every entry against its payment; exit code 3 when something differs")
        ->callback([&action, options] {
            action = admin_action(
                options, [=](Admin& it, const ports::Operator&) { return verify(it, options->is_json); });
        });
    group->add_subcommand("balances", "Debits less credits of every account")->callback([&action, options] {
        action = admin_action(
            options, [=](Admin& it, const ports::Operator&) { return show_balances(it, options->is_json); });
    });
    const auto days = std::make_shared<Days>();
    auto* const journal = group->add_subcommand("export", "A plain-text journal for hledger");
    journal->add_option("--from", days->from, "First day of the entries, YYYY-MM-DD (UTC+8)");
    journal->add_option("--to", days->to, "Last day");
    journal->callback([&action, options, days] {
        action = admin_action(options,
                              [=](Admin& it, const ports::Operator&) { return export_journal(it, *days); });
    });
}

}  // namespace huitong::app
