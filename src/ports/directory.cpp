#include "ports/directory.hpp"

namespace huitong::ports {

std::string_view to_string(NotifyHeader header) {
    switch (header) {
        case NotifyHeader::bare:
            return "bare";
        case NotifyHeader::sn_prefixed:
            return "sn_prefixed";
    }
    return "?";
}

std::string_view to_string(Role role) {
    switch (role) {
        case Role::operator_:
            return "operator";
        case Role::approver:
            return "approver";
        case Role::auditor:
            return "auditor";
    }
    return "?";
}

}  // namespace huitong::ports
