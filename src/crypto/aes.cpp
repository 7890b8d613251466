// AES-256-ECB over OpenSSL 3's EVP.
#include "crypto/aes.hpp"

#include <openssl/evp.h>

#include <climits>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "core/assert.hpp"

namespace huitong::crypto {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t block_bytes = 16;

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

}  // namespace

core::Result<std::string> open_aes256_ecb(const core::Secret& key, std::string_view ciphertext) {
    HUITONG_ASSERT(key.reveal().size() == key_bytes, "an AES-256 key has 32 bytes");
    if (ciphertext.empty() || ciphertext.size() % block_bytes != 0 || ciphertext.size() > INT_MAX)
        return core::fail(core::Code::invalid, "bad_ciphertext", "length");
    const CipherContext context(EVP_CIPHER_CTX_new());
    const auto* key_data = reinterpret_cast<const std::uint8_t*>(key.reveal().data());
    if (context == nullptr ||
        EVP_DecryptInit_ex2(context.get(), EVP_aes_256_ecb(), key_data, nullptr, nullptr) != 1)
        throw std::runtime_error("openssl: AES-256-ECB");
    std::string plain(ciphertext.size() + block_bytes, '\0');
    auto* const out = reinterpret_cast<std::uint8_t*>(plain.data());
    const auto* const in = reinterpret_cast<const std::uint8_t*>(ciphertext.data());
    int length = 0;
    int last = 0;
    if (EVP_DecryptUpdate(context.get(), out, &length, in, static_cast<int>(ciphertext.size())) != 1 ||
        EVP_DecryptFinal_ex(context.get(), out + length, &last) != 1)
        return core::fail(core::Code::invalid, "bad_ciphertext", "padding");
    plain.resize(static_cast<std::size_t>(length) + static_cast<std::size_t>(last));
    return plain;
}

}  // namespace huitong::crypto
