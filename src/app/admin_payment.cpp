// admin payment and admin audit: what became of a payment, with the evidence; a person's decision; the log of
// all acts.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/admin.hpp"
#include "app/timeline.hpp"
#include "flows/audit.hpp"
#include "flows/decide.hpp"
#include "flows/records.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using Options = std::shared_ptr<AdminOptions>;
using payments::PaymentState;

core::Result<PaymentState> parse_state(std::string_view text) {
    for (int value = 0; value <= static_cast<int>(PaymentState::manual_review); ++value) {
        const auto state = static_cast<PaymentState>(value);
        if (payments::to_string(state) == text) return state;
    }
    return core::fail(core::Code::invalid, "bad_state", std::string(text));
}

JsonObject show_payment(const payments::Payment& payment) {
    return {{"sn", payment.sn.text()},
            {"state", payments::to_string(payment.state)},
            {"amount_minor", Json::number(payment.amount.minor())},
            {"currency", core::to_string(payment.amount.currency())},
            {"merchant_sn", payment.merchant_sn},
            {"client_sn", payment.client_sn},
            {"channel_account", payment.channel_account},
            {"channel_number", payment.channel_number},
            {"product", std::string(payments::to_string(payment.product))},
            {"created_at", core::to_rfc3339(payment.created_at)},
            {"review_reason", payment.review_reason}};
}

JsonObject show_operation(const payments::Operation& operation) {
    return {{"seq", Json::number(operation.seq)},
            {"kind", payments::to_string(operation.kind)},
            {"state", payments::to_string(operation.state)},
            {"number", operation.number},
            {"attempt", Json::number(operation.attempt)},
            {"tries", Json::number(operation.tries)},
            {"next_act", payments::to_string(operation.next_act)},
            {"next_at", operation.next_at ? Json(core::to_rfc3339(*operation.next_at)) : Json()},
            {"channel_code", operation.channel_code}};
}

JsonObject show_row(const payments::TimelineRow& row) {
    JsonObject object{{"at", core::to_rfc3339(row.at)},
                      {"operation", Json::number(row.seq)},
                      {"happening", row.happening},
                      {"finding", row.finding},
                      {"state_after", payments::to_string(row.state_after)}};
    if (row.exchange) {
        object.emplace_back("exchange", JsonObject{{"call", row.exchange->call},
                                                   {"started_at", core::to_rfc3339(row.exchange->started_at)},
                                                   {"ended_at", core::to_rfc3339(row.exchange->ended_at)},
                                                   {"request", row.exchange->request},
                                                   {"response", row.exchange->response}});
    }
    return object;
}

Json show_entries(const std::vector<ledger::Entry>& entries) {
    codec::JsonArray array;
    for (const ledger::Entry& entry : entries) {
        for (const ledger::Transfer& transfer : entry.transfers) {
            array.emplace_back(JsonObject{{"at", core::to_rfc3339(entry.at)},
                                          {"kind", ledger::to_string(entry.kind)},
                                          {"debit", transfer.debit.text()},
                                          {"credit", transfer.credit.text()},
                                          {"amount_minor", Json::number(transfer.amount.minor())},
                                          {"currency", core::to_string(transfer.amount.currency())}});
        }
    }
    return array;
}

core::Result<flows::Dossier> read_dossier(Admin& admin, const ports::Operator& by,
                                          const std::string& sn_text) {
    const auto sn = core::parse_payment_sn(sn_text);
    if (!sn) return std::unexpected(sn.error());
    return admin.run(
        flows::read_dossier(flows::Reader(admin.store()), *sn, flows::may_see_exchanges(by.role)));
}

void print_dossier(const flows::Dossier& dossier) {
    print_object(show_payment(dossier.order.payment), false);
    fmt::print("\noperations:\n");
    Rows operations;
    for (const auto& operation : dossier.order.operations) operations.push_back(show_operation(operation));
    print_rows(operations, false);
    fmt::print("\ntimeline:\n");
    for (const payments::TimelineRow& row : dossier.timeline) {
        fmt::print("{}  #{} {}\n", core::to_rfc3339(row.at), row.seq, describe_row(row));
        if (!row.exchange) continue;
        fmt::print("    > {}\n    < {}\n", row.exchange->request, row.exchange->response);
    }
    fmt::print("\nledger:\n{}", describe_entries(dossier.entries, ""));
}

Json to_json(const flows::Dossier& dossier) {
    codec::JsonArray operations;
    for (const auto& operation : dossier.order.operations) operations.emplace_back(show_operation(operation));
    codec::JsonArray timeline;
    for (const auto& row : dossier.timeline) timeline.emplace_back(show_row(row));
    return JsonObject{{"payment", show_payment(dossier.order.payment)},
                      {"operations", std::move(operations)},
                      {"timeline", std::move(timeline)},
                      {"ledger", show_entries(dossier.entries)}};
}

void add_list(CLI::App& group, const Options& options, Action& action) {
    const auto filter = std::make_shared<ports::PaymentRepository::Filter>();
    const auto state = std::make_shared<std::string>();
    auto* const command = group.add_subcommand("list", "Newest first");
    command->add_option("--state", *state);
    command->add_option("--merchant", filter->merchant_sn);
    command->add_flag("--unresolved", filter->only_unresolved, "Neither final nor in manual review");
    command->add_option("--most", filter->most)->capture_default_str();
    command->callback([&action, options, filter, state] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator&) -> core::Result<int> {
            if (!state->empty()) {
                const auto wanted = parse_state(*state);
                if (!wanted) return std::unexpected(wanted.error());
                filter->state = *wanted;
            }
            const auto all = admin.run(
                admin.store().read([filter](ports::Tx& tx) -> core::Result<std::vector<payments::Payment>> {
                    return tx.payments().list(*filter);
                }));
            if (!all) return std::unexpected(all.error());
            Rows rows;
            for (const payments::Payment& payment : *all) rows.push_back(show_payment(payment));
            print_rows(rows, options->is_json);
            return exit_done;
        });
    });
}

