#include "core/result.hpp"

namespace huitong::core {

std::string_view to_string(Code code) {
    switch (code) {
        case Code::invalid:
            return "invalid";
        case Code::denied:
            return "denied";
        case Code::not_found:
            return "not_found";
        case Code::conflict:
            return "conflict";
        case Code::limit:
            return "limit";
        case Code::unavailable:
            return "unavailable";
        case Code::unknown_outcome:
            return "unknown_outcome";
        case Code::internal:
            return "internal";
    }
    return "?";
}

}  // namespace huitong::core
