// admin operator, vendor, app, merchant, store, code, channel-account: create, list, disable, enable.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/admin.hpp"
#include "app/config_file.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using Options = std::shared_ptr<AdminOptions>;

CLI::App* add_group(CLI::App& admin, const std::string& name, const std::string& description) {
    auto* const group = admin.add_subcommand(name, description);
    group->require_subcommand(1);
    return group;
}

// `disable` and `enable` of one kind.
void add_switches(CLI::App& group, const std::string& kind, const Options& options, Action& action) {
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

// `list` of one kind.
template <class T>
void add_list(CLI::App& group, std::vector<T> (ports::DirectoryRepository::*list)(),
              JsonObject (*show)(const T&), const Options& options, Action& action) {
    auto* const command = group.add_subcommand("list");
    command->callback([&action, options, list, show] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator&) -> core::Result<int> {
            const auto all = admin.run(admin.store().read(
                [list](ports::Tx& tx) -> core::Result<std::vector<T>> { return (tx.directory().*list)(); }));
            if (!all) return std::unexpected(all.error());
            Rows rows;
            for (const T& item : *all) rows.push_back(show(item));
            print_rows(rows, options->is_json);
            return exit_done;
        });
    });
}

// An act that prints what it made.
void set_create(CLI::App& command, const Options& options, Action& action,
                std::function<core::Result<JsonObject>(Admin&, const ports::Operator&)> create) {
    command.callback([&action, options, create = std::move(create)] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator& by) -> core::Result<int> {
            const auto made = create(admin, by);
            if (!made) return std::unexpected(made.error());
            print_object(*made, options->is_json);
            return exit_done;
        });
    });
}

