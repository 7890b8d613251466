#include "store/exchange_codec.hpp"

#include "store/failure.hpp"

namespace huitong::store {

namespace {

void put_number(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

void put_text(std::string& out, std::string_view text) {
    put_number(out, text.size());
    out += text;
}

std::string_view take(std::string_view& bytes, std::uint64_t count) {
    if (bytes.size() < count) throw Failure(core::Code::internal, "bad_row", "truncated exchange");
    const std::string_view taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
}

std::uint64_t take_number(std::string_view& bytes) {
    std::uint64_t number = 0;
    for (const char c : take(bytes, 8)) number = number << 8 | static_cast<std::uint8_t>(c);
    return number;
}

std::string take_text(std::string_view& bytes) {
    const std::uint64_t count = take_number(bytes);
    return std::string(take(bytes, count));
}

}  // namespace

std::string encode_exchange(const payments::Exchange& exchange) {
    const auto& [call, request, response, started_at, ended_at] = exchange;
    std::string out;
    out.reserve(40 + call.size() + request.size() + response.size());
    put_number(out, static_cast<std::uint64_t>(core::to_us(started_at)));
    put_number(out, static_cast<std::uint64_t>(core::to_us(ended_at)));
    put_text(out, call);
    put_text(out, request);
    put_text(out, response);
    return out;
}

payments::Exchange decode_exchange(std::string_view bytes) {
    payments::Exchange exchange;
    exchange.started_at = core::from_us(static_cast<std::int64_t>(take_number(bytes)));
    exchange.ended_at = core::from_us(static_cast<std::int64_t>(take_number(bytes)));
    exchange.call = take_text(bytes);
    exchange.request = take_text(bytes);
    exchange.response = take_text(bytes);
    return exchange;
}

}  // namespace huitong::store
