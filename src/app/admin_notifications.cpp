// admin notification: what merchants were told at their notify_url, every try of it, and once more; admin
// key: what they verify it with (ports/notifications.hpp).
#include "app/admin_commands.hpp"
#include "flows/platform_key.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::Notification;
using ports::NotificationTry;

Json time_of(const std::optional<core::Instant>& at) {
    return at ? Json(core::to_rfc3339(*at)) : Json();
}

JsonObject show_notification(const Notification& told) {
    return {{"payment", told.payment.text()},
            {"ordinal", Json::number(told.ordinal)},
            {"event", payments::to_string(told.event)},
            {"url", told.url},
            {"created_at", core::to_rfc3339(told.created_at)},
            {"tries", Json::number(told.tries)},
            {"next_at", time_of(told.next_at)},
            {"delivered_at", time_of(told.delivered_at)}};
}

JsonObject show_try(const NotificationTry& tried) {
    return {{"number", Json::number(tried.number)},
            {"at", core::to_rfc3339(tried.at)},
            {"took_ms", Json::number(tried.took.count() / 1000)},
            {"status", Json::number(tried.status)},
            {"answer", tried.answer},
            {"error", tried.error}};
}

core::Result<core::PaymentSn> read_sn(const std::string& text) {
    auto sn = core::parse_payment_sn(text);
    if (!sn) return core::fail(core::Code::invalid, "bad_sn", text);
    return *sn;
}

struct Which {
    std::string sn;
    int ordinal = 0;
};

std::shared_ptr<Which> add_which(CLI::App& command) {
    const auto which = std::make_shared<Which>();
    command.add_option("SN", which->sn, "The payment")->required();
    command.add_option("ORDINAL", which->ordinal, "As `list` shows it")->required();
    return which;
}

core::Result<JsonObject> show_whole(Admin& admin, const Which& which) {
    const auto sn = read_sn(which.sn);
    if (!sn) return std::unexpected(sn.error());
    using Found = std::pair<Notification, std::vector<NotificationTry>>;
    const auto found = admin.run(admin.store().read([&, sn = *sn](ports::Tx& tx) -> core::Result<Found> {
        auto told = tx.notifications().find(sn, which.ordinal);
        if (!told) return core::fail(core::Code::not_found, "no_notification");
        return Found{std::move(*told), tx.notifications().tries(sn, which.ordinal)};
    }));
    if (!found) return std::unexpected(found.error());
    JsonObject shown = show_notification(found->first);
    shown.emplace_back("signed_as", found->first.signed_as);
    shown.emplace_back("body", found->first.body);
    codec::JsonArray tries;
    for (const NotificationTry& tried : found->second) tries.emplace_back(show_try(tried));
    shown.emplace_back("log", std::move(tries));
    return shown;
}

}  // namespace

void add_admin_notifications(CLI::App& admin, const SharedOptions& options, Action& action) {
    auto* const group = add_group(admin, "notification", "What merchants are told at their notify_url");
    struct Filter {
        std::string payment;
        bool only_undelivered = false;
        std::size_t most = 100;
    };
    const auto filter = std::make_shared<Filter>();
    auto* const list = group->add_subcommand("list", "Newest payments first");
    list->add_option("--payment", filter->payment, "Of this payment only");
    list->add_flag("--undelivered", filter->only_undelivered, "Only what was not confirmed");
    list->add_option("--most", filter->most)->capture_default_str();
    list->callback([&action, options, filter] {
        action = admin_action(options, [=](Admin& it, const ports::Operator&) -> core::Result<int> {
            ports::NotificationRepository::Filter wanted{
                .payment = std::nullopt, .only_undelivered = filter->only_undelivered, .most = filter->most};
            if (!filter->payment.empty()) {
                const auto sn = read_sn(filter->payment);
                if (!sn) return std::unexpected(sn.error());
                wanted.payment = *sn;
            }
            const auto all =
                it.run(it.store().read([wanted](ports::Tx& tx) -> core::Result<std::vector<Notification>> {
                    return tx.notifications().list(wanted);
                }));
            if (!all) return std::unexpected(all.error());
            Rows rows;
            for (const Notification& told : *all) rows.push_back(show_notification(told));
            print_rows(rows, options->is_json);
            return exit_done;
        });
    });

    auto* const show = group->add_subcommand("show", "Its body, and every try with its answer");
    set_act(*show, options, action,
            [which = add_which(*show)](Admin& it, const ports::Operator&) { return show_whole(it, *which); });
    auto* const again = group->add_subcommand("resend", "Once more, whatever became of it");
    set_silent_act(*again, options, action,
                   [which = add_which(*again)](Admin& it, const ports::Operator& by) -> core::Result<void> {
                       const auto sn = read_sn(which->sn);
                       if (!sn) return std::unexpected(sn.error());
                       return it.run(it.desk().resend_notification(by, *sn, which->ordinal));
                   });
}

void add_admin_key(CLI::App& admin, const SharedOptions& options, Action& action) {
    auto* const group = add_group(admin, "key", "The key that notifications are signed with");
    auto* const show = group->add_subcommand("show", "Its public half");
    set_act(*show, options, action, [](Admin& it, const ports::Operator&) -> core::Result<JsonObject> {
        const auto key = it.run(flows::find_platform_key(it.store()));
        if (!key) return std::unexpected(key.error());
        return JsonObject{{"id", key->id},
                          {"created_at", core::to_rfc3339(key->created_at)},
                          {"public_key", key->public_key_pem}};
    });
}

}  // namespace huitong::app
