// A certificate of a key signed by itself, over OpenSSL: what a simulated channel proves its answers with.
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>

#include "core/assert.hpp"
#include "crypto/certificate.hpp"

namespace huitong::crypto {

namespace {

constexpr std::size_t max_serial_digits = 40;

struct FreeOpenssl {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeOpenssl>;

// OpenSSL fails where this is used only when it lacks memory or an algorithm.
void require(bool done) {
    if (!done) throw std::runtime_error("openssl: X.509");
}

Owned<EVP_PKEY> key_of(const RsaPrivateKey& key) {
    const core::Secret pem = key.to_pkcs8_pem();
    const Owned<BIO> bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
    Owned<EVP_PKEY> read(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    require(read != nullptr);
    return read;
}

void set_serial(X509* certificate, std::string_view hex) {
    BIGNUM* number = nullptr;
    const int read = BN_hex2bn(&number, std::string(hex).c_str());
    const Owned<BIGNUM> owned(number);
    HUITONG_ASSERT(
        hex.size() <= max_serial_digits && read == static_cast<int>(hex.size()) && BN_is_zero(number) == 0,
        "a serial number of at most 20 bytes");
    require(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr);
}

void set_name(X509* certificate, std::string_view common_name) {
    X509_NAME* const name = X509_get_subject_name(certificate);
    require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()), -1, 0) == 1 &&
            X509_set_issuer_name(certificate, name) == 1);
}

void set_life(X509* certificate, const CertificateWish& wish) {
    const auto seconds = [](core::Instant t) {
        return static_cast<time_t>(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
    };
    require(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(wish.not_before)) != nullptr &&
            ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(wish.not_after)) != nullptr);
}

}  // namespace

std::string make_certificate(const RsaPrivateKey& key, const CertificateWish& wish) {
    const Owned<EVP_PKEY> own = key_of(key);
    const Owned<X509> certificate(X509_new());
    require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
            X509_set_pubkey(certificate.get(), own.get()) == 1);
    set_serial(certificate.get(), wish.serial_hex);
    set_name(certificate.get(), wish.common_name);
    set_life(certificate.get(), wish);
    require(X509_sign(certificate.get(), own.get(), EVP_sha256()) > 0);
    const Owned<BIO> bio(BIO_new(BIO_s_mem()));
    require(bio && PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(length)};
}

}  // namespace huitong::crypto
