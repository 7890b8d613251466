// admin operator, vendor, app, merchant, store, code: create, list, disable, enable. Terminals, which
// activate themselves, are only listed and switched.
#include <algorithm>

#include "app/admin_commands.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using Options = SharedOptions;

JsonObject show_operator(const ports::Operator& person) {
    return {
        {"name", person.name}, {"role", ports::to_string(person.role)}, {"active", Json(person.is_active)}};
}
JsonObject show_vendor(const ports::Vendor& vendor) {
    return {{"vendor_sn", vendor.sn}, {"name", vendor.name}, {"active", Json(vendor.is_active)}};
}
std::string notify_on_text(const ports::AppSwitches& switches) {
    std::string text = "paid";
    if (switches.notify_canceled) text += ",canceled";
    if (switches.notify_refunded) text += ",refunded";
    return text;
}
JsonObject show_app(const ports::App& app) {
    return {{"app_id", app.id},
            {"vendor_sn", app.vendor_sn},
            {"name", app.name},
            {"active", Json(app.is_active)},
            {"notify_header", ports::to_string(app.switches.notify_header)},
            {"notify_on", notify_on_text(app.switches)},
            {"wap_as_object", Json(app.switches.wap_as_object)},
            {"long_client_sn", Json(app.switches.long_client_sn)},
            {"unique_device", Json(app.switches.unique_device)}};
}
JsonObject show_merchant(const ports::Merchant& merchant) {
    return {{"merchant_sn", merchant.sn}, {"name", merchant.name}, {"active", Json(merchant.is_active)}};
}
JsonObject show_store(const ports::Store& store) {
    return {{"store_sn", store.sn},
            {"merchant_sn", store.merchant_sn},
            {"name", store.name},
            {"active", Json(store.is_active)}};
}
JsonObject show_terminal(const ports::Terminal& terminal) {
    return {{"terminal_sn", terminal.sn},          {"store_sn", terminal.store_sn},
            {"merchant_sn", terminal.merchant_sn}, {"app_id", terminal.app_id},
            {"device_id", terminal.device_id},     {"name", terminal.name},
            {"active", Json(terminal.is_active)}};
}
JsonObject show_code(const ports::ActivationCode& code) {
    return {{"code", code.code},
            {"store_sn", code.store_sn},
            {"uses_left", code.uses_left ? Json::number(*code.uses_left) : Json("unlimited")},
            {"expires_at", core::to_rfc3339(code.expires_at)}};
}
int create_operator(const AdminOptions& options, const std::string& name, const std::string& role_text) {
    const auto role = flows::parse_role(role_text);
    if (!role) return refuse(role.error());
    auto admin = Admin::open(options);
    if (!admin) return refuse(admin.error());
    const auto is_first = (*admin)->is_unclaimed();
    if (!is_first) return refuse(is_first.error());
    std::optional<ports::Operator> by;
    if (!*is_first) {
        auto person = (*admin)->who();
        if (!person) return refuse(person.error());
        by = std::move(*person);
    }
    const auto made = (*admin)->run((*admin)->operators().create(std::move(by), name, *role));
    if (!made) return refuse(made.error());
    JsonObject shown = show_operator(made->person);
    shown.emplace_back("key", made->key.reveal());
    print_object(shown, options.is_json);
    return exit_done;
}

void add_operator(CLI::App& admin, const Options& options, Action& action) {
    auto* const group = add_group(admin, "operator", "People who run the platform");
    auto* const create = group->add_subcommand("create", "Prints the key, once; the first needs no operator");
    const auto name = std::make_shared<std::string>();
    const auto role = std::make_shared<std::string>("operator");
    create->add_option("NAME", *name, "a-z 0-9 - _ .")->required();
    create->add_option("--role", *role, "operator, approver or auditor")->capture_default_str();
    create->callback(
        [&action, options, name, role] { action = [=] { return create_operator(*options, *name, *role); }; });
    add_list(*group, &ports::DirectoryRepository::list_operators, &show_operator, options, action);
    add_switches(*group, "operator", options, action);
}

// What is not named stays as it is.
struct SwitchChange {
    std::string app_id;
    std::optional<std::string> notify_header;
    std::optional<std::vector<std::string>> notify_on;
    std::optional<bool> wap_as_object, long_client_sn, unique_device;
};

