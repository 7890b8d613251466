// channel-accounts: our accounts at WeChat Pay and Alipay. Keys and certificates go in and never come out.
#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::ChannelAccount;

constexpr std::int64_t most_pem = 20'000;
constexpr std::string_view set_or_not = "set|not_set";

constexpr Field secret_fields[] = {
    {.name = "api_key", .about = "WeChat", .example = "\"set\"", .choices = set_or_not},
    {.name = "client_certificate_pem", .about = "WeChat", .example = "\"not_set\"", .choices = set_or_not},
    {.name = "client_key_pem", .about = "WeChat", .example = "\"not_set\"", .choices = set_or_not},
    {.name = "app_private_key", .about = "Alipay", .example = "\"not_set\"", .choices = set_or_not},
    {.name = "channel_public_key", .about = "Alipay", .example = "\"not_set\"", .choices = set_or_not},
    {.name = "app_certificate_pem", .about = "Alipay", .example = "\"not_set\"", .choices = set_or_not},
    {.name = "root_certificates_pem", .about = "Alipay", .example = "\"not_set\"", .choices = set_or_not},
    {.name = "app_auth_token", .about = "Alipay", .example = "\"not_set\"", .choices = set_or_not},
};
const Schema secrets_schema{"Secrets", "Which of its keys and certificates an account has", secret_fields};

constexpr Field id_field{
    .name = "id", .about = "Short, ours", .example = "\"wx-main\"", .least = 1, .most = 64};
constexpr Field channel_field{
    .name = "channel", .about = "Where", .example = "\"wechat\"", .choices = "wechat|alipay"};
constexpr Field merchant_field{
    .name = "merchant_sn", .about = "Whom it serves", .example = "\"1680000000001\""};
constexpr Field app_field{.name = "app_id",
                          .about = "The application's number at the channel",
                          .example = "\"wx0123456789abcdef\""};
constexpr Field mch_field{.name = "mch_id",
                          .about = "WeChat: the merchant; Alipay: the seller",
                          .example = "\"1230000109\"",
                          .is_nullable = true};
constexpr Field base_url_field{.name = "base_url",
                               .about = "The channel's address; the real one unless said",
                               .example = "\"https://api.mch.weixin.qq.com\"",
                               .most = 2000};
constexpr Field sign_type_field{
    .name = "sign_type", .about = "WeChat HMAC-SHA256 or MD5; Alipay RSA2", .example = "\"HMAC-SHA256\""};
constexpr Field sub_app_field{.name = "sub_app_id",
                              .about = "WeChat, service provider",
                              .example = "\"wx0123456789abcde0\"",
                              .is_nullable = true};
constexpr Field sub_mch_field{.name = "sub_mch_id",
                              .about = "WeChat, service provider",
                              .example = "\"1230000110\"",
                              .is_nullable = true};
constexpr Field server_ip_field{.name = "server_ip",
                                .about = "Told to WeChat where the till's address is not known",
                                .example = "\"203.0.113.7\"",
                                .is_nullable = true};
constexpr Field priority_field{.name = "priority",
                               .type = Type::integer,
                               .about = "Of several the least is used first",
                               .example = "0",
                               .least = -1'000'000,
                               .most = 1'000'000};
constexpr Field refund_days_field{.name = "refund_days",
                                  .type = Type::integer,
                                  .about = "By contract; 0: the channel's own",
                                  .example = "0",
                                  .most = 3650};
constexpr Field channel_fee_field{.name = "channel_fee_ppm",
                                  .type = Type::integer,
                                  .about = "Millionths of an amount that the channel keeps",
                                  .example = "3800",
                                  .most = 1'000'000};
constexpr Field merchant_fee_field{.name = "merchant_fee_ppm",
                                   .type = Type::integer,
                                   .about = "Millionths that the platform keeps",
                                   .example = "6000",
                                   .most = 1'000'000};
constexpr Field is_active_field{
    .name = "is_active", .type = Type::boolean, .about = "False: no new payment uses it", .example = "true"};

