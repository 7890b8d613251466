#include "app/config_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <toml++/toml.h>

namespace huitong::app {

using core::Code;
using core::fail;

namespace {

// Collects every mistake, each with the line it stands in.
class Reader {
  public:
    explicit Reader(std::string_view file_name) : file_name_(file_name) {}

    void read(const toml::table& root) {
        for (const auto& [section, node] : root) {
            const toml::table* const table = node.as_table();
            if (table == nullptr) {
                refuse(node, fmt::format("{}: every key stands in a [section]", section.str()));
                continue;
            }
            for (const auto& [key, value] : *table)
                read_value(fmt::format("{}.{}", section.str(), key.str()), value);
        }
    }

    [[nodiscard]] core::Result<Config> take() {
        if (errors_.empty()) {
            if (auto checked = check_together(config_); !checked) {
                errors_ = fmt::format("{}: {}", file_name_, checked.error().detail);
            }
        }
        if (!errors_.empty()) return fail(Code::invalid, "bad_config", errors_);
        return std::move(config_);
    }

  private:
    void read_value(const std::string& name, const toml::node& node) {
        const auto keys = config_keys();
        const auto key = std::ranges::find(keys, name, &Key::name);
        if (key == keys.end()) return refuse(node, fmt::format("unknown key {}", name));
        core::Result<void> done;
        if (const auto* integer = node.as_integer()) {
            done = set_integer(*key, config_, integer->get());
        } else if (const auto* text = node.as_string()) {
            done = set_text(*key, config_, text->get());
        } else {
            return refuse(node, fmt::format("{}: must be a {}", name, type_of(*key)));
        }
        if (!done) refuse(node, done.error().detail);
    }

    void refuse(const toml::node& node, std::string_view what) {
        if (!errors_.empty()) errors_ += '\n';
        errors_ += fmt::format("{}:{}: {}", file_name_, node.source().begin.line, what);
    }

    std::string_view file_name_;
    Config config_;
    std::string errors_;
};

}  // namespace

core::Result<Config> parse_config(std::string_view text, std::string_view file_name) {
    try {
        Reader reader(file_name);
        reader.read(toml::parse(text));
        return reader.take();
    } catch (const toml::parse_error& error) {
        return fail(Code::invalid, "bad_config",
                    fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
    }
}

core::Result<Config> load_config(const std::string& path) {
    auto text = read_file(path);
    if (!text) return std::unexpected(std::move(text.error()));
    return parse_config(*text, path);
}

core::Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
        return fail(Code::not_found, "no_file", fmt::format("{}: {}", path, std::strerror(errno)));
    }
    return text;
}

}  // namespace huitong::app
