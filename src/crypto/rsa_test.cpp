// RSA keys in every text form they arrive in, signatures, and certificates as Alipay names them. Throw-away
// keys.
#include "crypto/rsa.hpp"

#include <gtest/gtest.h>

#include "crypto/certificate.hpp"
#include "crypto/digest.hpp"

namespace huitong::crypto {
namespace {

constexpr std::string_view app_certificate = R"(-----BEGIN CERTIFICATE-----
MIIDMzCCAhugAwIBAgIUcJrJP0y+IPZMZjBNr0rVWsGz/eswDQYJKoZIhvcNAQEL
BQAwKTELMAkGA1UEBhMCQ04xDDAKBgNVBAoMA3NpbTEMMAoGA1UEAwwDYXBwMB4X
DTI2MTEyMDE5MzczMFoXDTM2MTExNzE5MzczMFowKTELMAkGA1UEBhMCQ04xDDAK
BgNVBAoMA3NpbTEMMAoGA1UEAwwDYXBwMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A
MIIBCgKCAQEAunYN3J/Y8G8+z3Y28RnRXAgHiGlT2Mn6RaeY/1RcRzZBw/6PF6mJ
MQEz+L1lvNz5RnnsuQLvxI+NzTbh4KHbI+7WvqhD0cS1xO7R9pwTjQFQ9odTtPQd
4j/abQZdbFfBtn5+oYZ953/CMNNKKx8K2Np1EQXlgHxXJ2WHF/nUNZvzFKNkLsXr
WEwaaQZk7ml8rQjQZ8yh/RQGuVhULshcWvEP7cydnZ0LXESZJMLQqSIRCum2eHIp
L5wrWxmMBRkXhrYosPWptu5FemeR6R2Pts4Cf6groYrGzzmfGyCajWAHPGoxx/RZ
D+Yv8WGJnLWjMiQ4B1wDfWhkUVTJeGA67wIDAQABo1MwUTAdBgNVHQ4EFgQUmTOh
HSKiJGBXPcVqrBcLfMk9u3wwHwYDVR0jBBgwFoAUmTOhHSKiJGBXPcVqrBcLfMk9
u3wwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEApsEtEyetU1W9
yfqhiKYHW8QJEziBEJ+V8RfLbY8rrarYhT9O16D8jtPDS2JU5LIJKBIBLN/iNsFd
e0Tjqboy4jveO52O30ThYTPSLteFgsmaFoCcW82Bug0lZi0adQZuVMJunf67koKX
XMfFH1jZkFxEjusffDq65DXu8SWTC+kqbKUfv24JyHLILwSVUmQeX+SPLBBupHCB
S6rRZ7GKa5RYdo/dzXrwr4pkLh5cJ2AfHvxSL/Me0xRhw8gz1x9Oz2KRz8sKA4jT
Vb4b4oKrIpBjFCKuqODw5Vc84Sco7lu25Ia6Fepd4v88ibF2SWYA6nXknmCAg5Dx
houAPZr5xw==
-----END CERTIFICATE-----
)";
// Signed with ECDSA, a Chinese issuer with a comma in it.
constexpr std::string_view ec_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBxTCCAWugAwIBAgIUNvW7axen+8E2+seVU2WEUb+xYeAwCgYIKoZIzj0EAwIw
ODELMAkGA1UEBhMCQ04xFzAVBgNVBAoMDua1i+ivlSwg5YWs5Y+4MRAwDgYDVQQD
DAdyb290IGVjMB4XDTI2MTEyMTExMzA1NVoXDTM2MTExODExMzA1NVowODELMAkG
A1UEBhMCQ04xFzAVBgNVBAoMDua1i+ivlSwg5YWs5Y+4MRAwDgYDVQQDDAdyb290
IGVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjJZ05EVaRKwM4/54qXFRdEVb
1eLpBUsqytv0Px1hVfge6ezPjtbe8CCekllVEwfogtzsoQ4JJbvoCge4y64IrKNT
MFEwHQYDVR0OBBYEFCUvqq9Mn2785hYj7QUaTnMlB9xHMB8GA1UdIwQYMBaAFCUv
qq9Mn2785hYj7QUaTnMlB9xHMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
SAAwRQIhAPjHTN5VCgjLZzwiAPih8OwbqO0KqnRozby9DNRimnIZAiBbjXQiLVo7
WWbwvQbOB3Yk2wMWNwE0lDh9sOpoB0ZX6w==
-----END CERTIFICATE-----
)";
constexpr std::string_view ec_key = R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIPzQuZV+94wpezOFdFBJH9xuB1U0tJbNc/YohtysaTdLoAoGCCqGSM49
AwEHoUQDQgAEjJZ05EVaRKwM4/54qXFRdEVb1eLpBUsqytv0Px1hVfge6ezPjtbe
8CCekllVEwfogtzsoQ4JJbvoCge4y64IrA==
-----END EC PRIVATE KEY-----
)";
constexpr std::string_view small_public_key =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCp+QvKgdda+v+i1A/nCFZZqS/6zbe5VRyowQV5WJwTuD/dmJGGLJ"
    "bts8KWRSBFfYs2fooTpyCOL95ApIWTpCNPr0iUEC5WDpmz6zNWyoM3LSAKaeYYkHAXTaPdP45yoP2WqM0/5YKcg/Xk"
    "wUnVovXbAwJpflJOL1Rsv3DFjMFxDwIDAQAB";

