// admin channel-account: our accounts at WeChat Pay and Alipay. Keys come from files, never from the command
// line, and are never shown again.
#include "app/admin_commands.hpp"
#include "app/config_file.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::ChannelAccount;

struct AccountInput {
    ChannelAccount account;
    std::string channel = "wechat";
    std::string api_key;
    std::string certificate;
    std::string certificate_key;
    std::string app_private_key;
    std::string channel_public_key;
    std::string app_certificate;
    std::string root_certificates;
    std::string app_auth_token;
};

JsonObject show_account(const ChannelAccount& account) {
    return {{"id", account.id},
            {"channel", payments::to_string(account.channel)},
            {"merchant_sn", account.merchant_sn},
            {"app_id", account.app_id},
            {"mch_id", account.mch_id},
            {"sub_mch_id", account.sub_mch_id},
            {"base_url", account.base_url},
            {"priority", Json::number(account.priority)},
            {"refund_days", Json::number(account.refund_days)},
            {"channel_fee_ppm", Json::number(account.channel_fee_ppm)},
            {"merchant_fee_ppm", Json::number(account.merchant_fee_ppm)},
            {"active", Json(account.is_active)}};
}

// What `show` adds: everything but the keys themselves.
JsonObject show_whole_account(const ChannelAccount& account) {
    const auto presence = [](bool is_empty) { return is_empty ? "none" : "set"; };
    JsonObject shown = show_account(account);
    shown.insert(shown.end(), {{"sub_app_id", account.sub_app_id},
                               {"sign_type", account.sign_type},
                               {"server_ip", account.server_ip},
                               {"api_key", presence(account.api_key.empty())},
                               {"client_certificate", presence(account.client_certificate_pem.empty())},
                               {"client_key", presence(account.client_key_pem.empty())},
                               {"app_private_key", presence(account.app_private_key.empty())},
                               {"channel_public_key", presence(account.channel_public_key.empty())},
                               {"app_certificate", presence(account.app_certificate_pem.empty())},
                               {"root_certificates", presence(account.root_certificates_pem.empty())},
                               {"app_auth_token", presence(account.app_auth_token.empty())}});
    return shown;
}

