// RSA over OpenSSL 3's EVP (spec/channels 2.1, 2.2). Keys come in as text, because that is how channels hand
// them out, and leave as text only to be stored.
#include "crypto/rsa.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <climits>
#include <stdexcept>

#include "crypto/digest.hpp"

namespace huitong::crypto {

namespace {

constexpr int min_bits = 2048;
constexpr std::string_view pem_mark = "-----BEGIN ";
constexpr std::string_view certificate_mark = "-----BEGIN CERTIFICATE-----";

struct FreeOpenssl {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using Pkey = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeOpenssl>;
using Bio = std::unique_ptr<BIO, FreeOpenssl>;
using Certificate = std::unique_ptr<X509, FreeOpenssl>;

// OpenSSL fails here only when it lacks an algorithm, randomness or memory: loss of infrastructure.
void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("openssl: ") + what);
}

core::Result<Pkey> accept(Pkey key) {
    ERR_clear_error();  // what OpenSSL tried on the way is no business of the next TLS call
    const bool is_good =
        key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key.get()) >= min_bits;
    if (!is_good) return core::fail(core::Code::invalid, "bad_key");
    return key;
}

Bio open_text(std::string_view text) {
    if (text.size() > INT_MAX) return nullptr;
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key is refused; without this OpenSSL would ask the terminal for its password.
int refuse_password(char*, int, int, void*) {
    return -1;
}

// The bytes behind base64 that may be broken into lines.
core::Secret decode_bare(std::string_view text) {
    std::string joined;
    joined.reserve(text.size());  // one buffer: Secret wipes it, and no copy stays behind
    for (const char c : text) {
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') joined += c;
    }
    const core::Secret packed(std::move(joined));
    auto bytes = from_base64(packed.reveal());
    return bytes ? core::Secret(std::move(*bytes)) : core::Secret();
}

std::string take_text(const Bio& bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    require(length > 0 && data != nullptr, "PEM");
    return std::string(data, static_cast<std::size_t>(length));
}

Bio make_secret_buffer() {
    Bio bio(BIO_new(BIO_s_secmem()));
    require(bio != nullptr, "memory");
    return bio;
}

core::Result<Pkey> parse_public(std::string_view text) {
    if (text.find(certificate_mark) != text.npos) {
        const Bio bio = open_text(text);
        const Certificate certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, refuse_password, nullptr)
                                          : nullptr);
        return accept(Pkey(certificate ? X509_get_pubkey(certificate.get()) : nullptr));
    }
    if (text.find(pem_mark) != text.npos) {
        const Bio bio = open_text(text);
        return accept(
            Pkey(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, refuse_password, nullptr) : nullptr));
    }
    const core::Secret bytes = decode_bare(text);
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.reveal().data());
    const auto* const end = at + bytes.reveal().size();
    Pkey key(bytes.empty() ? nullptr : d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes.reveal().size())));
    if (at != end) key.reset();
    return accept(std::move(key));
}

}  // namespace

struct RsaPrivateKey::Key {
    Pkey pkey;
};
struct RsaPublicKey::Key {
    Pkey pkey;
};

core::Result<RsaPrivateKey> RsaPrivateKey::parse(const core::Secret& text) {
    Pkey key;
    if (text.reveal().find(pem_mark) != std::string_view::npos) {
        const Bio bio = open_text(text.reveal());
        if (bio) key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, nullptr));
    } else if (const core::Secret bytes = decode_bare(text.reveal()); !bytes.empty()) {
        const auto* at = reinterpret_cast<const unsigned char*>(bytes.reveal().data());
        const auto* const end = at + bytes.reveal().size();
        key.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.reveal().size())));
        if (at != end) key.reset();
    }
    auto accepted = accept(std::move(key));
    if (!accepted) return std::unexpected(accepted.error());
    return RsaPrivateKey(std::make_shared<const Key>(Key{std::move(*accepted)}));
}

RsaPrivateKey RsaPrivateKey::generate() {
    Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(min_bits)));
    require(key != nullptr, "RSA key generation");
    return RsaPrivateKey(std::make_shared<const Key>(Key{std::move(key)}));
}

std::string RsaPrivateKey::sign_sha256(std::string_view data) const {
    const Context context(EVP_MD_CTX_new());
    const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
    EVP_PKEY* const key = key_->pkey.get();
    std::size_t length = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    std::string signature(length, '\0');
    const bool is_signed =
        context &&
        EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) == 1 &&
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes,
                       data.size()) == 1;
    require(is_signed, "RSA signature");
    signature.resize(length);
    return signature;
}

core::Secret RsaPrivateKey::to_pkcs8_pem() const {
    const Bio bio = make_secret_buffer();
    require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_->pkey.get(), nullptr, nullptr, 0, nullptr,
                                          nullptr) == 1,
            "PKCS#8");
    return core::Secret(take_text(bio));
}

core::Secret RsaPrivateKey::to_pkcs1_pem() const {
    const Bio bio = make_secret_buffer();
    require(PEM_write_bio_PrivateKey_traditional(bio.get(), key_->pkey.get(), nullptr, nullptr, 0, nullptr,
                                                 nullptr) == 1,
            "PKCS#1");
    return core::Secret(take_text(bio));
}

std::string RsaPrivateKey::public_pem() const {
    const Bio bio(BIO_new(BIO_s_mem()));
    require(bio && PEM_write_bio_PUBKEY(bio.get(), key_->pkey.get()) == 1, "public key");
    return take_text(bio);
}

core::Result<RsaPublicKey> RsaPublicKey::parse(std::string_view text) {
    auto key = parse_public(text);
    if (!key) return std::unexpected(key.error());
    return RsaPublicKey(std::make_shared<const Key>(Key{std::move(*key)}));
}

bool RsaPublicKey::verify_sha256(std::string_view data, std::string_view signature) const {
    const Context context(EVP_MD_CTX_new());
    EVP_PKEY* const key = key_->pkey.get();
    require(context && EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key,
                                               nullptr) == 1,
            "RSA verification");
    const bool is_good =
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                         signature.size(), reinterpret_cast<const unsigned char*>(data.data()),
                         data.size()) == 1;
    if (!is_good) ERR_clear_error();
    return is_good;
}

core::Result<std::string> bare_public_key(std::string_view public_pem) {
    const auto key = parse_public(public_pem);
    if (!key) return std::unexpected(key.error());
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key->get(), &der);
    require(length > 0, "public key");
    std::string bare = to_base64({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
    OPENSSL_free(der);
    return bare;
}

}  // namespace huitong::crypto