void add_show(CLI::App& group, const Options& options, Action& action) {
    const auto sn = std::make_shared<std::string>();
    auto* const command =
        group.add_subcommand("show", "Everything that is known of one payment, with the evidence");
    command->add_option("SN", *sn)->required();
    command->callback([&action, options, sn] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator& by) -> core::Result<int> {
            const auto dossier = read_dossier(admin, by, *sn);
            if (!dossier) return std::unexpected(dossier.error());
            if (options->is_json) {
                print_json(to_json(*dossier));
            } else {
                print_dossier(*dossier);
            }
            return exit_done;
        });
    });
}

struct DecideOptions {
    std::string sn;
    std::string request_no;
    std::string verdict;
    std::string reason;
};

core::Result<int> decide(Admin& admin, const ports::Operator& by, const DecideOptions& wanted, bool is_json) {
    const auto sn = core::parse_payment_sn(wanted.sn);
    if (!sn) return std::unexpected(sn.error());
    const auto decided = admin.run(admin.reviews().decide(by, {.payment = *sn,
                                                               .request_no = wanted.request_no,
                                                               .verdict = wanted.verdict,
                                                               .reason = wanted.reason}));
    if (!decided) return std::unexpected(decided.error());
    JsonObject shown = show_payment(decided->order.payment);
    if (decided->proposal) shown.emplace_back("waits_for_a_second_person", decided->proposal->id);
    print_object(shown, is_json);
    return exit_done;
}

void add_reason_and_act(CLI::App& command, const std::shared_ptr<DecideOptions>& wanted,
                        const Options& options, Action& action) {
    command.add_option("--reason", wanted->reason, "Kept in the timeline and the audit log")->required();
    command.callback([&action, options, wanted] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator& by) {
            return decide(admin, by, *wanted, options->is_json);
        });
    });
}

void add_decide(CLI::App& group, const Options& options, Action& action) {
    const auto wanted = std::make_shared<DecideOptions>();
    auto* const command = group.add_subcommand(
        "decide", "Decide on a payment in manual review; above review.second_person_above: propose it");
    command->add_option("SN", wanted->sn)->required();
    command->add_option("--to", wanted->verdict, "paid, reversed, closed, failed or reverse_again")
        ->required();
    add_reason_and_act(*command, wanted, options, action);
}

void add_decide_refund(CLI::App& group, const Options& options, Action& action) {
    const auto wanted = std::make_shared<DecideOptions>();
    auto* const command = group.add_subcommand(
        "decide-refund", "Decide on a refund machines could not prove; as decide, above that amount");
    command->add_option("SN", wanted->sn)->required();
    command->add_option("REFUND_REQUEST_NO", wanted->request_no)->required();
    command->add_option("--to", wanted->verdict, "refunded, not_refunded or again")->required();
    add_reason_and_act(*command, wanted, options, action);
}

core::Result<int> list_audit(Admin& admin, std::int64_t after, std::size_t most, bool is_json) {
    const auto all =
        admin.run(admin.store().read([=](ports::Tx& tx) -> core::Result<std::vector<ports::AuditRow>> {
            return tx.audit().read(after, most);
        }));
    if (!all) return std::unexpected(all.error());
    Rows rows;
    for (const ports::AuditRow& row : *all) {
        rows.push_back({{"id", Json::number(row.id)},
                        {"at", core::to_rfc3339(row.at)},
                        {"actor", row.actor},
                        {"act", row.act},
                        {"subject", row.subject},
                        {"detail", row.detail},
                        {"hash", row.hash}});
    }
    print_rows(rows, is_json);
    return exit_done;
}

core::Result<int> verify_audit(Admin& admin, bool is_json) {
    const auto report = admin.run(flows::verify_audit(admin.store()));
    if (!report) return std::unexpected(report.error());
    const bool is_whole = report->first_bad_id == 0;
    print_object({{"rows", Json::number(report->rows)},
                  {"last_hash", report->last_hash},
                  {"first_bad_id", is_whole ? Json() : Json::number(report->first_bad_id)},
                  {"whole", Json(is_whole)}},
                 is_json);
    return is_whole ? exit_done : exit_differences;
}

}  // namespace

void add_admin_payment(CLI::App& admin, const Options& options, Action& action) {
    auto* const group = admin.add_subcommand("payment", "Payments: list, show, decide, decide-refund");
    group->require_subcommand(1);
    add_list(*group, options, action);
    add_show(*group, options, action);
    add_decide(*group, options, action);
    add_decide_refund(*group, options, action);
}

void add_admin_audit(CLI::App& admin, const Options& options, Action& action) {
    auto* const group = admin.add_subcommand("audit", "The log of every act of a person");
    group->require_subcommand(1);
    const auto after = std::make_shared<std::int64_t>(0);
    const auto most = std::make_shared<std::size_t>(1000);
    auto* const list = group->add_subcommand("list", "Oldest first");
    list->add_option("--after", *after, "Rows with a greater id")->capture_default_str();
    list->add_option("--most", *most)->capture_default_str();
    list->callback([&action, options, after, most] {
        action = admin_action(options, [=](Admin& it, const ports::Operator&) {
            return list_audit(it, *after, *most, options->is_json);
        });
    });
    auto* const verify =
        group->add_subcommand("verify", "Recompute the chain; exit code 3 when it is broken");
    verify->callback([&action, options] {
        action = admin_action(
            options, [=](Admin& it, const ports::Operator&) { return verify_audit(it, options->is_json); });
    });
}

}  // namespace huitong::app
