// The table of addresses, and the guard where connections are made.
#include "net/address_guard.hpp"

#include <gtest/gtest.h>

#include "net/http_client.hpp"
#include "net/test_support.hpp"

namespace huitong::net {
namespace {

bool permits(const std::string& address, std::string_view allowed = "") {
    return AddressGuard::make(allowed).value()->permits(boost::asio::ip::make_address(address));
}

TEST(AddressGuard, PublicHostsArePermitted) {
    for (const char* const address :
         {"1.1.1.1",        "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
          "100.128.0.0",    "126.255.255.255", "128.0.0.1",       "169.253.255.255", "172.15.255.255",
          "172.32.0.0",     "192.0.1.0",       "192.167.255.255", "192.169.0.0",     "198.17.255.255",
          "198.20.0.0",     "223.255.255.255", "2400:3200::1",    "2606:4700::1111", "2001:4860:4860::8888",
          "::ffff:8.8.8.8", "64:ff9b::808:808"})
        EXPECT_TRUE(permits(address)) << address;
}

TEST(AddressGuard, SpecialAddressesAreNot) {
    for (const char* const address :
         {"0.0.0.0",        "0.1.2.3",         "10.0.0.1",        "100.64.0.1",  "100.127.255.255",
          "127.0.0.1",      "127.255.255.255", "169.254.169.254", "172.16.0.1",  "172.31.255.255",
          "192.0.0.1",      "192.0.2.1",       "192.88.99.1",     "192.168.0.1", "198.18.0.1",
          "198.19.255.255", "198.51.100.7",    "203.0.113.9",     "224.0.0.1",   "239.255.255.255",
          "240.0.0.1",      "255.255.255.255"}) {
        EXPECT_FALSE(permits(address)) << address;
        EXPECT_FALSE(permits(std::string("::ffff:") + address)) << "mapped " << address;
        const auto bytes = boost::asio::ip::make_address_v4(address).to_bytes();
        const auto part = [&](std::size_t at) { return std::to_string(bytes.at(at)); };
        EXPECT_FALSE(permits("64:ff9b::" + part(0) + "." + part(1) + "." + part(2) + "." + part(3)))
            << "translated " << address;
    }
    for (const char* const address :
         {"::", "::1", "::127.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
          "3fff::1", "4000::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1"})
        EXPECT_FALSE(permits(address)) << address;
}

TEST(AddressGuard, WhatIsAllowedIsPermitted) {
    constexpr std::string_view allowed = "127.0.0.0/8, 10.1.2.3 ,fd00::/8,";
    for (const char* const address :
         {"127.0.0.1", "127.9.9.9", "10.1.2.3", "fd00::7", "::ffff:127.0.0.1", "8.8.8.8"})
        EXPECT_TRUE(permits(address, allowed)) << address;
    for (const char* const address : {"10.1.2.4", "fc00::1", "::1", "192.168.0.1", "169.254.169.254"})
        EXPECT_FALSE(permits(address, allowed)) << address;
    for (const char* const bad :
         {"10.0.0.0/33", "fd00::/129", "10.0.0/8", "localhost", "10.0.0.0/", "1.1.1.1/-1"})
        EXPECT_EQ(AddressGuard::make(bad).error().reason, "bad_network") << bad;
}

class GuardedCall : public Loopback {
  protected:
    core::Result<Response> call(HttpClient& client, const HttpServer& server, const std::string& host,
                                std::string_view allowed) {
        CallOptions options;
        options.guard = AddressGuard::make(allowed).value();
        return run(client.send(Origin{false, host, server.port()}, Request{}, options));
    }
};

TEST_F(GuardedCall, ConnectsOnlyWhereItMay) {
    const auto server = serve();
    HttpClient client(io, time);
    // Also by name, and as only the resolver reads it.
    for (const char* const host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "::ffff:127.0.0.1"})
        expect_error(call(client, *server, host, ""), core::Code::denied, "address_refused");
    EXPECT_EQ(handled, 0);
    EXPECT_TRUE(call(client, *server, "127.0.0.1", "127.0.0.0/8"));
    EXPECT_EQ(handled, 1);
}

TEST_F(GuardedCall, DoesNotTakeAConnectionThatAnUnguardedCallLeft) {
    const auto server = serve();
    HttpClient client(io, time);
    ASSERT_TRUE(send(client, *server, "/"));
    expect_error(call(client, *server, "127.0.0.1", ""), core::Code::denied, "address_refused");
    EXPECT_EQ(handled, 1);
}

}  // namespace
}  // namespace huitong::net
