// X.509 over OpenSSL: issuer, serial number, signature algorithm and end of life (spec/channels 2.1).
#include "crypto/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <climits>
#include <ctime>
#include <memory>
#include <optional>

namespace huitong::crypto {

namespace {

// PKCS#1: every RSA signature algorithm lies below it.
constexpr std::string_view rsa_algorithms = "1.2.840.113549.1.1.";

struct FreeOpenssl {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(char* text) const { OPENSSL_free(text); }
};
using Bio = std::unique_ptr<BIO, FreeOpenssl>;
using Certificate = std::unique_ptr<X509, FreeOpenssl>;
using Number = std::unique_ptr<BIGNUM, FreeOpenssl>;

// As Java's X500Principal.getName() writes it, which is what Alipay hashes: RFC 2253, Chinese unescaped.
std::optional<std::string> issuer_of(const X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    constexpr unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (!bio || X509_NAME_print_ex(bio.get(), X509_get_issuer_name(certificate), 0, flags) < 0) return {};
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

struct Serial {
    std::string decimal;
    std::string hex;
};

std::optional<Serial> serial_of(const X509* certificate) {
    const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    const std::unique_ptr<char, FreeOpenssl> decimal(number ? BN_bn2dec(number.get()) : nullptr);
    const std::unique_ptr<char, FreeOpenssl> hex(number ? BN_bn2hex(number.get()) : nullptr);
    if (!decimal || !hex) return {};
    return Serial{decimal.get(), hex.get()};
}

bool is_rsa_signed(const X509* certificate) {
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(nullptr, &algorithm, certificate);
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    std::array<char, 80> text{};
    OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
    return std::string_view(text.data()).starts_with(rsa_algorithms);
}

std::optional<core::Instant> end_of(const X509* certificate) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return {};
    const std::chrono::year_month_day date{std::chrono::year(parts.tm_year + 1900),
                                           std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                           std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
    return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

std::optional<CertificateFacts> facts_of(const X509* certificate) {
    auto issuer = issuer_of(certificate);
    auto serial = serial_of(certificate);
    const auto not_after = end_of(certificate);
    if (!issuer || !serial || !not_after) return {};
    return CertificateFacts{std::move(*issuer), std::move(serial->decimal), is_rsa_signed(certificate),
                            *not_after, std::move(serial->hex)};
}

// Reading stopped: at the end of the text, or at something that is no certificate.
bool is_end_of_text() {
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

core::Result<std::vector<CertificateFacts>> read_certificates(std::string_view pem) {
    const auto bad = [] { return core::fail(core::Code::invalid, "bad_certificate"); };
    if (pem.size() > INT_MAX) return bad();
    ERR_clear_error();
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<CertificateFacts> found;
    while (bio) {
        const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!certificate) break;
        auto facts = facts_of(certificate.get());
        if (!facts) return bad();
        found.push_back(std::move(*facts));
    }
    if (!is_end_of_text() || found.empty()) return bad();
    return found;
}

}  // namespace huitong::crypto