// One key for all tests: making one takes long.
const RsaPrivateKey& key() {
    static const RsaPrivateKey made = RsaPrivateKey::generate();
    return made;
}

// The base64 between the PEM lines, as Alipay's tools hand keys out.
std::string bare(std::string_view pem, bool keep_lines = false) {
    const std::size_t start = pem.find('\n') + 1;
    std::string text(pem.substr(start, pem.rfind("-----END") - start));
    if (!keep_lines) std::erase(text, '\n');
    return text;
}

TEST(Rsa, EveryTextFormIsTheSameKey) {
    const std::string signature = key().sign_sha256("data");
    EXPECT_EQ(signature.size(), 256U);
    const std::string pkcs1(key().to_pkcs1_pem().reveal());
    const std::string pkcs8(key().to_pkcs8_pem().reveal());
    EXPECT_TRUE(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    EXPECT_TRUE(pkcs8.starts_with("-----BEGIN PRIVATE KEY-----"));
    for (const std::string& text : {pkcs1, pkcs8, bare(pkcs1), bare(pkcs8), bare(pkcs8, true)}) {
        const auto parsed = RsaPrivateKey::parse(core::Secret(text));
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(parsed->sign_sha256("data"), signature) << "PKCS#1 v1.5 is deterministic";
    }
    const std::string public_pem = key().public_pem();
    const std::string bare_public = bare_public_key(public_pem).value();
    EXPECT_EQ(bare_public, bare(public_pem));
    for (const std::string& text : {public_pem, bare_public, bare(public_pem, true)}) {
        const auto parsed = RsaPublicKey::parse(text);
        ASSERT_TRUE(parsed.has_value());
        EXPECT_TRUE(parsed->verify_sha256("data", signature));
    }
}

TEST(Rsa, VerifyingRefusesEveryChange) {
    const auto trusted = RsaPublicKey::parse(key().public_pem()).value();
    std::string signature = key().sign_sha256("data");
    EXPECT_FALSE(trusted.verify_sha256("datb", signature));
    EXPECT_FALSE(trusted.verify_sha256("", signature));
    EXPECT_FALSE(trusted.verify_sha256("data", ""));
    EXPECT_FALSE(trusted.verify_sha256("data", signature.substr(0, 255)));
    EXPECT_FALSE(trusted.verify_sha256("data", signature + "x"));
    EXPECT_FALSE(trusted.verify_sha256("data", RsaPrivateKey::generate().sign_sha256("data")));
    signature[17] = static_cast<char>(signature[17] ^ 1);
    EXPECT_FALSE(trusted.verify_sha256("data", signature));
    EXPECT_TRUE(trusted.verify_sha256("", key().sign_sha256("")));
}

TEST(Rsa, WhatIsNoStrongRsaKeyIsRefused) {
    const std::string pkcs8(key().to_pkcs8_pem().reveal());
    for (const std::string& text :
         {std::string(), std::string("x"), std::string("AAAA"), bare(pkcs8).substr(4), key().public_pem(),
          std::string(ec_key), pkcs8.substr(0, 400), bare(pkcs8) + "AAAA",
          std::string(
              "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")}) {
        const auto parsed = RsaPrivateKey::parse(core::Secret(text));
        ASSERT_FALSE(parsed.has_value()) << text.size();
        EXPECT_EQ(parsed.error().reason, "bad_key");
    }
    for (const std::string& text : {std::string(), std::string("AAAA"), std::string(small_public_key), pkcs8,
                                    std::string(ec_certificate), bare(key().public_pem()) + "AAAA"}) {
        EXPECT_EQ(RsaPublicKey::parse(text).error().reason, "bad_key");
    }
    EXPECT_EQ(bare_public_key("x").error().reason, "bad_key");
}

TEST(Rsa, ACertificateGivesItsKey) {
    const auto from_certificate = RsaPublicKey::parse(app_certificate);
    ASSERT_TRUE(from_certificate.has_value());
    EXPECT_FALSE(from_certificate->verify_sha256("data", key().sign_sha256("data")));
}

TEST(Certificates, FactsOfEachInTheirOrder) {
    const auto found =
        read_certificates(std::string(app_certificate) + "\nnote\n" + std::string(ec_certificate));
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 2U);
    const CertificateFacts& app = found->at(0);
    EXPECT_EQ(app.issuer, "CN=app,O=sim,C=CN");
    EXPECT_EQ(app.serial_decimal, "642858812202113675140262702762997222753785085419");
    EXPECT_EQ(app.serial_hex, "709AC93F4CBE20F64C66304DAF4AD55AC1B3FDEB");
    EXPECT_TRUE(app.is_rsa_signed);
    EXPECT_EQ(core::to_beijing_text(app.not_after), "2036-11-18 03:37:30");
    EXPECT_EQ(md5_hex(app.issuer, app.serial_decimal), "dfc4fc42d0c8f46c820305617df48481");
    const CertificateFacts& ec = found->at(1);
    EXPECT_EQ(ec.issuer, "CN=root ec,O=测试\\, 公司,C=CN");
    EXPECT_EQ(ec.serial_decimal, "313765510637254300356094157231986092233513329120");
    EXPECT_FALSE(ec.is_rsa_signed);
}