// The file's text without the line ends after it; empty when no file is named.
core::Result<std::string> read_text(const std::string& path) {
    if (path.empty()) return std::string();
    auto text = read_file(path);
    while (text && !text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    return text;
}

core::Result<void> read_into(std::string& target, const std::string& path) {
    auto text = read_text(path);
    if (!text) return std::unexpected(std::move(text.error()));
    target = std::move(*text);
    return {};
}

core::Result<void> read_into(core::Secret& target, const std::string& path) {
    auto text = read_text(path);
    if (!text) return std::unexpected(std::move(text.error()));
    target = core::Secret(std::move(*text));
    return {};
}

core::Result<payments::ChannelKind> parse_channel(std::string_view text) {
    using payments::ChannelKind;
    for (const ChannelKind kind : {ChannelKind::wechat, ChannelKind::alipay}) {
        if (payments::to_string(kind) == text) return kind;
    }
    return core::fail(core::Code::invalid, "bad_channel", "wechat or alipay");
}

// The account with its files.
core::Result<ChannelAccount> complete(const AccountInput& input) {
    ChannelAccount account = input.account;
    const auto channel = parse_channel(input.channel);
    if (!channel) return std::unexpected(channel.error());
    account.channel = *channel;
    for (const auto& read : {read_into(account.api_key, input.api_key),
                             read_into(account.client_certificate_pem, input.certificate),
                             read_into(account.client_key_pem, input.certificate_key),
                             read_into(account.app_private_key, input.app_private_key),
                             read_into(account.channel_public_key, input.channel_public_key),
                             read_into(account.app_certificate_pem, input.app_certificate),
                             read_into(account.root_certificates_pem, input.root_certificates),
                             read_into(account.app_auth_token, input.app_auth_token)}) {
        if (!read) return std::unexpected(read.error());
    }
    return account;
}

void add_options(CLI::App& create, AccountInput& input) {
    ChannelAccount& account = input.account;
    create.add_option("ID", account.id, "Short, ours: wx-main")->required();
    create.add_option("--channel", input.channel, "wechat or alipay")->capture_default_str();
    create.add_option("--merchant", account.merchant_sn)->required();
    create.add_option("--appid", account.app_id, "The application's number at the channel")->required();
    create.add_option("--mch-id", account.mch_id,
                      "WeChat: the merchant; Alipay: the seller, may be left out");
    create.add_option("--base-url", account.base_url,
                      "The channel's address; Alipay: the gateway's whole URL. Default: the real one");
    create.add_option("--sign-type", account.sign_type, "WeChat: HMAC-SHA256 (default) or MD5; Alipay: RSA2");
    create.add_option("--priority", account.priority, "Of several accounts the lowest is used first")
        ->capture_default_str();
    create.add_option("--refund-days", account.refund_days, "By contract; 0: the channel's own")
        ->capture_default_str();
    create.add_option("--channel-fee-ppm", account.channel_fee_ppm,
                      "What the channel keeps, in millionths of the amount");
    create.add_option("--merchant-fee-ppm", account.merchant_fee_ppm,
                      "What the platform keeps, in millionths of the amount");
    create.add_option("--server-ip", account.server_ip, "Sent when a terminal's address is not known");

    auto* const wechat = create.add_option_group("WeChat Pay");
    wechat->add_option("--api-key-file", input.api_key, "File with the 32-character API key");
    wechat->add_option("--sub-appid", account.sub_app_id, "Service-provider mode");
    wechat->add_option("--sub-mch-id", account.sub_mch_id, "Service-provider mode");
    wechat->add_option("--certificate-file", input.certificate,
                       "Client certificate (PEM), for reversals and refunds");
    wechat->add_option("--certificate-key-file", input.certificate_key, "Its private key (PEM)");

    auto* const alipay = create.add_option_group("Alipay");
    alipay->add_option("--app-private-key-file", input.app_private_key,
                       "RSA key of the application: PEM, or base64 as Alipay's tools write it");
    alipay->add_option("--channel-public-key-file", input.channel_public_key,
                       "Alipay's public key; in certificate mode its certificate (PEM)");
    alipay->add_option("--app-certificate-file", input.app_certificate, "Certificate mode");
    alipay->add_option("--root-certificates-file", input.root_certificates, "Certificate mode");
    alipay->add_option("--app-auth-token-file", input.app_auth_token, "Service-provider mode");
}

}  // namespace

void add_admin_account(CLI::App& admin, const SharedOptions& options, Action& action) {
    const auto input = std::make_shared<AccountInput>();
    auto* const group = add_group(admin, "channel-account", "Our accounts at the channels");
    auto* const create = group->add_subcommand("create", "A WeChat Pay or Alipay account for one merchant");
    add_options(*create, *input);
    set_act(*create, options, action,
            [input](Admin& it, const ports::Operator& by) -> core::Result<JsonObject> {
                const auto account = complete(*input);
                if (!account) return std::unexpected(account.error());
                const auto made = it.run(it.onboard().create_account(by, *account));
                if (!made) return std::unexpected(made.error());
                return show_account(*made);
            });
    const auto id = std::make_shared<std::string>();
    auto* const show = group->add_subcommand("show", "Everything but the keys");
    show->add_option("ID", *id)->required();
    set_act(*show, options, action, [id](Admin& it, const ports::Operator&) -> core::Result<JsonObject> {
        const auto found = it.run(it.store().read([id = *id](ports::Tx& tx) -> core::Result<ChannelAccount> {
            auto account = tx.directory().find_account(id);
            if (!account) return core::fail(core::Code::not_found, "no_channel_account");
            return std::move(*account);
        }));
        if (!found) return std::unexpected(found.error());
        return show_whole_account(*found);
    });
    add_list(*group, &ports::DirectoryRepository::list_accounts, &show_account, options, action);
    add_switches(*group, "channel_account", options, action);
}

}  // namespace huitong::app
