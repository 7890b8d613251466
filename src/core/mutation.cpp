#include "core/mutation.hpp"

#ifdef HUITONG_MUTATIONS

#include <cstdlib>
#include <utility>

namespace huitong::core {

namespace {

std::string& chosen() {
    static std::string name = [] {
        const char* const text = std::getenv("HUITONG_MUTATE");
        return std::string(text == nullptr ? "" : text);
    }();
    return name;
}

}  // namespace

void choose_mutation(std::string name) {
    chosen() = std::move(name);
}

bool is_mutated(std::string_view name) {
    return chosen() == name;
}

}  // namespace huitong::core

#endif