ports::AppSwitches changed(ports::AppSwitches switches, const SwitchChange& change) {
    const auto names = [&](const char* event) {
        return std::ranges::find(*change.notify_on, event) != change.notify_on->end();
    };
    if (change.notify_header) {
        switches.notify_header =
            *change.notify_header == "bare" ? ports::NotifyHeader::bare : ports::NotifyHeader::sn_prefixed;
    }
    if (change.notify_on) {
        switches.notify_canceled = names("canceled");
        switches.notify_refunded = names("refunded");
    }
    switches.wap_as_object = change.wap_as_object.value_or(switches.wap_as_object);
    switches.long_client_sn = change.long_client_sn.value_or(switches.long_client_sn);
    switches.unique_device = change.unique_device.value_or(switches.unique_device);
    return switches;
}

core::Result<JsonObject> set_app(Admin& admin, const ports::Operator& by, const SwitchChange& change) {
    auto app = admin.run(admin.store().read([&](ports::Tx& tx) -> core::Result<ports::App> {
        auto found = tx.directory().find_app(change.app_id);
        if (!found) return core::fail(core::Code::not_found, "no_app");
        return std::move(*found);
    }));
    if (!app) return std::unexpected(std::move(app.error()));
    app->switches = changed(app->switches, change);
    const auto done = admin.run(admin.onboard().set_switches(by, app->id, app->switches));
    if (!done) return std::unexpected(done.error());
    return show_app(*app);
}

void add_app_set(CLI::App& apps, const Options& options, Action& action) {
    auto* const set = apps.add_subcommand("set", "What its clients expect where sources disagree");
    const auto change = std::make_shared<SwitchChange>();
    set->add_option("APP_ID", change->app_id)->required();
    set->add_option("--notify-header", change->notify_header,
                    "Signature alone, or after the terminal's number")
        ->check(CLI::IsMember({"bare", "sn_prefixed"}));
    set->add_option("--notify-on", change->notify_on, "What merchants are told of; paid always")
        ->delimiter(',')
        ->check(CLI::IsMember({"paid", "canceled", "refunded"}));
    set->add_option("--wap-as-object", change->wap_as_object, "wap_pay_request as an object: yes or no");
    set->add_option("--long-client-sn", change->long_client_sn, "64 bytes of client_sn instead of 32");
    set->add_option("--unique-device", change->unique_device, "A merchant's device is activated once");
    set_act(*set, options, action,
            [change](Admin& it, const ports::Operator& by) { return set_app(it, by, *change); });
}

void add_vendor_and_app(CLI::App& admin, const Options& options, Action& action) {
    const auto name = std::make_shared<std::string>();
    auto* const vendors = add_group(admin, "vendor", "Vendors of till software");
    auto* const vendor = vendors->add_subcommand("create", "Prints vendor_sn and vendor_key");
    vendor->add_option("NAME", *name)->required();
    set_act(*vendor, options, action,
            [name](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                const auto made = it.run(it.onboard().create_vendor(by, *name));
                if (!made) return std::unexpected(made.error());
                JsonObject shown = show_vendor(*made);
                shown.emplace_back("vendor_key", made->key.reveal());
                return shown;
            });
    add_list(*vendors, &ports::DirectoryRepository::list_vendors, &show_vendor, options, action);
    add_switches(*vendors, "vendor", options, action);

    const auto vendor_sn = std::make_shared<std::string>();
    auto* const apps = add_group(admin, "app", "Applications of vendors");
    auto* const app = apps->add_subcommand("create", "Prints app_id");
    app->add_option("NAME", *name)->required();
    app->add_option("--vendor", *vendor_sn)->required();
    set_act(*app, options, action,
            [name, vendor_sn](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                const auto made = it.run(it.onboard().create_app(by, *vendor_sn, *name));
                if (!made) return std::unexpected(made.error());
                return show_app(*made);
            });
    add_list(*apps, &ports::DirectoryRepository::list_apps, &show_app, options, action);
    add_switches(*apps, "app", options, action);
    add_app_set(*apps, options, action);
}

// Also an empty number counts as given, and is refused: it may be a script's unset variable.
std::shared_ptr<std::optional<std::string>> add_sn(CLI::App& create) {
    const auto sn = std::make_shared<std::optional<std::string>>();
    create.add_option_function<std::string>(
        "--sn", [sn](const std::string& given) { *sn = given; },
        "13 digits: the number it had before the store was restored");
    return sn;
}

