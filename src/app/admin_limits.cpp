// admin limit: what a terminal, a store or a merchant may receive, per payment and per day
// (ports/limits.hpp).
#include "app/admin_commands.hpp"
#include "flows/limits.hpp"
#include "flows/records.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::Limit;
using ports::LimitKind;

struct LimitInput {
    std::string merchant_sn;
    std::string store_sn;
    std::string terminal_sn;
    std::optional<std::int64_t> per_payment;
    std::optional<std::int64_t> per_day;

    [[nodiscard]] LimitKind kind() const {
        if (!terminal_sn.empty()) return LimitKind::terminal;
        return store_sn.empty() ? LimitKind::merchant : LimitKind::store;
    }
    [[nodiscard]] flows::LimitChange change() const {
        const auto money = [](const std::optional<std::int64_t>& amount) {
            return amount ? std::optional(core::fen(*amount)) : std::nullopt;
        };
        return {.kind = kind(),
                .subject = merchant_sn + store_sn + terminal_sn,  // one of them
                .per_payment = money(per_payment),
                .per_day = money(per_day)};
    }
};

JsonObject show_limit(const Limit& limit) {
    const auto bound = [](const std::optional<core::Money>& money) {
        return money ? Json::number(money->minor()) : Json();
    };
    return {{"kind", ports::to_string(limit.kind)},
            {"subject", limit.subject},
            {"merchant_sn", limit.merchant_sn},
            {"per_payment_fen", bound(limit.per_payment)},
            {"per_day_fen", bound(limit.per_day)}};
}

JsonObject show_used_limit(const flows::UsedLimit& each) {
    JsonObject shown = show_limit(each.limit);
    shown.emplace_back("used_today_fen", Json::number(each.used.minor()));
    return shown;
}

// Exactly one of them.
void add_subject(CLI::App& command, LimitInput& input) {
    auto* const subject = command.add_option_group("Whose");
    subject->add_option("--merchant", input.merchant_sn);
    subject->add_option("--store", input.store_sn);
    subject->add_option("--terminal", input.terminal_sn);
    subject->require_option(1);
}

core::Result<int> list_limits(Admin& admin, bool is_json) {
    const auto all = admin.run(flows::list_used_limits(flows::Reader(admin.store()), admin.now()));
    if (!all) return std::unexpected(all.error());
    Rows rows;
    for (const flows::UsedLimit& each : *all) rows.push_back(show_used_limit(each));
    print_rows(rows, is_json);
    return exit_done;
}

}  // namespace

void add_admin_limits(CLI::App& admin, const SharedOptions& options, Action& action) {
    const auto input = std::make_shared<LimitInput>();
    auto* const group = add_group(admin, "limit", "What may be received, per payment and per day (UTC+8)");
    auto* const set = group->add_subcommand("set", "Sets the bounds named and leaves the other as it is");
    add_subject(*set, *input);
    set->add_option("--per-payment", input->per_payment, "In fen");
    set->add_option("--per-day", input->per_day,
                    "In fen; of the day so far it knows only what another limit counted");
    set_act(*set, options, action, [input](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
        const auto limit = it.run(it.desk().set_limit(by, input->change()));
        if (!limit) return std::unexpected(limit.error());
        return show_limit(*limit);
    });
    auto* const list = group->add_subcommand("list", "With what was counted today");
    list->callback([&action, options] {
        action = admin_action(
            options, [=](Admin& it, const ports::Operator&) { return list_limits(it, options->is_json); });
    });
    auto* const remove = group->add_subcommand("remove", "Both bounds of one merchant, store or terminal");
    add_subject(*remove, *input);
    set_silent_act(*remove, options, action, [input](Admin& it, const ports::Operator& by) {
        const flows::LimitChange of = input->change();
        return it.run(it.desk().remove_limit(by, of.kind, of.subject));
    });
}

}  // namespace huitong::app
