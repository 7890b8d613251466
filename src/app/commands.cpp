#include "app/commands.hpp"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>

namespace huitong::app {

int refuse(const core::Error& error) {
    const std::string detail = error.detail.empty() ? std::string() : ": " + error.detail;
    fmt::print(stderr, "huitong: {}{}\n", error.reason, detail);
    return exit_refused;
}

void print_json(const codec::Json& json) {
    fmt::print("{}\n", codec::write_json_pretty(json));
}

int run_command_line(int argc, char** argv, std::span<const AddCommand> more) {
    CLI::App app{"Huitong: a self-hosted payment switch.", "huitong"};
    app.set_version_flag("--version", version);
    app.require_subcommand(1);
    Action action;
    add_serve(app, action);
    add_demo(app, action);
    add_check_config(app, action);
    add_migrate(app, action);
    add_sim(app, action);
    add_admin(app, action);
    add_backup(app, action);
    add_restore(app, action);
    add_doctor(app, action);
    add_openapi(app, action);
    add_load(app, action);
    for (const AddCommand add : more) add(app, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool is_asked = error.get_exit_code() == 0;  // --help, --version
        (void)app.exit(error);
        return is_asked ? exit_done : exit_usage;
    }
    try {
        return action();
    } catch (const std::exception& failure) {
        fmt::print(stderr, "huitong: {}\n", failure.what());
        return exit_refused;
    }
}

}  // namespace huitong::app
