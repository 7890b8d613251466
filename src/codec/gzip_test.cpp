// gzip both ways, a file that another program packed, and what is broken, cut or too long.
#include "codec/gzip.hpp"

#include <gtest/gtest.h>

namespace huitong::codec {
namespace {

// printf 'huitong' | gzip -n
constexpr std::string_view packed_elsewhere(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x28\xcd\x2c\xc9\xcf\x4b\x07\x00"
    "\xb6\x5d\x86\x65\x07\x00\x00\x00",
    27);

TEST(Gzip, OpensWhatAnotherProgramPacked) {
    EXPECT_EQ(gunzip(packed_elsewhere, 7).value(), "huitong");
}

TEST(Gzip, BothWays) {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",";
    for (const std::string& plain : {std::string(), std::string("a"), text}) {
        const std::string packed = gzip(plain);
        EXPECT_TRUE(packed.starts_with("\x1f\x8b"));
        EXPECT_EQ(gunzip(packed, plain.size()).value(), plain);
    }
    EXPECT_LT(gzip(text).size(), text.size() / 2);
}

TEST(Gzip, WhatIsNoWholeStreamIsRefused) {
    const auto reason = [](std::string_view packed, std::size_t most) {
        const auto plain = gunzip(packed, most);
        return plain ? "opened" : plain.error().reason;
    };
    EXPECT_EQ(reason(packed_elsewhere, 6), "gzip_too_long");
    EXPECT_EQ(reason(gzip(std::string(1'000'000, 'a')), 999'999), "gzip_too_long");
    EXPECT_EQ(reason("", 10), "bad_gzip");
    EXPECT_EQ(reason("huitong", 10), "bad_gzip");
    EXPECT_EQ(reason(packed_elsewhere.substr(0, 26), 10), "bad_gzip") << "cut";
    EXPECT_EQ(reason(std::string(packed_elsewhere) + "x", 10), "bad_gzip") << "something follows";
    std::string broken(packed_elsewhere);
    broken[19] = static_cast<char>(broken[19] ^ 1);
    EXPECT_EQ(reason(broken, 10), "bad_gzip") << "its checksum";
}

}  // namespace
}  // namespace huitong::codec
