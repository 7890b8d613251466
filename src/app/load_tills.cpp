#include "app/load_tills.hpp"

#include <fmt/format.h>

#include "app/config_file.hpp"
#include "app/till.hpp"

namespace huitong::app {

namespace {

std::string text_in(const codec::Json& object, std::string_view name) {
    const codec::Json* const member = object.find(name);
    const std::string* const text = member == nullptr ? nullptr : member->as_string();
    return text == nullptr ? std::string() : *text;
}

std::unexpected<core::Error> bad_terminals(const std::string& path) {
    return core::fail(core::Code::invalid, "bad_terminals",
                      path + R"(: not [{"terminal_sn":"…","terminal_key":"…"},…])");
}

}  // namespace

core::Result<std::vector<load::Identity>> read_terminals(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return std::unexpected(text.error());
    const auto json = codec::parse_json(*text);
    if (!json) return std::unexpected(json.error());
    const codec::JsonArray* const rows = json->as_array();
    if (rows == nullptr || rows->empty()) return bad_terminals(path);
    std::vector<load::Identity> terminals;
    for (const codec::Json& row : *rows) {
        terminals.push_back({text_in(row, "terminal_sn"), text_in(row, "terminal_key")});
        if (terminals.back().sn.empty() || terminals.back().key.empty()) return bad_terminals(path);
    }
    return terminals;
}

task::Task<std::vector<load::Identity>> activate_terminals(net::HttpTransport& transport, net::Origin gateway,
                                                           ActivationMeans means, std::string name) {
    std::vector<load::Identity> terminals;
    for (int i = 0; i < means.count; ++i) {
        Till till(transport, gateway, means.vendor);
        const auto answer = co_await till.activate(means.app_id, means.code, fmt::format("{}-{}", name, i));
        if (!answer) co_return std::unexpected(answer.error());
        if (answer->result_code != "200")
            co_return core::fail(core::Code::denied, "activation_refused", answer->body);
        terminals.push_back(till.identity());
    }
    co_return terminals;
}

}  // namespace huitong::app
