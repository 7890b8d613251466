// The program: everything it can do is a subcommand.
#include "app/commands.hpp"

int main(int argc, char** argv) {
    return huitong::app::run_command_line(argc, argv);
}
