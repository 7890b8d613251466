// The fields that name an existing order, shared by query, refund, cancel and revoke
// (spec/upay 3.6–3.8, 6.2).
#pragma once

#include <string>

#include "api/upay/fields.hpp"

namespace huitong::api::upay {

// sn is tried first, then client_sn; at least one is there.
struct LookUp {
    std::string sn;
    std::string client_sn;
};

// `is_optional`: something else in the request may name what is wanted.
[[nodiscard]] LookUp read_look_up(Fields& fields, bool is_optional = false);

}  // namespace huitong::api::upay
