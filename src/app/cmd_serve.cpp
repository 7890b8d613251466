// serve, check-config, config-reference and migrate: what runs a production platform.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/master_key.hpp"
#include "app/platform.hpp"
#include "app/store_place.hpp"

namespace huitong::app {

namespace {

int serve(const std::string& file) {
    const auto config = load_config(file);
    if (!config) return refuse(config.error());
    const auto log = Log::open(*config);
    if (!log) return refuse(log.error());
    boost::asio::io_context io(1);
    auto platform = Platform::start(io, *config, *log);
    if (!platform) return refuse(platform.error());
    fmt::print("ready {}\n", (*platform)->url());
    std::fflush(stdout);
    (*platform)->wait_for_stop();
    (*platform)->drain();
    return exit_done;
}

int check_config(const std::string& file, bool is_json) {
    const auto config = load_config(file);
    if (!config) {
        fmt::print(stderr, "{}\n", config.error().detail);
        return exit_refused;
    }
    if (is_json) {
        codec::JsonObject object;
        for (const Key& key : config_keys()) {
            auto value = codec::parse_json(value_text(key, *config));
            object.emplace_back(key.name, value ? std::move(*value) : codec::Json());
        }
        print_json(std::move(object));
        return exit_done;
    }
    std::string_view section;
    for (const Key& key : config_keys()) {
        const auto dot = key.name.find('.');
        if (key.name.substr(0, dot) != section) {
            fmt::print("{}[{}]\n", section.empty() ? "" : "\n", key.name.substr(0, dot));
            section = key.name.substr(0, dot);
        }
        fmt::print("{} = {}\n", key.name.substr(dot + 1), value_text(key, *config));
    }
    return exit_done;
}

int migrate(const std::string& file, bool is_json) {
    const auto config = load_config(file);
    if (!config) return refuse(config.error());
    if (auto made = make_data_dir(config->data_dir); !made) return refuse(made.error());
    const auto location = store_location(*config);
    if (!location) return refuse(location.error());
    const auto exists = store::store_exists(*location);
    if (!exists) return refuse(exists.error());
    core::SystemRandom random;
    auto key = load_master_key(*config);
    bool is_new_key = false;
    // A store without its key is a lost key, which a new one would only hide.
    if (!key && key.error().reason == "no_master_key" && !*exists) {
        if (auto made = create_master_key(*config, random); !made) return refuse(made.error());
        key = load_master_key(*config);
        is_new_key = true;
    }
    if (!key) return refuse(key.error());
    auto sealer = make_sealer(*key, random);
    if (!sealer) return refuse(sealer.error());
    const auto store = store::open_store(*location, *sealer, visiting_options());
    if (!store) return refuse(store.error());
    if (is_json) {
        print_json(codec::JsonObject{{"store", location->shown}, {"new_key", codec::Json(is_new_key)}});
        return exit_done;
    }
    if (is_new_key) fmt::print("new master key: {}\n", in_data_dir(*config, config->master_key_file));
    fmt::print("store is up to date: {}\n", location->shown);
    return exit_done;
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
    auto* const command = app.add_subcommand("serve", "Run the platform until SIGTERM or SIGINT");
    const auto file = std::make_shared<std::string>();
    const auto allow_core = std::make_shared<bool>(false);
    command->add_option("--config", *file, "Configuration file (TOML)")->required();
    command->add_flag("--allow-core", *allow_core, "Permit core dumps, which hold keys");
    command->callback([&action, file, allow_core] {
        action = [file, allow_core] {
            if (!*allow_core) forbid_core_dumps();
            return serve(*file);
        };
    });
}

void add_check_config(CLI::App& app, Action& action) {
    auto* const command = app.add_subcommand("check-config", "Show what a configuration file amounts to");
    const auto file = std::make_shared<std::string>();
    const auto is_json = std::make_shared<bool>(false);
    command->add_option("FILE", *file, "Configuration file (TOML)")->required();
    command->add_flag("--json", *is_json, "Print JSON");
    command->callback([&action, file, is_json] { action = [=] { return check_config(*file, *is_json); }; });
    auto* const reference = app.add_subcommand("config-reference", "Print docs/configuration.md");
    reference->callback([&action] {
        action = [] {
            fmt::print("{}", config_reference());
            return static_cast<int>(exit_done);
        };
    });
}

void add_migrate(CLI::App& app, Action& action) {
    auto* const command =
        app.add_subcommand("migrate", "Create the store and its key, or bring the store up to date");
    const auto file = std::make_shared<std::string>();
    const auto is_json = std::make_shared<bool>(false);
    command->add_option("--config", *file, "Configuration file (TOML)")->required();
    command->add_flag("--json", *is_json, "Print JSON");
    command->callback([&action, file, is_json] { action = [=] { return migrate(*file, *is_json); }; });
}

}  // namespace huitong::app
