// The subcommands (DESIGN.md §7: fixed, others script against them): each adds itself to the command line
// and, when it was chosen, leaves what to do. Exit codes: 0 done, 1 refused, 2 usage, 3 differences found.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <span>
#include <string>

#include "codec/json.hpp"
#include "core/result.hpp"

namespace huitong::app {

enum Exit : int { exit_done = 0, exit_refused = 1, exit_usage = 2, exit_differences = 3 };

// What the chosen subcommand does; returns the exit code.
using Action = std::function<int()>;

void add_serve(CLI::App& app, Action& action);
void add_demo(CLI::App& app, Action& action);
void add_sim(CLI::App& app, Action& action);
void add_check_config(CLI::App& app, Action& action);
void add_migrate(CLI::App& app, Action& action);
void add_admin(CLI::App& app, Action& action);
void add_backup(CLI::App& app, Action& action);
void add_restore(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_openapi(CLI::App& app, Action& action);
void add_load(CLI::App& app, Action& action);

// "huitong: reason: detail" on standard error; exit_refused.
int refuse(const core::Error& error);
// As JSON on standard output.
void print_json(const codec::Json& json);

inline constexpr const char* version = "huitong 0.1.0";

// A subcommand of a library above this one.
using AddCommand = void (*)(CLI::App& app, Action& action);
// The whole program.
int run_command_line(int argc, char** argv, std::span<const AddCommand> more);

}  // namespace huitong::app
