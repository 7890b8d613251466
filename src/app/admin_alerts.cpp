// admin alert: what people must hear of, until somebody acknowledges it (ports/alerts.hpp).
#include "app/admin_commands.hpp"
#include "flows/limits.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::Alert;

JsonObject show_alert(const Alert& alert) {
    const auto time = [](const std::optional<core::Instant>& at) {
        return at ? Json(core::to_rfc3339(*at)) : Json();
    };
    return {{"id", alert.id},
            {"at", core::to_rfc3339(alert.at)},
            {"name", alert.name},
            {"detail", alert.detail},
            {"payment", alert.payment ? Json(alert.payment->text()) : Json()},
            {"delivered_at", time(alert.delivered_at)},
            {"tries", Json::number(alert.tries)},
            {"acknowledged_by", alert.acknowledged_by},
            {"acknowledged_at", time(alert.acknowledged_at)}};
}

}  // namespace

void add_admin_alerts(CLI::App& admin, const SharedOptions& options, Action& action) {
    auto* const group = add_group(admin, "alert", "What a person must look at");
    const auto is_all = std::make_shared<bool>(false);
    const auto most = std::make_shared<std::size_t>(100);
    auto* const list = group->add_subcommand("list", "Open ones, newest first");
    list->add_flag("--all", *is_all, "Acknowledged ones too");
    list->add_option("--most", *most)->capture_default_str();
    const std::function<std::vector<Alert>(ports::Tx&)> read = [is_all, most](ports::Tx& tx) {
        return tx.alerts().list({.only_open = !*is_all, .most = *most});
    };
    set_list(*list, options, action, read, &show_alert);

    const auto id = std::make_shared<std::string>();
    auto* const ack = group->add_subcommand("ack", "Acknowledge: somebody has taken it on");
    ack->add_option("ID", *id)->required();
    set_silent_act(*ack, options, action, [id](Admin& it, const ports::Operator& by) {
        return it.run(it.desk().acknowledge_alert(by, *id));
    });
}

}  // namespace huitong::app