constexpr Field account_fields[] = {id_field,          channel_field,      merchant_field,  app_field,
                                    mch_field,         base_url_field,     sign_type_field, sub_app_field,
                                    sub_mch_field,     server_ip_field,    priority_field,  refund_days_field,
                                    channel_fee_field, merchant_fee_field, is_active_field};
constexpr Field whole_account_fields[] = {
    id_field,
    channel_field,
    merchant_field,
    app_field,
    mch_field,
    base_url_field,
    sign_type_field,
    sub_app_field,
    sub_mch_field,
    server_ip_field,
    priority_field,
    refund_days_field,
    channel_fee_field,
    merchant_fee_field,
    is_active_field,
    {.name = "secrets", .type = Type::object, .about = "Never the keys themselves", .of = &secrets_schema}};

constexpr Field required(Field field) {
    field.is_required = true;
    return field;
}
constexpr Field account_input[] = {
    required(id_field),
    required(channel_field),
    required(merchant_field),
    required(app_field),
    mch_field,
    base_url_field,
    sign_type_field,
    sub_app_field,
    sub_mch_field,
    server_ip_field,
    priority_field,
    refund_days_field,
    channel_fee_field,
    merchant_fee_field,
    {.name = "api_key", .about = "WeChat: 32 characters", .example = "\"0123456789abcdef0123456789abcdef\""},
    {.name = "client_certificate_pem",
     .about = "WeChat: for reversals and refunds",
     .example = "\"\"",
     .most = most_pem},
    {.name = "client_key_pem", .about = "WeChat: of that certificate", .example = "\"\"", .most = most_pem},
    {.name = "app_private_key",
     .about = "Alipay: PEM, or base64 as its tools write it",
     .example = "\"\"",
     .most = most_pem},
    {.name = "channel_public_key",
     .about = "Alipay's; in certificate mode its certificate",
     .example = "\"\"",
     .most = most_pem},
    {.name = "app_certificate_pem", .about = "Alipay, certificate mode", .example = "\"\"", .most = most_pem},
    {.name = "root_certificates_pem",
     .about = "Alipay, certificate mode",
     .example = "\"\"",
     .most = most_pem},
    {.name = "app_auth_token", .about = "Alipay, service provider", .example = "\"\""},
};

const Schema account_schema{"ChannelAccount", "Our account at a channel", account_fields};
const Schema whole_account_schema{"WholeChannelAccount", "An account, and which of its keys it has",
                                  whole_account_fields};
const Schema account_in{"ChannelAccountInput", "A new account", account_input};

JsonObject show_account(const ChannelAccount& account) {
    return {{"id", account.id},
            {"channel", payments::to_string(account.channel)},
            {"merchant_sn", account.merchant_sn},
            {"app_id", account.app_id},
            {"mch_id", or_null(account.mch_id)},
            {"base_url", account.base_url},
            {"sign_type", account.sign_type},
            {"sub_app_id", or_null(account.sub_app_id)},
            {"sub_mch_id", or_null(account.sub_mch_id)},
            {"server_ip", or_null(account.server_ip)},
            {"priority", Json::number(account.priority)},
            {"refund_days", Json::number(account.refund_days)},
            {"channel_fee_ppm", Json::number(account.channel_fee_ppm)},
            {"merchant_fee_ppm", Json::number(account.merchant_fee_ppm)},
            {"is_active", Json(account.is_active)}};
}

JsonObject show_whole(const ChannelAccount& account) {
    const auto presence = [](bool is_empty) { return is_empty ? "not_set" : "set"; };
    JsonObject shown = show_account(account);
    shown.emplace_back(
        "secrets", JsonObject{{"api_key", presence(account.api_key.empty())},
                              {"client_certificate_pem", presence(account.client_certificate_pem.empty())},
                              {"client_key_pem", presence(account.client_key_pem.empty())},
                              {"app_private_key", presence(account.app_private_key.empty())},
                              {"channel_public_key", presence(account.channel_public_key.empty())},
                              {"app_certificate_pem", presence(account.app_certificate_pem.empty())},
                              {"root_certificates_pem", presence(account.root_certificates_pem.empty())},
                              {"app_auth_token", presence(account.app_auth_token.empty())}});
    return shown;
}

