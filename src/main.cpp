// The program: everything it can do is a subcommand.
#include <array>

#include "app/commands.hpp"
#include "simulate/command.hpp"

int main(int argc, char** argv) {
    constexpr std::array more{&huitong::simulate::add_simulate};
    return huitong::app::run_command_line(argc, argv, more);
}
