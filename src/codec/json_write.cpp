// Json into text. Strings are written as UTF-8; only what RFC 8259 §7 demands is escaped.
#include "codec/json.hpp"

namespace huitong::codec {

namespace {

class Writer {
  public:
    explicit Writer(bool pretty) : pretty_(pretty) {}

    void write(const Json& json) {
        std::visit([this](const auto& value) { write_value(value); }, json.value());
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

  private:
    void write_value(std::nullptr_t) { out_ += "null"; }
    void write_value(bool value) { out_ += value ? "true" : "false"; }
    void write_value(const JsonNumber& number) { out_ += number.text; }
    void write_value(const std::string& text) { write_string(text); }
    void write_value(const JsonArray& items) {
        write_list('[', ']', items, [this](const Json& item) { write(item); });
    }
    void write_value(const JsonObject& members) {
        write_list('{', '}', members, [this](const JsonMember& member) {
            write_string(member.first);
            out_ += pretty_ ? ": " : ":";
            write(member.second);
        });
    }

    void write_list(char open, char close, const auto& items, const auto& write_item) {
        out_ += open;
        ++depth_;
        bool first = true;
        for (const auto& item : items) {
            if (!first) out_ += ',';
            first = false;
            break_line();
            write_item(item);
        }
        --depth_;
        if (!items.empty()) break_line();
        out_ += close;
    }

    void break_line() {
        if (!pretty_) return;
        out_ += '\n';
        out_.append(depth_ * 2, ' ');
    }

    void write_string(std::string_view text) {
        out_ += '"';
        std::size_t plain = 0;  // start of the run not yet copied
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
            out_.append(text, plain, i - plain);
            plain = i + 1;
            write_escape(text[i]);
        }
        out_.append(text, plain);
        out_ += '"';
    }

    void write_escape(char c) {
        constexpr std::string_view digits = "0123456789abcdef";
        out_ += '\\';
        switch (c) {
            case '"':
            case '\\':
                out_ += c;
                break;
            case '\b':
                out_ += 'b';
                break;
            case '\f':
                out_ += 'f';
                break;
            case '\n':
                out_ += 'n';
                break;
            case '\r':
                out_ += 'r';
                break;
            case '\t':
                out_ += 't';
                break;
            default:
                out_ += "u00";
                out_ += digits[static_cast<unsigned char>(c) >> 4];
                out_ += digits[static_cast<unsigned char>(c) & 15];
        }
    }

    bool pretty_;
    std::size_t depth_ = 0;
    std::string out_;
};

std::string written(const Json& json, bool pretty) {
    Writer writer(pretty);
    writer.write(json);
    return writer.take();
}

}  // namespace

std::string write_json(const Json& json) {
    return written(json, false);
}
std::string write_json_pretty(const Json& json) {
    return written(json, true);
}

}  // namespace huitong::codec
