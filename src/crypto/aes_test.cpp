// AES-256-ECB against NIST SP 800-38A F.1.5, and what is no ciphertext.
#include "crypto/aes.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"

namespace huitong::crypto {
namespace {

std::string bytes(std::string_view hex) {
    return from_hex(hex).value();
}

const core::Secret nist_key(bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));

// The blocks of the standard, and the block of padding behind them (`openssl enc -aes-256-ecb`).
constexpr std::string_view plain_hex =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
constexpr std::string_view sealed_hex =
    "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
    "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7"
    "4c45dfb3b3b484ec35b0512dc8c1c4d6";

TEST(Aes256Ecb, OpensTheBlocksOfTheStandard) {
    EXPECT_EQ(open_aes256_ecb(nist_key, bytes(sealed_hex)).value(), bytes(plain_hex));
}

TEST(Aes256Ecb, WhatIsNoCiphertextIsRefused) {
    const std::string sealed = bytes(sealed_hex);
    for (const std::size_t length : {0, 1, 15, 17, 79}) {
        const auto opened = open_aes256_ecb(nist_key, std::string_view(sealed).substr(0, length));
        ASSERT_FALSE(opened) << length;
        EXPECT_EQ(opened.error().reason, "bad_ciphertext");
    }
    const auto unpadded = open_aes256_ecb(nist_key, std::string_view(sealed).substr(0, 64));
    EXPECT_EQ(unpadded.error().reason, "bad_ciphertext") << "the last block is no padding";
    std::string other_key(nist_key.reveal());
    other_key.back() = '?';
    EXPECT_EQ(open_aes256_ecb(core::Secret(other_key), sealed).error().reason, "bad_ciphertext");
}

TEST(Aes256EcbDeathTest, AnotherKeyLengthIsADefect) {
    EXPECT_DEATH((void)open_aes256_ecb(core::Secret("short"), std::string(16, 'x')), "32 bytes");
}

}  // namespace
}  // namespace huitong::crypto
