#include "ports/limits.hpp"

namespace huitong::ports {

std::string_view to_string(LimitKind kind) {
    switch (kind) {
        case LimitKind::terminal:
            return "terminal";
        case LimitKind::store:
            return "store";
        case LimitKind::merchant:
            return "merchant";
    }
    return "?";
}

}  // namespace huitong::ports