ChannelAccount account_of(const Input& input) {
    const auto number = [&](std::string_view name) {
        return static_cast<int>(input.integer(name).value_or(0));
    };
    const auto secret = [&](std::string_view name) { return core::Secret(input.text(name)); };
    ChannelAccount account;
    account.id = input.text("id");
    account.channel = input.text("channel") == payments::to_string(payments::ChannelKind::alipay)
                          ? payments::ChannelKind::alipay
                          : payments::ChannelKind::wechat;
    account.merchant_sn = input.text("merchant_sn");
    account.app_id = input.text("app_id");
    account.mch_id = input.text("mch_id");
    account.base_url = input.text("base_url");
    account.sign_type = input.text("sign_type");
    account.sub_app_id = input.text("sub_app_id");
    account.sub_mch_id = input.text("sub_mch_id");
    account.server_ip = input.text("server_ip");
    account.priority = number("priority");
    account.refund_days = number("refund_days");
    account.channel_fee_ppm = number("channel_fee_ppm");
    account.merchant_fee_ppm = number("merchant_fee_ppm");
    account.api_key = secret("api_key");
    account.client_certificate_pem = input.text("client_certificate_pem");
    account.client_key_pem = secret("client_key_pem");
    account.app_private_key = secret("app_private_key");
    account.channel_public_key = input.text("channel_public_key");
    account.app_certificate_pem = input.text("app_certificate_pem");
    account.root_certificates_pem = input.text("root_certificates_pem");
    account.app_auth_token = secret("app_auth_token");
    return account;
}

task::Awaitable<Reply> list(const Services& services, Call call) {
    using Rows = std::vector<ChannelAccount>;
    const std::size_t most = call.most();
    const ports::Page page{
        .after = call.after(), .most = most + 1, .merchant_sn = call.query.text("merchant_sn")};
    const auto rows = co_await services.reader.read(
        [page](ports::Tx& tx) -> core::Result<Rows> { return tx.directory().list_accounts(page); });
    if (!rows) co_return problem_of(rows.error());
    co_return list_answer(*rows, most, show_account, [](const ChannelAccount& row) { return row.id; });
}

task::Awaitable<Reply> find(const Services& services, Call call) {
    const auto row = co_await services.reader.read(
        [id = call.path.front()](ports::Tx& tx) -> core::Result<ChannelAccount> {
            auto found = tx.directory().find_account(id);
            if (!found) return core::fail(core::Code::not_found, "no_channel_account");
            return std::move(*found);
        });
    co_return reply(row, show_whole);
}

task::Awaitable<Reply> create(const Services& services, Call call) {
    co_return reply(co_await services.onboard.create_account(call.by, account_of(call.body)), show_whole);
}

task::Awaitable<Reply> change(const Services& services, Call call) {
    const auto done = co_await services.onboard.set_active(call.by, "channel_account", call.path.front(),
                                                           *call.body.boolean("is_active"));
    if (!done) co_return problem_of(done.error());
    co_return co_await find(services, std::move(call));
}

constexpr Field of_merchant[] = {
    {.name = "merchant_sn", .about = "Of this merchant only", .example = "\"1680000000001\""}};

using enum Needs;
const Route table[] = {
    {"GET", "/channel-accounts", "listChannelAccounts", "Our accounts at the channels", read, true,
     of_merchant, nullptr, &account_schema, 200, list},
    {"POST",
     "/channel-accounts",
     "createChannelAccount",
     "A new one, with its keys",
     act,
     false,
     {},
     &account_in,
     &whole_account_schema,
     201,
     create},
    {"GET",
     "/channel-accounts/{id}",
     "getChannelAccount",
     "One account, and which keys it has",
     read,
     false,
     {},
     nullptr,
     &whole_account_schema,
     200,
     find},
    {"PATCH",
     "/channel-accounts/{id}",
     "changeChannelAccount",
     "On or off; other keys are another account",
     act,
     false,
     {},
     &switch_schema,
     &whole_account_schema,
     200,
     change},
};

}  // namespace

std::span<const Route> account_routes() {
    return table;
}

}  // namespace huitong::api::admin
