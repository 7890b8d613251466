// sim: the simulated channels in a process of their own, as outside clients and end-to-end tests use them.
#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/platform.hpp"
#include "app/simulated_wechat.hpp"
#include "crypto/rsa.hpp"
#include "sim/simulators.hpp"

namespace huitong::app {

namespace {

struct SimCommand {
    std::uint16_t port = 8081;
    std::string appid = "wxd0000000000000001";
    std::string mch_id = "1230000109";
    std::string api_key;
    std::string apiv3_key;
    std::string wechat_public_key = "off";
    std::string alipay_app_id = "2021000000000001";
    std::string alipay_seller_id = "2088000000000001";
    std::string alipay_app_public_key_file;
    std::string alipay_private_key_file;
    std::string tombstones = "on";
    std::string magic = "on";
    std::string require_client_cert = "off";
    std::string auto_revoke = "off";
    std::string forbid_early_close = "off";
    std::string tls_certificate_file;
    std::string tls_key_file;
    std::string client_ca_file;
    bool is_json = false;
};

core::Result<net::ServerOptions> listen_options(const SimCommand& command) {
    net::ServerOptions options{.port = command.port, .tls = {}};
    if (command.tls_certificate_file.empty()) return options;
    auto tls = read_server_tls(command.tls_certificate_file, command.tls_key_file, command.client_ca_file);
    if (!tls) return std::unexpected(std::move(tls.error()));
    options.tls = std::move(*tls);
    return options;
}

// The merchant at the simulated Alipay, and what its client must know.
struct AlipayAccount {
    sim::AlipayMerchant merchant;
    core::Secret app_private_key;  // empty: the client brought its own
    std::string public_key;        // of the simulated Alipay
};

core::Result<AlipayAccount> make_alipay_account(const SimCommand& command) {
    AlipayAccount account{.merchant = {.app_id = command.alipay_app_id,
                                       .app_public_key = {},
                                       .alipay_private_key = {},
                                       .seller_id = command.alipay_seller_id},
                          .app_private_key = {},
                          .public_key = {}};
    if (command.alipay_app_public_key_file.empty()) {
        const auto key = crypto::RsaPrivateKey::generate();
        account.app_private_key = key.to_pkcs8_pem();
        account.merchant.app_public_key = key.public_pem();
    } else {
        auto pem = read_file(command.alipay_app_public_key_file);
        if (!pem) return std::unexpected(std::move(pem.error()));
        if (auto key = crypto::RsaPublicKey::parse(*pem); !key)
            return std::unexpected(std::move(key.error()));
        account.merchant.app_public_key = std::move(*pem);
    }
    core::Result<crypto::RsaPrivateKey> own = crypto::RsaPrivateKey::generate();
    if (!command.alipay_private_key_file.empty()) {
        auto pem = read_file(command.alipay_private_key_file);
        if (!pem) return std::unexpected(std::move(pem.error()));
        own = crypto::RsaPrivateKey::parse(core::Secret(std::move(*pem)));
    }
    if (!own) return std::unexpected(std::move(own.error()));
    account.merchant.alipay_private_key = own->to_pkcs8_pem();
    account.public_key = own->public_pem();
    return account;
}

void print_accounts(const SimCommand& command, const AlipayAccount& alipay, codec::Json wechat_v3,
                    const std::string& url) {
    if (command.is_json) {
        print_json(codec::JsonObject{
            {"base_url", url},
            {"appid", command.appid},
            {"mch_id", command.mch_id},
            {"api_key", command.api_key},
            {"wechat_v3", std::move(wechat_v3)},
            {"alipay", codec::JsonObject{{"gateway_url", url + "/gateway.do"},
                                         {"app_id", alipay.merchant.app_id},
                                         {"seller_id", alipay.merchant.seller_id},
                                         {"app_private_key", alipay.app_private_key.reveal()},
                                         {"alipay_public_key", alipay.public_key}}}});
        return;
    }
    fmt::print("wechat appid={} mch_id={} api_key={}\nalipay app_id={} seller_id={} (keys: --json)\n",
               command.appid, command.mch_id, command.api_key, alipay.merchant.app_id,
               alipay.merchant.seller_id);
}

int simulate_channels(SimCommand command) {
    auto listen = listen_options(command);
    if (!listen) return refuse(listen.error());
    auto alipay = make_alipay_account(command);
    if (!alipay) return refuse(alipay.error());
    const std::string scheme = listen->tls ? "https" : "http";
    core::SystemRandom random;
    boost::asio::io_context io(1);
    task::RealTime time(io);
    if (command.api_key.empty()) command.api_key = random.hex(32);
    WechatV3Account wechat_v3 = make_wechat_v3_account(random);
    if (!command.apiv3_key.empty()) wechat_v3.apiv3_key = command.apiv3_key;
    sim::WechatMerchant wechat{
        .appid = command.appid, .mch_id = command.mch_id, .api_key = core::Secret(command.api_key)};
    open_wechat_v3(wechat, wechat_v3);
    sim::Options options{.wechat_merchants = {wechat},
                         .require_client_cert = command.require_client_cert == "on",
                         .tombstones = command.tombstones == "on",
                         .platform_auto_revoke = command.auto_revoke == "on",
                         .forbids_early_close = command.forbid_early_close == "on",
                         .magic = command.magic == "on",
                         .wechat_public_key = command.wechat_public_key == "on",
                         .alipay_merchants = {alipay->merchant}};
    sim::Simulators simulators(time, random, std::move(options));
    net::HttpServer server(io, time, std::move(*listen), simulators.handler());
    if (auto started = server.start(); !started) return refuse(started.error());
    const std::string url = fmt::format("{}://127.0.0.1:{}", scheme, server.port());
    simulators.options().wechat_web_url = url;
    simulators.options().wechat_api_url = url;
    net::HttpClient client(io, time);
    simulators.start_notices(io.get_executor(), client);
    codec::Json view;  // the platform's keys are made for whoever wants to see them
    if (command.is_json) view = view_wechat_v3(wechat, wechat_v3, url, simulators);
    print_accounts(command, *alipay, std::move(view), url);
    fmt::print("ready {}\n", url);
    std::fflush(stdout);
    Platform::run_until_signal(io);
    run_to_end(io, server.drain(time.now()));
    simulators.stop_notices();
    run_to_end(io, simulators.join_notices());
    return exit_done;
}

}  // namespace

void add_sim(CLI::App& app, Action& action) {
    auto* const command = app.add_subcommand("sim", "The simulators alone, until SIGTERM");
    const auto options = std::make_shared<SimCommand>();
    const auto is_switch = CLI::IsMember({"on", "off"});
    command->add_option("--port", options->port, "Port; 0 takes a free one")->capture_default_str();
    command->add_option("--appid", options->appid, "Of the simulated WeChat merchant")->capture_default_str();
    command->add_option("--mch-id", options->mch_id, "Of the simulated WeChat merchant")
        ->capture_default_str();
    command->add_option("--api-key", options->api_key, "32 characters; a fresh one when not given");
    command
        ->add_option("--apiv3-key", options->apiv3_key,
                     "Of WeChat's API v3: 32 characters; a fresh one when not given")
        ->check([](const std::string& key) {
            return key.size() == 32 ? std::string() : std::string("32 characters");
        });
    command
        ->add_option("--wechat-public-key", options->wechat_public_key,
                     "WeChat's API v3 signs with its public key's pair, not with platform certificates")
        ->check(is_switch)
        ->capture_default_str();
    command->add_option("--alipay-app-id", options->alipay_app_id, "Of the simulated Alipay application")
        ->capture_default_str();
    command->add_option("--alipay-seller-id", options->alipay_seller_id, "Of the simulated Alipay seller")
        ->capture_default_str();
    command->add_option(
        "--alipay-app-public-key", options->alipay_app_public_key_file,
        "PEM file: the application's public key; a fresh pair when not given (--json prints it)");
    command->add_option("--alipay-private-key", options->alipay_private_key_file,
                        "PEM file: what the simulated Alipay signs with; a fresh one when not given");
    command->add_option("--tombstones", options->tombstones, "Reversing an unknown number bars it for ever")
        ->check(is_switch)
        ->capture_default_str();
    command->add_option("--magic", options->magic, "Payment codes choose scenarios")
        ->check(is_switch)
        ->capture_default_str();
    command
        ->add_option("--require-client-cert", options->require_client_cert,
                     "Reversals and refunds need a client certificate")
        ->check(is_switch)
        ->capture_default_str();
    command->add_option("--auto-revoke", options->auto_revoke, "Unpaid orders are revoked after 45 s")
        ->check(is_switch)
        ->capture_default_str();
    command
        ->add_option("--forbid-early-close", options->forbid_early_close,
                     "Closing an order within 5 minutes of its creation is a violation")
        ->check(is_switch)
        ->capture_default_str();
    auto* const certificate = command->add_option("--tls-certificate", options->tls_certificate_file,
                                                  "PEM certificate chain: HTTPS instead of plain HTTP");
    auto* const key = command->add_option("--tls-key", options->tls_key_file, "PEM private key of it");
    certificate->needs(key);
    key->needs(certificate);
    command
        ->add_option("--client-ca", options->client_ca_file,
                     "PEM CA of client certificates, which clients are then asked for")
        ->needs(certificate);
    command->add_flag("--json", options->is_json, "Print the merchants and their keys as JSON");
    command->callback([&action, options] { action = [options] { return simulate_channels(*options); }; });
}

}  // namespace huitong::app
