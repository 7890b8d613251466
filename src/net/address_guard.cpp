#include "net/address_guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/mutation.hpp"

namespace huitong::net {

namespace asio = boost::asio;
using Bytes = asio::ip::address_v6::bytes_type;

namespace {

// What is not one public host's, of IPv4 and of the global unicast block of IPv6; whatever lies outside that
// block is none either.
constexpr std::array special_v4{
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
};
constexpr std::array special_v6{"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};
constexpr const char* public_v6 = "2000::/3";
constexpr const char* nat64 = "64:ff9b::/96";
constexpr int v4_prefix = 96;

Bytes mapped(const asio::ip::address_v4& address) {
    return asio::ip::make_address_v6(asio::ip::v4_mapped, address).to_bytes();
}

bool is_v4(const Bytes& bytes) {
    return asio::ip::address_v6(bytes).is_v4_mapped();
}

}  // namespace

core::Result<AddressGuard::Network> AddressGuard::parse_network(std::string_view text) {
    const auto bad = [&] { return core::fail(core::Code::invalid, "bad_network", std::string(text)); };
    const auto slash = text.find('/');
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(text.substr(0, slash)), error);
    if (error) return bad();
    const int bits = address.is_v4() ? 32 : 128;
    int length = bits;
    if (slash != std::string_view::npos) {
        const auto* const end = text.data() + text.size();
        const auto [at, wrong] = std::from_chars(text.data() + slash + 1, end, length);
        if (wrong != std::errc{} || at != end || length < 0 || length > bits) return bad();
    }
    if (address.is_v4()) return Network{mapped(address.to_v4()), v4_prefix + length};
    return Network{address.to_v6().to_bytes(), length};
}

bool AddressGuard::contains(const Network& network, const Bytes& bytes) {
    for (int bit = 0; bit < network.length; ++bit) {
        const auto at = static_cast<std::size_t>(bit / 8);
        const int mask = 0x80 >> (bit % 8);
        if ((network.bytes[at] & mask) != (bytes[at] & mask)) return false;
    }
    return true;
}

core::Result<std::shared_ptr<const AddressGuard>> AddressGuard::make(std::string_view allowed) {
    auto guard = std::make_shared<AddressGuard>();
    while (!allowed.empty()) {
        const auto comma = std::min(allowed.find(','), allowed.size());
        std::string_view one = allowed.substr(0, comma);
        allowed.remove_prefix(std::min(comma + 1, allowed.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one.empty()) continue;
        const auto network = parse_network(one);
        if (!network) return std::unexpected(network.error());
        guard->allowed_.push_back(*network);
    }
    return guard;
}

bool AddressGuard::permits(const asio::ip::address& address) const {
    static const Network translated = parse_network(nat64).value();
    static const Network of_hosts = parse_network(public_v6).value();
    static const std::vector<Network> special = [] {
        std::vector<Network> all;
        for (const char* const text : special_v4) all.push_back(parse_network(text).value());
        for (const char* const text : special_v6) all.push_back(parse_network(text).value());
        return all;
    }();
    if (HUITONG_MUTATED("private_address_permitted")) return true;
    Bytes bytes = address.is_v4() ? mapped(address.to_v4()) : address.to_v6().to_bytes();
    if (contains(translated, bytes)) {
        asio::ip::address_v4::bytes_type inner{};
        std::copy(bytes.end() - 4, bytes.end(), inner.begin());
        bytes = mapped(asio::ip::address_v4(inner));
    }
    const auto is_inside = [&](const Network& network) { return contains(network, bytes); };
    if (std::ranges::any_of(allowed_, is_inside)) return true;
    if (!is_v4(bytes) && !is_inside(of_hosts)) return false;
    return std::ranges::none_of(special, is_inside);
}

}  // namespace huitong::net
