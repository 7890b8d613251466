// AddressGuard: which addresses a call on behalf of others may connect to. A URL that a stranger gave must
// not reach what only this machine or its network can: loopback, private, link-local and every other address
// that is not one host's on the public Internet (IANA's special-purpose registries for IPv4 and IPv6), also
// when it is written inside an IPv6 address.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace huitong::net {

class AddressGuard {
  public:
    // Forbids every special address but those of `allowed`: "127.0.0.0/8, 10.1.2.3, fd00::/8". reason:
    // bad_network
    [[nodiscard]] static core::Result<std::shared_ptr<const AddressGuard>> make(std::string_view allowed);

    [[nodiscard]] bool permits(const boost::asio::ip::address& address) const;

  private:
    struct Network {
        boost::asio::ip::address_v6::bytes_type bytes{};  // of IPv4 as ::ffff:0:0/96
        int length = 0;
    };
    [[nodiscard]] static core::Result<Network> parse_network(std::string_view text);
    [[nodiscard]] static bool contains(const Network& network,
                                       const boost::asio::ip::address_v6::bytes_type& bytes);

    std::vector<Network> allowed_;
};

}  // namespace huitong::net
