// What the simulated WeChat verifies of a call of API v3 before it looks at an order: headers, signature,
// identity, fields (spec/channels 1B.1, 1B.4).
#pragma once

#include "sim/wechat/checks.hpp"
#include "sim/wechat/v3_answers.hpp"

namespace huitong::sim::wechat::v3 {

struct Route {
    std::string_view method;
    std::string_view prefix;      // of the path; all of it when nothing is named in it
    std::string_view field = {};  // what is named between prefix and suffix, by its name in API v2
    std::string_view suffix = {};
    Op op;
    Way way = Way::native;  // of a launch
};

// By path, whatever the method; null: not one of API v3's.
[[nodiscard]] const Route* find_route(std::string_view path);

// Who calls, by the header Authorization over the request as it came. Fills merchant and account.
[[nodiscard]] std::optional<Outcome> verify_caller(Call& call, const Asked& asked);
// The call, or the answer that refuses it.
[[nodiscard]] std::expected<Call, Outcome> check_request(const Route& route, const Asked& asked,
                                                         std::string& seen_number);

}  // namespace huitong::sim::wechat::v3