TEST(Certificates, MadeForAKeyAndReadAgain) {
    const auto from = core::parse_rfc3339("2024-03-05T09:15:00+08:00").value();
    const std::string pem = make_certificate(key(), {.common_name = "Platform",
                                                     .serial_hex = "5B6B41217A0796020A949510866C82B348DD3856",
                                                     .not_before = from,
                                                     .not_after = from + std::chrono::hours(24)});
    const auto facts = read_certificates(pem);
    ASSERT_TRUE(facts.has_value());
    EXPECT_EQ(facts->at(0).issuer, "CN=Platform");
    EXPECT_EQ(facts->at(0).serial_hex, "5B6B41217A0796020A949510866C82B348DD3856");
    EXPECT_TRUE(facts->at(0).is_rsa_signed);
    EXPECT_EQ(facts->at(0).not_after, from + std::chrono::hours(24));
    const auto public_key = RsaPublicKey::parse(pem);
    ASSERT_TRUE(public_key.has_value());
    EXPECT_TRUE(public_key->verify_sha256("data", key().sign_sha256("data")));
}

TEST(Certificates, WhatIsNoneIsRefused) {
    const std::string good(app_certificate);
    for (const std::string& text : {std::string(), std::string("x"), good.substr(0, 300),
                                    good + good.substr(0, 300), key().public_pem()}) {
        const auto found = read_certificates(text);
        ASSERT_FALSE(found.has_value()) << text;
        EXPECT_EQ(found.error().reason, "bad_certificate");
    }
}

}  // namespace
}  // namespace huitong::crypto
