// openapi: what a face takes and gives, printed from the table that serves it.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "api/admin/routes.hpp"
#include "app/commands.hpp"

namespace huitong::app {

void add_openapi(CLI::App& app, Action& action) {
    auto* const command = app.add_subcommand("openapi", "Print the OpenAPI 3.1 document of a face");
    const auto face = std::make_shared<std::string>();
    command->add_option("FACE", *face, "admin")->required()->check(CLI::IsMember({"admin"}));
    command->callback([&action, face] {  // where CLI11 puts it
        action = [] {
            fmt::print("{}", api::admin::openapi());
            return static_cast<int>(exit_done);
        };
    });
}

}  // namespace huitong::app
