#include "api/gateway/signature.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "api/upay/auth.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::gateway {

namespace {

constexpr std::size_t sign_length = 32;

enum class Empties { signed_too, left_out };

// All that is signed but the key.
std::string text_to_sign(codec::FormFields fields, Empties empties) {
    std::erase_if(fields, [empties](const codec::FormField& field) {
        const bool is_left_out = empties == Empties::left_out && field.second.empty();
        return is_left_out || field.first == "sign" || field.first == "sign_type";
    });
    std::ranges::sort(fields, {}, &codec::FormField::first);
    std::string text;
    for (const auto& [name, value] : fields) text.append(name).append("=").append(value).append("&");
    return text += "key=";
}

// A plus sign is a blank, and where that is not what was signed, itself; so is a percent sign of a client
// that escapes nothing.
std::vector<codec::FormFields> readings_of(std::string_view query) {
    std::vector<codec::FormFields> readings;
    const auto read = [&](std::string_view text) {
        if (auto fields = codec::parse_form(text)) readings.push_back(std::move(*fields));
    };
    const auto with = [query](std::string_view literal) {
        std::string text;
        for (const char c : query) {
            if (!literal.contains(c)) {
                text += c;
            } else {
                text += c == '+' ? "%2B" : "%25";
            }
        }
        return text;
    };
    read(query);
    if (query.contains('+')) read(with("+"));
    if (query.contains('%')) read(with("+%"));
    return readings;
}

// What is signed is one text, without marks where a value ends: what a payer wrote into one of the merchant's
// values could be read as other fields. No name has such marks, and no value may look as if it held a field.
bool could_be_read_otherwise(const codec::FormFields& fields) {
    constexpr std::string_view of_money[] = {"terminal_sn", "client_sn", "total_amount"};
    constexpr std::string_view others[] = {
        "subject", "payway",   "operator",  "return_url", "notify_url", "sub_payway",  "payer_uid",
        "reflect", "extended", "longitude", "latitude",   "device_id",  "description", "goods_details"};
    const auto holds = [](std::string_view value, std::span<const std::string_view> names) {
        return std::ranges::any_of(
            names, [value](std::string_view name) { return value.contains("&" + std::string(name) + "="); });
    };
    return std::ranges::any_of(fields, [&](const codec::FormField& field) {
        const auto& [name, value] = field;
        const bool is_url = name == "return_url" || name == "notify_url";
        return name.find_first_of("&=") != name.npos || holds(value, of_money) ||
               (!is_url && holds(value, others));
    });
}

}  // namespace

std::string value_of(const codec::FormFields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &codec::FormField::first);
    return found == fields.end() ? std::string() : found->second;
}

std::string claimed_value(std::string_view query, std::string_view name) {
    const auto readings = readings_of(query);
    return readings.empty() ? std::string() : value_of(readings.front(), name);
}

std::string sign(const codec::FormFields& fields, const core::Secret& key) {
    return crypto::to_upper(crypto::md5_hex(text_to_sign(fields, Empties::signed_too), key.reveal()));
}

std::optional<SignedFields> verify(std::string_view query, const ports::Terminal& terminal) {
    for (codec::FormFields& fields : readings_of(query)) {
        const std::string claimed = crypto::to_lower(value_of(fields, "sign"));
        if (claimed.size() != sign_length) continue;
        for (const Empties empties : {Empties::signed_too, Empties::left_out}) {
            const auto match = upay::match_key(text_to_sign(fields, empties), claimed, terminal.current_key,
                                               terminal.previous_key);
            if (match == upay::KeyMatch::none || could_be_read_otherwise(fields)) continue;
            const bool is_current = match == upay::KeyMatch::current;
            return SignedFields{std::move(fields), is_current ? terminal.current_key : terminal.previous_key};
        }
    }
    return std::nullopt;
}

}  // namespace huitong::api::gateway
