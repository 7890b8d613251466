#include "app/admin.hpp"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdlib>

#include "app/admin_commands.hpp"
#include "app/config_file.hpp"
#include "app/data_dir.hpp"
#include "app/master_key.hpp"
#include "app/platform.hpp"
#include "app/store_place.hpp"

namespace huitong::app {

using core::Code;
using core::fail;

Admin::Admin(const AdminOptions& options, Config config, const core::Secret& master_key)
    : options_(options),
      config_(std::move(config)),
      sealer_(make_sealer(master_key, random_).value()),
      store_(open_store(config_, sealer_).value()),
      onboard_(*store_, time_, random_),
      operators_(*store_, time_, random_),
      desk_(*store_, time_),
      reviews_(
          *store_, time_, random_,
          {.engine = gateway_options(config_).engine, .second_person_above = config_.second_person_above}) {}

Admin::~Admin() {
    store_->stop();
}

core::Result<std::unique_ptr<store::Store>> Admin::open_store(const Config& config,
                                                              const crypto::Sealer& sealer) {
    auto store = store::open_store(store_location(config).value(), sealer, visiting_options());
    if (!store) throw std::runtime_error(store.error().reason + ": " + store.error().detail);
    return store;
}

core::Result<std::unique_ptr<Admin>> Admin::open(const AdminOptions& options) {
    Config config;
    if (options.config_file.empty() == options.data_dir.empty()) {
        return fail(Code::invalid, "which_store", "either --config FILE or --data DIR");
    }
    if (options.config_file.empty()) {
        config.data_dir = options.data_dir;
    } else {
        auto loaded = load_config(options.config_file);
        if (!loaded) return std::unexpected(std::move(loaded.error()));
        config = std::move(*loaded);
    }
    const auto location = store_location(config);
    if (!location) return std::unexpected(location.error());
    const auto exists = store::store_exists(*location);
    if (!exists) return std::unexpected(exists.error());
    if (!*exists)
        return fail(Code::not_found, "no_store", location->shown + ": make one with `huitong migrate`");
    const auto key = load_master_key(config);
    if (!key) return std::unexpected(key.error());
    return std::unique_ptr<Admin>(new Admin(options, std::move(config), *key));
}

core::Result<bool> Admin::is_unclaimed() {
    return run(store_->read(
        [](ports::Tx& tx) -> core::Result<bool> { return tx.directory().list_operators({}).empty(); }));
}

core::Result<ports::Operator> Admin::who() {
    const char* const from_environment = std::getenv("HUITONG_OPERATOR_KEY");
    const std::string key =
        options_.key.empty() && from_environment != nullptr ? from_environment : options_.key;
    if (options_.operator_name.empty() || key.empty()) {
        return fail(Code::denied, "operator_needed",
                    "--operator NAME and --key KEY (or HUITONG_OPERATOR_KEY)");
    }
    return run(operators_.authenticate(options_.operator_name, core::Secret(key)));
}

Action admin_action(std::shared_ptr<AdminOptions> options, AdminAct act) {
    return [options = std::move(options), act = std::move(act)] {
        auto admin = Admin::open(*options);
        if (!admin) return refuse(admin.error());
        const auto person = (*admin)->who();
        if (!person) return refuse(person.error());
        const auto done = act(**admin, *person);
        return done ? *done : refuse(done.error());
    };
}

namespace {

std::string plain_text(const codec::Json& value) {
    if (const std::string* text = value.as_string()) return *text;
    return value.is_null() ? std::string() : codec::write_json(value);
}

}  // namespace

void print_rows(const Rows& rows, bool is_json) {
    if (is_json) {
        codec::JsonArray array;
        for (const codec::JsonObject& row : rows) array.emplace_back(row);
        return print_json(std::move(array));
    }
    if (rows.empty()) return fmt::print("none\n");
    std::vector<std::size_t> widths;
    for (const auto& [name, value] : rows.front()) widths.push_back(name.size());
    for (const codec::JsonObject& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], plain_text(row[i].second).size());
    }
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i)
        text += fmt::format("{:<{}}  ", rows.front()[i].first, widths[i]);
    text += '\n';
    for (const codec::JsonObject& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += fmt::format("{:<{}}  ", plain_text(row[i].second), widths[i]);
        text += '\n';
    }
    fmt::print("{}", text);
}

void print_object(const codec::JsonObject& object, bool is_json) {
    if (is_json) return print_json(object);
    for (const auto& [name, value] : object) fmt::print("{}: {}\n", name, plain_text(value));
}

void add_admin(CLI::App& app, Action& action) {
    auto* const admin = app.add_subcommand(
        "admin", "Onboarding, limits, payments and refunds in review, alerts, the ledger, the audit log");
    const auto options = std::make_shared<AdminOptions>();
    admin->fallthrough();
    admin->require_subcommand(1);
    admin->add_option("--config", options->config_file, "Configuration file (TOML)");
    admin->add_option("--data", options->data_dir, "Data directory, with every other setting at its default");
    admin->add_option("--operator", options->operator_name, "Who acts");
    admin->add_option("--key", options->key, "The operator's key; better in HUITONG_OPERATOR_KEY");
    admin->add_flag("--json", options->is_json, "Print JSON");
    add_admin_directory(*admin, options, action);
    add_admin_payment(*admin, options, action);
    add_admin_proposals(*admin, options, action);
    add_admin_audit(*admin, options, action);
    add_admin_limits(*admin, options, action);
    add_admin_alerts(*admin, options, action);
    add_admin_notifications(*admin, options, action);
    add_admin_key(*admin, options, action);
    add_admin_ledger(*admin, options, action);
}

}  // namespace huitong::app
