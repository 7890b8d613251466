// MD5, SHA-1, SHA-256 and HMAC over OpenSSL 3's EVP, and the text forms of bytes. Every upay request is
// signed with MD5 (spec/upay §11), so algorithms are fetched once per process and contexts are kept per
// thread.
#include "crypto/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace huitong::crypto {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xFF;

// OpenSSL fails here only when it lacks an algorithm or memory: loss of infrastructure.
void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("openssl: ") + what);
}

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeMac {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

const EVP_MD* fetch_digest(const char* name) {
    const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
    require(digest != nullptr, name);
    return digest;  // kept for the life of the process
}

template <std::size_t Size>
std::array<std::uint8_t, Size> digest_of(EVP_MD_CTX* context, const EVP_MD* digest, std::string_view first,
                                         std::string_view second) {
    std::array<std::uint8_t, Size> out{};
    const bool done = EVP_DigestInit_ex2(context, digest, nullptr) == 1 &&
                      EVP_DigestUpdate(context, first.data(), first.size()) == 1 &&
                      EVP_DigestUpdate(context, second.data(), second.size()) == 1 &&
                      EVP_DigestFinal_ex(context, out.data(), nullptr) == 1;
    require(done, "digest");
    return out;
}

MacContext make_hmac_sha256_context() {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    require(mac != nullptr, "HMAC");
    MacContext context(EVP_MAC_CTX_new(mac));
    EVP_MAC_free(mac);  // the context holds its own reference
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                 OSSL_PARAM_construct_end()};
    require(context != nullptr && EVP_MAC_CTX_set_params(context.get(), params) == 1, "HMAC-SHA256");
    return context;
}

constexpr std::array<std::uint8_t, 256> make_base64_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < base64_digits.size(); ++i) {
        values[static_cast<std::uint8_t>(base64_digits[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}
constexpr auto base64_values = make_base64_values();

std::uint8_t hex_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
    return no_digit;
}

}  // namespace

std::string md5_hex(std::string_view data) {
    return md5_hex(data, {});
}

std::string md5_hex(std::string_view first, std::string_view second) {
    static const EVP_MD* const digest = fetch_digest("MD5");
    thread_local const DigestContext context(EVP_MD_CTX_new());
    return to_hex(digest_of<16>(context.get(), digest, first, second));
}

std::string sha1_hex(std::string_view data) {
    static const EVP_MD* const digest = fetch_digest("SHA1");
    thread_local const DigestContext context(EVP_MD_CTX_new());
    return to_hex(digest_of<20>(context.get(), digest, data, {}));
}

std::array<std::uint8_t, 32> sha256(std::string_view data) {
    static const EVP_MD* const digest = fetch_digest("SHA256");
    thread_local const DigestContext context(EVP_MD_CTX_new());
    return digest_of<32>(context.get(), digest, data, {});
}

std::string sha256_hex(std::string_view data) {
    return to_hex(sha256(data));
}

std::string hmac_sha256_hex(const core::Secret& key, std::string_view data) {
    thread_local const MacContext context = make_hmac_sha256_context();
    const std::string_view bytes = key.reveal();
    const auto* key_data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::array<std::uint8_t, 32> out{};
    std::size_t length = 0;
    const bool done =
        EVP_MAC_init(context.get(), key_data, bytes.size(), nullptr) == 1 &&
        EVP_MAC_update(context.get(), reinterpret_cast<const std::uint8_t*>(data.data()), data.size()) == 1 &&
        EVP_MAC_final(context.get(), out.data(), &length, out.size()) == 1 && length == out.size();
    require(done, "HMAC-SHA256");
    return to_hex(out);
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    std::string text(bytes.size() * 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text[2 * i] = hex_digits[bytes[i] >> 4];
        text[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
    return text;
}

core::Result<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return core::fail(core::Code::invalid, "bad_hex", "odd length");
    std::string bytes(text.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned high = hex_value(text[2 * i]);
        const unsigned low = hex_value(text[2 * i + 1]);
        if (high == no_digit || low == no_digit) {
            return core::fail(core::Code::invalid, "bad_hex", "not a hexadecimal digit");
        }
        bytes[i] = static_cast<char>(high << 4 | low);
    }
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += k <= count ? base64_digits[group >> (18 - 6 * k) & 63] : '=';
        }
    }
    return text;
}

// Strict: RFC 4648 §4 with padding, no white space, and unused bits zero, so that each value has one text
// only.
core::Result<std::string> from_base64(std::string_view text) {
    const auto bad = [](const char* why) { return core::fail(core::Code::invalid, "bad_base64", why); };
    if (text.size() % 4 != 0) return bad("length");
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    const std::string_view digits = text.substr(0, text.size() - padding);
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : digits) {
        const std::uint8_t value = base64_values[static_cast<std::uint8_t>(c)];
        if (value == no_digit) return bad("not a base64 digit");
        pending = (pending << 6 | value) & 0xFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(pending >> bits & 0xFF);
    }
    if ((pending & ((1U << bits) - 1)) != 0) return bad("unused bits");
    return bytes;
}

std::string to_upper(std::string_view ascii) {
    std::string text(ascii);
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

std::string to_lower(std::string_view ascii) {
    std::string text(ascii);
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace huitong::crypto
