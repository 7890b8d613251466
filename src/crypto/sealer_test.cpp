// Sealer: what was sealed opens in its place only, and every damage is noticed.
#include "crypto/sealer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "crypto/digest.hpp"

namespace huitong::crypto {
namespace {

using core::Secret;

constexpr std::string_view place = "terminal/100042/current_key";

Secret key_of(char c) {
    return Secret(std::string(32, c));
}

class FixedRandom final : public core::Random {
  public:
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{0}); }
};

class SealerTest : public testing::Test {
  protected:
    Sealer make(std::map<std::string, Secret> keys, std::string current) {
        auto sealer = Sealer::make(std::move(keys), std::move(current), random_);
        EXPECT_TRUE(sealer);
        return std::move(*sealer);
    }
    void expect_reason(const Sealer& sealer, std::string_view sealed, std::string_view context,
                       std::string_view reason) {
        const auto opened = sealer.open(sealed, context);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, core::Code::internal);
        EXPECT_EQ(opened.error().reason, reason);
    }
    core::SeededRandom random_{7};
};

TEST_F(SealerTest, opens_what_it_sealed) {
    const Sealer sealer = make({{"k1", key_of('a')}}, "k1");
    for (const std::string& plain :
         {std::string(), std::string("x"), std::string("a\0b", 3), std::string(5000, 'z')}) {
        const std::string sealed = sealer.seal(plain, place);
        EXPECT_EQ(sealed.size(), 2 + 2 + 12 + plain.size() + 16);
        EXPECT_EQ(sealed.substr(0, 4), "\x01\x02k1");
        const auto opened = sealer.open(sealed, place);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->reveal(), plain);
    }
}

// The AES-256-GCM test vector with zero key, zero nonce: the ciphertext does not depend on the authenticated
// data.
TEST_F(SealerTest, cipher_is_aes_256_gcm) {
    FixedRandom zero;
    const auto sealer = Sealer::make({{"k", Secret(std::string(32, '\0'))}}, "k", zero);
    ASSERT_TRUE(sealer);
    const std::string sealed = sealer->seal(std::string(16, '\0'), "");
    const std::string text = sealed.substr(2 + 1 + 12, 16);
    EXPECT_EQ(to_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}),
              "cea7403d4d606b6e074ec5d3baf39d18");
}

TEST_F(SealerTest, never_repeats_a_nonce) {
    const Sealer sealer = make({{"k1", key_of('a')}}, "k1");
    std::set<std::string> nonces;
    for (int i = 0; i < 1000; ++i) nonces.insert(sealer.seal("same", place).substr(4, 12));
    EXPECT_EQ(nonces.size(), 1000U);
}

TEST_F(SealerTest, refuses_another_place) {
    const Sealer sealer = make({{"k1", key_of('a')}}, "k1");
    const std::string sealed = sealer.seal("secret", place);
    expect_reason(sealer, sealed, "terminal/100043/current_key", "bad_seal");
    expect_reason(sealer, sealed, "", "bad_seal");
    expect_reason(sealer, sealed, std::string(place) + '\0', "bad_seal");
}

TEST_F(SealerTest, every_flipped_bit_is_noticed) {
    const Sealer sealer = make({{"k1", key_of('a')}}, "k1");
    const std::string sealed = sealer.seal("secret", place);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string damaged = sealed;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
        EXPECT_FALSE(sealer.open(damaged, place)) << bit;
    }
    EXPECT_TRUE(sealer.open(sealed, place));
}

TEST_F(SealerTest, every_truncation_is_noticed) {
    const Sealer sealer = make({{"k1", key_of('a')}}, "k1");
    const std::string sealed = sealer.seal("secret", place);
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        expect_reason(sealer, sealed.substr(0, length), place, "bad_seal");
    }
    expect_reason(sealer, sealed + "x", place, "bad_seal");
    expect_reason(sealer, std::string("\x01\xff") + std::string(100, 'k'), place, "bad_seal");
}

TEST_F(SealerTest, old_keys_open_and_unknown_ones_do_not) {
    const Sealer before = make({{"k1", key_of('a')}}, "k1");
    const Sealer both = make({{"k1", key_of('a')}, {"k2", key_of('b')}}, "k2");
    const Sealer after = make({{"k2", key_of('b')}}, "k2");
    const std::string sealed = before.seal("secret", place);
    ASSERT_TRUE(both.open(sealed, place));
    EXPECT_EQ(both.current_key_id(), "k2");
    expect_reason(after, sealed, place, "unknown_key");
    EXPECT_TRUE(after.open(both.seal("secret", place), place));
    // Another key under the same id, and the same key under another id.
    expect_reason(make({{"k1", key_of('c')}}, "k1"), sealed, place, "bad_seal");
    std::string renamed = sealed;
    renamed[3] = '9';
    expect_reason(make({{"k9", key_of('a')}}, "k9"), renamed, place, "bad_seal");
}

TEST_F(SealerTest, refuses_bad_keys) {
    const auto refused = [this](std::map<std::string, Secret> keys, std::string current) {
        const auto sealer = Sealer::make(std::move(keys), std::move(current), random_);
        return !sealer && sealer.error().reason == "bad_key";
    };
    EXPECT_TRUE(refused({}, "k1"));
    EXPECT_TRUE(refused({{"k1", key_of('a')}}, "k2"));
    EXPECT_TRUE(refused({{"k1", Secret(std::string(31, 'a'))}}, "k1"));
    EXPECT_TRUE(refused({{"k1", key_of('a')}, {"k2", Secret(std::string(33, 'a'))}}, "k1"));
    EXPECT_TRUE(refused({{"", key_of('a')}}, ""));
    EXPECT_TRUE(refused({{"K1", key_of('a')}}, "K1"));
    EXPECT_TRUE(refused({{"12345678901234567", key_of('a')}}, "12345678901234567"));
    EXPECT_FALSE(refused({{"1234567890123456", key_of('a')}}, "1234567890123456"));
}

TEST_F(SealerTest, threads_share_one_sealer) {
    const Sealer sealer = make({{"k1", key_of('a')}, {"k2", key_of('b')}}, "k1");
    std::atomic<int> wrong = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&sealer, &wrong, t] {
            const std::string plain = "secret" + std::to_string(t);
            for (int i = 0; i < 500; ++i) {
                const auto opened = sealer.open(sealer.seal(plain, place), place);
                if (!opened || opened->reveal() != plain) ++wrong;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace huitong::crypto
