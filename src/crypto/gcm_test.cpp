// AES-256-GCM against the vector of spec/channels 5.2, and what was tampered with.
#include "crypto/gcm.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"

namespace huitong::crypto {
namespace {

const core::Secret key{"a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb"};
constexpr GcmContext context{.nonce = "uluk4a9R25RW", .associated_data = "associatedData"};
constexpr std::string_view sealed_base64 = "ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=";

TEST(Aes256Gcm, BothWaysOfTheVector) {
    EXPECT_EQ(open_aes256_gcm(key, context, from_base64(sealed_base64).value()), "message");
    EXPECT_EQ(to_base64(seal_aes256_gcm(key, context, "message")), sealed_base64);
}

TEST(Aes256Gcm, NothingSealedStillHasATag) {
    const std::string sealed = seal_aes256_gcm(key, {.nonce = "uluk4a9R25RW", .associated_data = ""}, "");
    EXPECT_EQ(sealed.size(), 16U);
    EXPECT_EQ(open_aes256_gcm(key, {.nonce = "uluk4a9R25RW", .associated_data = ""}, sealed), "");
}

TEST(Aes256Gcm, WhatWasTamperedWithDoesNotOpen) {
    const std::string sealed = from_base64(sealed_base64).value();
    const auto reason = [&](const core::Secret& with, const GcmContext& in, std::string_view what) {
        const auto opened = open_aes256_gcm(with, in, what);
        return opened ? "opened" : opened.error().reason + " " + opened.error().detail;
    };
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(reason(key, context, changed), "bad_ciphertext tag") << i;
    }
    EXPECT_EQ(reason(core::Secret{std::string(32, 'k')}, context, sealed), "bad_ciphertext tag");
    EXPECT_EQ(reason(key, {context.nonce, "other"}, sealed), "bad_ciphertext tag");
    EXPECT_EQ(reason(key, {"uluk4a9R25RX", context.associated_data}, sealed), "bad_ciphertext tag");
    EXPECT_EQ(reason(key, {"short", context.associated_data}, sealed), "bad_ciphertext nonce");
    EXPECT_EQ(reason(key, context, sealed.substr(0, 15)), "bad_ciphertext length");
}

}  // namespace
}  // namespace huitong::crypto
