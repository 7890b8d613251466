// How the acts of `huitong admin` are put on its command line: groups, lists of what the directory holds, and
// acts that print what they made.
#pragma once

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/admin.hpp"

namespace huitong::app {

using SharedOptions = std::shared_ptr<AdminOptions>;

// `admin NAME …`, which takes one act.
inline CLI::App* add_group(CLI::App& admin, const std::string& name, const std::string& description) {
    auto* const group = admin.add_subcommand(name, description);
    group->require_subcommand(1);
    return group;
}

// An act that prints one object.
inline void set_act(CLI::App& command, const SharedOptions& options, Action& action,
                    std::function<core::Result<codec::JsonObject>(Admin&, const ports::Operator&)> act) {
    command.callback([&action, options, act = std::move(act)] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator& by) -> core::Result<int> {
            const auto made = act(admin, by);
            if (!made) return std::unexpected(made.error());
            print_object(*made, options->is_json);
            return exit_done;
        });
    });
}

// An act that prints nothing when it is done.
inline void set_silent_act(CLI::App& command, const SharedOptions& options, Action& action,
                           std::function<core::Result<void>(Admin&, const ports::Operator&)> act) {
    command.callback([&action, options, act = std::move(act)] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator& by) -> core::Result<int> {
            const auto done = act(admin, by);
            if (!done) return std::unexpected(done.error());
            return exit_done;
        });
    });
}

// An act that prints rows, read in one transaction.
template <class T>
void set_list(CLI::App& command, const SharedOptions& options, Action& action,
              std::function<std::vector<T>(ports::Tx&)> list, codec::JsonObject (*show)(const T&)) {
    command.callback([&action, options, list = std::move(list), show] {
        action = admin_action(options, [=](Admin& admin, const ports::Operator&) -> core::Result<int> {
            const auto all = admin.run(admin.store().read(
                [list](ports::Tx& tx) -> core::Result<std::vector<T>> { return list(tx); }));
            if (!all) return std::unexpected(all.error());
            Rows rows;
            for (const T& item : *all) rows.push_back(show(item));
            print_rows(rows, options->is_json);
            return exit_done;
        });
    });
}

// `list` of one kind of the directory.
template <class T>
void add_list(CLI::App& group, std::vector<T> (ports::DirectoryRepository::*list)(const ports::Page&),
              codec::JsonObject (*show)(const T&), const SharedOptions& options, Action& action) {
    const std::function<std::vector<T>(ports::Tx&)> read = [list](ports::Tx& tx) {
        return (tx.directory().*list)({});
    };
    set_list(*group.add_subcommand("list"), options, action, read, show);
}

// `disable` and `enable` of one kind.
void add_switches(CLI::App& group, const std::string& kind, const SharedOptions& options, Action& action);

void add_admin_account(CLI::App& admin, const SharedOptions& options, Action& action);
void add_admin_proposals(CLI::App& admin, const SharedOptions& options, Action& action);
void add_admin_limits(CLI::App& admin, const SharedOptions& options, Action& action);
void add_admin_ledger(CLI::App& admin, const SharedOptions& options, Action& action);
void add_admin_notifications(CLI::App& admin, const SharedOptions& options, Action& action);
void add_admin_key(CLI::App& admin, const SharedOptions& options, Action& action);
void add_admin_alerts(CLI::App& admin, const SharedOptions& options, Action& action);

}  // namespace huitong::app
