// TLS on both sides with certificates made here: who is trusted, who is asked, and what a refusal is called.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/test_support.hpp"

namespace huitong::net {

namespace {

struct Identity {
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    std::string certificate_pem;
    std::string key_pem;

    Identity() = default;
    Identity(const Identity&) = delete;
    Identity& operator=(const Identity&) = delete;
    ~Identity() {
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
};

template <class Write>
std::string to_pem(Write write) {
    BIO* bio = BIO_new(BIO_s_mem());
    write(bio);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(bio, &bytes);
    std::string pem(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
}

void add_extension(X509* certificate, int id, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
    ASSERT_NE(extension, nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// Signed by `issuer`, or a CA of its own when that is null.
std::unique_ptr<Identity> make_identity(const char* name, const Identity* issuer,
                                        const char* alt_names = nullptr) {
    static long serial = 1;
    auto made = std::make_unique<Identity>();
    made->key = EVP_EC_gen("P-256");
    X509* certificate = made->certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer ? issuer->certificate : certificate));
    X509_set_pubkey(certificate, made->key);
    if (!issuer) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (alt_names) add_extension(certificate, NID_subject_alt_name, alt_names);
    X509_sign(certificate, issuer ? issuer->key : made->key, EVP_sha256());
    made->certificate_pem = to_pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
    made->key_pem = to_pem(
        [&](BIO* bio) { PEM_write_bio_PrivateKey(bio, made->key, nullptr, nullptr, 0, nullptr, nullptr); });
    return made;
}

struct Tls : Loopback {
    std::unique_ptr<Identity> ca = make_identity("Test CA", nullptr);
    std::unique_ptr<Identity> other_ca = make_identity("Other CA", nullptr);
    std::unique_ptr<Identity> site = make_identity("site", ca.get(), "DNS:localhost,IP:127.0.0.1");
    std::unique_ptr<Identity> merchant = make_identity("merchant", ca.get());
    std::unique_ptr<Identity> stranger = make_identity("stranger", other_ca.get());

    std::unique_ptr<HttpServer> serve_tls(const Identity& identity, bool must_ask) {
        ServerOptions options;
        options.tls =
            ServerTls{identity.certificate_pem, identity.key_pem, must_ask ? ca->certificate_pem : ""};
        return serve(options);
    }

    core::Result<Response> call(HttpClient& client, const HttpServer& server, std::string host,
                                std::string identity = "", std::string target = "/echo",
                                std::string body = "body") {
        Request request;
        request.target = std::move(target);
        request.body = std::move(body);
        CallOptions options;
        options.client_identity = std::move(identity);
        return run(client.send(Origin{true, std::move(host), server.port()}, request, options));
    }

    std::unique_ptr<HttpClient> trusting(const Identity& authority) {
        auto client = std::make_unique<HttpClient>(io, time);
        EXPECT_TRUE(client->set_trusted_ca(authority.certificate_pem));
        return client;
    }
};

}  // namespace

TEST_F(Tls, RoundTripAndReuse) {
    const auto server = serve_tls(*site, false);
    const auto client = trusting(*ca);
    const std::string big(700'000, 'x');
    for (int i = 0; i < 3; ++i) {
        const auto got = call(*client, *server, "localhost", "", "/echo", big);
        ASSERT_TRUE(got.has_value()) << got.error().detail;
        EXPECT_EQ(got->body, big);
    }
    EXPECT_EQ(server->connections(), 1u);
    EXPECT_FALSE(seen.has_client_certificate);
    EXPECT_TRUE(call(*client, *server, "127.0.0.1"));
}

TEST_F(Tls, UntrustedOrWronglyNamedServerSeesNoRequest) {
    const auto server = serve_tls(*site, false);
    const auto wrong = trusting(*other_ca);
    expect_error(call(*wrong, *server, "localhost"), core::Code::unavailable, "tls_failed");
    HttpClient system(io, time);
    expect_error(call(system, *server, "localhost"), core::Code::unavailable, "tls_failed");
    const auto misnamed_identity = make_identity("other", ca.get(), "DNS:example.com");
    const auto misnamed = serve_tls(*misnamed_identity, false);
    const auto client = trusting(*ca);
    expect_error(call(*client, *misnamed, "localhost"), core::Code::unavailable, "tls_failed");
    expect_error(call(*client, *misnamed, "127.0.0.1"), core::Code::unavailable, "tls_failed");
    EXPECT_EQ(handled, 0);
}

TEST_F(Tls, ClientCertificateIsAskedForNotDemanded) {
    const auto server = serve_tls(*site, true);
    const auto client = trusting(*ca);
    ASSERT_TRUE(
        client->add_client_identity("merchant", merchant->certificate_pem, core::Secret(merchant->key_pem)));
    ASSERT_TRUE(
        client->add_client_identity("stranger", stranger->certificate_pem, core::Secret(stranger->key_pem)));
    ASSERT_TRUE(call(*client, *server, "localhost"));
    EXPECT_FALSE(seen.has_client_certificate);
    const auto with = call(*client, *server, "localhost", "merchant");
    ASSERT_TRUE(with.has_value()) << with.error().detail;
    EXPECT_TRUE(seen.has_client_certificate);
    ASSERT_TRUE(call(*client, *server, "localhost"));  // not the merchant's pooled connection
    EXPECT_FALSE(seen.has_client_certificate);
    EXPECT_EQ(handled, 3);
    EXPECT_FALSE(call(*client, *server, "localhost", "stranger"));
    EXPECT_EQ(handled, 3);
    expect_error(call(*client, *server, "localhost", "nobody"), core::Code::unavailable, "tls_failed");
}

TEST_F(Tls, FailuresKeepTheirNames) {
    const auto server = serve_tls(*site, false);
    const auto client = trusting(*ca);
    EXPECT_FALSE(call(*client, *server, "localhost", "", "/drop"));
    expect_error(call(*client, *server, "localhost", "", "/drop"), core::Code::unknown_outcome, "reset");
    expect_error(call(*client, *server, "localhost", "", "/truncate"), core::Code::unknown_outcome,
                 "bad_http");
    const auto refused = call(*client, *server, "localhost", "", "/echo", std::string((1 << 20) + 1, 'x'));
    ASSERT_TRUE(refused.has_value()) << refused.error().reason << refused.error().detail;
    EXPECT_EQ(refused->status, 413);
}

TEST_F(Tls, BadPemIsReported) {
    HttpClient client(io, time);
    EXPECT_EQ(client.set_trusted_ca("nonsense").error().reason, "bad_certificate");
    EXPECT_EQ(
        client.add_client_identity("x", site->certificate_pem, core::Secret(ca->key_pem)).error().reason,
        "bad_certificate");
    EXPECT_EQ(client.add_client_identity("x", "nonsense", core::Secret(ca->key_pem)).error().reason,
              "bad_certificate");
    ServerOptions options;
    options.tls = ServerTls{"nonsense", "nonsense", ""};
    HttpServer server(io, time, options,
                      [this](Request request) { return handle(this, std::move(request)); });
    EXPECT_EQ(server.start().error().reason, "listen_failed");
}

}  // namespace huitong::net