JsonObject show_operator(const ports::Operator& person) {
    return {
        {"name", person.name}, {"role", ports::to_string(person.role)}, {"active", Json(person.is_active)}};
}
JsonObject show_vendor(const ports::Vendor& vendor) {
    return {{"vendor_sn", vendor.sn}, {"name", vendor.name}, {"active", Json(vendor.is_active)}};
}
JsonObject show_app(const ports::App& app) {
    return {{"app_id", app.id},
            {"vendor_sn", app.vendor_sn},
            {"name", app.name},
            {"active", Json(app.is_active)}};
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
JsonObject show_code(const ports::ActivationCode& code) {
    return {{"code", code.code},
            {"store_sn", code.store_sn},
            {"uses_left", code.uses_left ? Json::number(*code.uses_left) : Json("unlimited")},
            {"expires_at", core::to_rfc3339(code.expires_at)}};
}
JsonObject show_account(const ports::ChannelAccount& account) {
    return {{"id", account.id},
            {"channel", payments::to_string(account.channel)},
            {"merchant_sn", account.merchant_sn},
            {"mch_id", account.mch_id},
            {"sub_mch_id", account.sub_mch_id},
            {"base_url", account.base_url},
            {"active", Json(account.is_active)}};
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

void add_vendor_and_app(CLI::App& admin, const Options& options, Action& action) {
    const auto name = std::make_shared<std::string>();
    auto* const vendors = add_group(admin, "vendor", "Vendors of till software");
    auto* const vendor = vendors->add_subcommand("create", "Prints vendor_sn and vendor_key");
    vendor->add_option("NAME", *name)->required();
    set_create(*vendor, options, action,
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
    set_create(*app, options, action,
               [name, vendor_sn](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                   const auto made = it.run(it.onboard().create_app(by, *vendor_sn, *name));
                   if (!made) return std::unexpected(made.error());
                   return show_app(*made);
               });
    add_list(*apps, &ports::DirectoryRepository::list_apps, &show_app, options, action);
    add_switches(*apps, "app", options, action);
}

void add_merchant_and_store(CLI::App& admin, const Options& options, Action& action) {
    const auto name = std::make_shared<std::string>();
    auto* const merchants = add_group(admin, "merchant", "Merchants");
    auto* const merchant = merchants->add_subcommand("create", "Prints merchant_sn");
    merchant->add_option("NAME", *name)->required();
    set_create(*merchant, options, action,
               [name](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                   const auto made = it.run(it.onboard().create_merchant(by, *name));
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
    set_create(*store, options, action,
               [=](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                   const auto made = it.run(it.onboard().create_store(by, *merchant_sn, *name));
                   if (!made) return std::unexpected(made.error());
                   return show_store(*made);
               });
    add_list(*stores, &ports::DirectoryRepository::list_stores, &show_store, options, action);
    add_switches(*stores, "store", options, action);
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
    set_create(*create, options, action,
               [terms](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                   const flows::CodeTerms wanted{
                       .uses = terms->is_unlimited ? std::nullopt : std::optional(terms->uses),
                       .valid_for = std::chrono::hours(24) * terms->days};
                   const auto made = it.run(it.onboard().create_code(by, terms->store_sn, wanted));
                   if (!made) return std::unexpected(made.error());
                   return show_code(*made);
               });
    add_list(*group, &ports::DirectoryRepository::list_codes, &show_code, options, action);
}

struct AccountFiles {
    std::string api_key;
    std::string certificate;
    std::string key;
};

core::Result<void> read_account_files(ports::ChannelAccount& account, const AccountFiles& files) {
    auto api_key = read_file(files.api_key);
    if (!api_key) return std::unexpected(std::move(api_key.error()));
    while (!api_key->empty() && (api_key->back() == '\n' || api_key->back() == '\r')) api_key->pop_back();
    account.api_key = core::Secret(std::move(*api_key));
    if (files.certificate.empty() && files.key.empty()) return {};
    auto certificate = read_file(files.certificate);
    if (!certificate) return std::unexpected(std::move(certificate.error()));
    account.client_certificate_pem = std::move(*certificate);
    auto key = read_file(files.key);
    if (!key) return std::unexpected(std::move(key.error()));
    account.client_key_pem = core::Secret(std::move(*key));
    return {};
}

void add_account(CLI::App& admin, const Options& options, Action& action) {
    const auto account = std::make_shared<ports::ChannelAccount>();
    const auto files = std::make_shared<AccountFiles>();
    account->base_url = "https://api.mch.weixin.qq.com";
    account->sign_type = "HMAC-SHA256";
    auto* const group = add_group(admin, "channel-account", "Our accounts at the channels");
    auto* const create = group->add_subcommand("create", "A WeChat Pay account for one merchant");
    create->add_option("ID", account->id, "Short, ours: wx-main")->required();
    create->add_option("--merchant", account->merchant_sn)->required();
    create->add_option("--appid", account->app_id)->required();
    create->add_option("--mch-id", account->mch_id)->required();
    create->add_option("--api-key-file", files->api_key, "File with the 32-character API key")->required();
    create->add_option("--sub-appid", account->sub_app_id, "Service-provider mode");
    create->add_option("--sub-mch-id", account->sub_mch_id, "Service-provider mode");
    create->add_option("--sign-type", account->sign_type)->capture_default_str();
    create->add_option("--base-url", account->base_url)->capture_default_str();
    create->add_option("--certificate-file", files->certificate, "Client certificate (PEM), for reversals");
    create->add_option("--certificate-key-file", files->key, "Its private key (PEM)");
    create->add_option("--server-ip", account->server_ip, "Sent when a terminal's address is not known");
    set_create(*create, options, action,
               [=](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                   if (auto read = read_account_files(*account, *files); !read)
                       return std::unexpected(std::move(read.error()));
                   const auto made = it.run(it.onboard().create_account(by, *account));
                   if (!made) return std::unexpected(made.error());
                   return show_account(*account);
               });
    add_list(*group, &ports::DirectoryRepository::list_accounts, &show_account, options, action);
    add_switches(*group, "channel_account", options, action);
}

}  // namespace

void add_admin_directory(CLI::App& admin, const Options& options, Action& action) {
    add_operator(admin, options, action);
    add_vendor_and_app(admin, options, action);
    add_merchant_and_store(admin, options, action);
    add_code(admin, options, action);
    add_account(admin, options, action);
}

}  // namespace huitong::app
