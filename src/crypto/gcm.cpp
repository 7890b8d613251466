// AES-256-GCM over OpenSSL 3's EVP.
#include "crypto/gcm.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "core/assert.hpp"

namespace huitong::crypto {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t tag_bytes = 16;

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

// OpenSSL fails where this is used only when it lacks the algorithm or memory.
void require(bool done) {
    if (!done) throw std::runtime_error("openssl: AES-256-GCM");
}

CipherContext begin(const core::Secret& key, const GcmContext& context, int is_sealing) {
    HUITONG_ASSERT(key.reveal().size() == key_bytes, "an AES-256 key has 32 bytes");
    HUITONG_ASSERT(context.nonce.size() == gcm_nonce_bytes, "checked before");
    HUITONG_ASSERT(context.associated_data.size() < INT_MAX, "what fits a notice");
    CipherContext cipher(EVP_CIPHER_CTX_new());
    int length = 0;
    require(cipher != nullptr &&
            EVP_CipherInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key.reveal()),
                               bytes_of(context.nonce), is_sealing, nullptr) == 1 &&
            EVP_CipherUpdate(cipher.get(), nullptr, &length, bytes_of(context.associated_data),
                             static_cast<int>(context.associated_data.size())) == 1);
    return cipher;
}

}  // namespace

core::Result<std::string> open_aes256_gcm(const core::Secret& key, const GcmContext& context,
                                          std::string_view sealed) {
    const auto bad = [](const char* what) { return core::fail(core::Code::invalid, "bad_ciphertext", what); };
    if (context.nonce.size() != gcm_nonce_bytes) return bad("nonce");
    if (sealed.size() < tag_bytes || sealed.size() > INT_MAX) return bad("length");
    const std::string_view body = sealed.substr(0, sealed.size() - tag_bytes);
    std::array<std::uint8_t, tag_bytes> tag{};
    std::copy_n(bytes_of(sealed.substr(body.size())), tag_bytes, tag.begin());
    const CipherContext cipher = begin(key, context, 0);
    std::string plain(body.size(), '\0');
    auto* const out = reinterpret_cast<std::uint8_t*>(plain.data());
    int length = 0;
    int last = 0;
    require(EVP_CipherUpdate(cipher.get(), out, &length, bytes_of(body), static_cast<int>(body.size())) ==
                1 &&
            EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1);
    if (EVP_CipherFinal_ex(cipher.get(), out + length, &last) != 1) {
        ERR_clear_error();
        return bad("tag");
    }
    return plain;
}

std::string seal_aes256_gcm(const core::Secret& key, const GcmContext& context, std::string_view plain) {
    HUITONG_ASSERT(plain.size() < INT_MAX - tag_bytes, "what fits a notice");
    const CipherContext cipher = begin(key, context, 1);
    std::string sealed(plain.size() + tag_bytes, '\0');
    auto* const out = reinterpret_cast<std::uint8_t*>(sealed.data());
    int length = 0;
    int last = 0;
    require(EVP_CipherUpdate(cipher.get(), out, &length, bytes_of(plain), static_cast<int>(plain.size())) ==
                1 &&
            EVP_CipherFinal_ex(cipher.get(), out + length, &last) == 1 &&
            EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, out + plain.size()) == 1);
    return sealed;
}

}  // namespace huitong::crypto
