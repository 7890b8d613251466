// The signature of the WAP gateway's query and of the parameters on return_url (spec/upay 2.3): MD5 over the
// parameters sorted by name, with the terminal's key behind them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/form.hpp"
#include "ports/directory.hpp"

namespace huitong::api::gateway {

// Upper-case hex over every field but `sign` and `sign_type`, values as they are.
[[nodiscard]] std::string sign(const codec::FormFields& fields, const core::Secret& key);

struct SignedFields {
    codec::FormFields fields;
    core::Secret key;  // the one that signed
};
// The query as its signature says that it is to be read. Clients differ: some leave empty values out when
// they sign, some write a plus sign where they mean one. Hex in either case. none: no reading of it is signed
// with a key of that terminal.
[[nodiscard]] std::optional<SignedFields> verify(std::string_view query, const ports::Terminal& terminal);

// The value of that name as any reading has it; "" when there is none.
[[nodiscard]] std::string claimed_value(std::string_view query, std::string_view name);

[[nodiscard]] std::string value_of(const codec::FormFields& fields, std::string_view name);

}  // namespace huitong::api::gateway
