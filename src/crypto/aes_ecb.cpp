// OpenSSL pads by default.
#include "crypto/aes_ecb.hpp"

#include <openssl/evp.h>

#include <climits>
#include <memory>
#include <stdexcept>

#include "core/assert.hpp"

namespace huitong::crypto {

namespace {

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

}  // namespace

std::string seal_aes256_ecb(const core::Secret& key, std::string_view plain) {
    HUITONG_ASSERT(key.reveal().size() == 32, "a key of AES-256");
    HUITONG_ASSERT(plain.size() < INT_MAX - 16, "what fits a notice");
    const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
    std::string sealed(plain.size() + 16, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
    const auto* const in = reinterpret_cast<const unsigned char*>(plain.data());
    const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.reveal().data());
    int head = 0;
    int tail = 0;
    const bool is_sealed =
        context != nullptr &&
        EVP_EncryptInit_ex2(context.get(), EVP_aes_256_ecb(), key_bytes, nullptr, nullptr) == 1 &&
        EVP_EncryptUpdate(context.get(), out, &head, in, static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), out + head, &tail) == 1;
    if (!is_sealed) throw std::runtime_error("AES-256-ECB failed");
    sealed.resize(static_cast<std::size_t>(head + tail));
    return sealed;
}

}  // namespace huitong::crypto