void add_merchants(CLI::App& admin, const Options& options, Action& action) {
    const auto name = std::make_shared<std::string>();
    auto* const merchants = add_group(admin, "merchant", "Merchants");
    auto* const merchant = merchants->add_subcommand("create", "Prints merchant_sn");
    merchant->add_option("NAME", *name)->required();
    const auto old_merchant = add_sn(*merchant);
    set_act(*merchant, options, action,
            [name, old_merchant](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                const auto made = it.run(it.onboard().create_merchant(by, *name, *old_merchant));
                if (!made) return std::unexpected(made.error());
                return show_merchant(*made);
            });
    add_list(*merchants, &ports::DirectoryRepository::list_merchants, &show_merchant, options, action);
    add_switches(*merchants, "merchant", options, action);

    const auto merchant_sn = std::make_shared<std::string>();
    auto* const stores = add_group(admin, "store", "Stores of merchants");
    auto* const store = stores->add_subcommand("create", "Prints store_sn");
    store->add_option("NAME", *name)->required();
    store->add_option("--merchant", *merchant_sn)->required();
    const auto old_store = add_sn(*store);
    set_act(*store, options, action, [=](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
        const auto made = it.run(it.onboard().create_store(by, *merchant_sn, *name, *old_store));
        if (!made) return std::unexpected(made.error());
        return show_store(*made);
    });
    add_list(*stores, &ports::DirectoryRepository::list_stores, &show_store, options, action);
    add_switches(*stores, "store", options, action);

    auto* const terminals = add_group(admin, "terminal", "Terminals of stores");
    add_list(*terminals, &ports::DirectoryRepository::list_terminals, &show_terminal, options, action);
    add_switches(*terminals, "terminal", options, action);
}

void add_code(CLI::App& admin, const Options& options, Action& action) {
    struct Terms {
        std::string store_sn;
        int uses = 1;
        int days = 7;
        bool is_unlimited = false;
    };
    const auto terms = std::make_shared<Terms>();
    auto* const group = add_group(admin, "code", "Activation codes of stores");
    auto* const create = group->add_subcommand("create", "Prints the code");
    create->add_option("--store", terms->store_sn)->required();
    create->add_option("--uses", terms->uses, "Terminals it may activate")->capture_default_str();
    create->add_flag("--unlimited", terms->is_unlimited, "Any number of terminals");
    create->add_option("--days", terms->days, "How long it is valid")->capture_default_str();
    set_act(*create, options, action,
            [terms](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                const flows::CodeTerms wanted{
                    .uses = terms->is_unlimited ? std::nullopt : std::optional(terms->uses),
                    .valid_for = std::chrono::hours(24) * terms->days};
                const auto made = it.run(it.onboard().create_code(by, terms->store_sn, wanted));
                if (!made) return std::unexpected(made.error());
                return show_code(*made);
            });
    const auto code = std::make_shared<std::string>();
    auto* const end = group->add_subcommand("end", "It activates nothing from now on");
    end->add_option("CODE", *code)->required();
    set_silent_act(*end, options, action, [code](Admin& it, const ports::Operator& by) {
        return it.run(it.onboard().end_code(by, *code));
    });
    add_list(*group, &ports::DirectoryRepository::list_codes, &show_code, options, action);
}

}  // namespace

void add_switches(CLI::App& group, const std::string& kind, const SharedOptions& options, Action& action) {
    for (const bool is_active : {false, true}) {
        auto* const command = group.add_subcommand(is_active ? "enable" : "disable");
        const auto key = std::make_shared<std::string>();
        command->add_option("NUMBER", *key, "Which")->required();
        command->callback([&action, options, key, kind, is_active] {
            action = admin_action(options, [=](Admin& admin, const ports::Operator& by) -> core::Result<int> {
                const auto done = kind == "operator"
                                      ? admin.run(admin.operators().set_active(by, *key, is_active))
                                      : admin.run(admin.onboard().set_active(by, kind, *key, is_active));
                if (!done) return std::unexpected(done.error());
                return exit_done;
            });
        });
    }
}

void add_admin_directory(CLI::App& admin, const Options& options, Action& action) {
    add_operator(admin, options, action);
    add_vendor_and_app(admin, options, action);
    add_merchants(admin, options, action);
    add_code(admin, options, action);
    add_admin_account(admin, options, action);
}

}  // namespace huitong::app
