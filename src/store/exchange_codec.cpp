#include "store/exchange_codec.hpp"

#include "store/byte_text.hpp"

namespace huitong::store {

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
