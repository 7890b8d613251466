#include "app/demo_data.hpp"

#include <algorithm>

#include "api/admin/endpoint.hpp"
#include "core/assert.hpp"
#include "crypto/rsa.hpp"
#include "flows/onboard.hpp"
#include "flows/operators.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;

constexpr auto code_life = std::chrono::hours(24 * 365 * 20);

// What demo channels and the demo platform keep of an amount: 0.38 % and 0.60 %.
constexpr int channel_fee_ppm = 3800;
constexpr int merchant_fee_ppm = 6000;

// One account per URL: that of "http://127.0.0.1:8081" is "wx-8081".
std::string id_at(std::string_view prefix, std::string_view url) {
    const std::string_view rest = url.substr(url.rfind(':') + 1);
    return std::string(prefix) + std::string(rest.substr(0, rest.find('/')));
}

ports::ChannelAccount wechat_account(const DemoData& data, const std::string& wechat_url) {
    ports::ChannelAccount account;
    account.id = id_at("wx-", wechat_url);
    account.merchant_sn = data.merchant_sn;
    account.base_url = wechat_url;
    account.app_id = data.wechat_appid;
    account.mch_id = data.wechat_mch_id;
    account.sign_type = "HMAC-SHA256";
    account.api_key = core::Secret(data.wechat_api_key);
    account.server_ip = "127.0.0.1";
    account.channel_fee_ppm = channel_fee_ppm;
    account.merchant_fee_ppm = merchant_fee_ppm;
    return account;
}

ports::ChannelAccount alipay_account(const DemoData& data, const std::string& gateway_url) {
    ports::ChannelAccount account;
    account.id = id_at("ali-", gateway_url);
    account.channel = payments::ChannelKind::alipay;
    account.merchant_sn = data.merchant_sn;
    account.base_url = gateway_url;
    account.app_id = data.alipay_app_id;
    account.mch_id = data.alipay_seller_id;
    account.sign_type = "RSA2";
    account.app_private_key = core::Secret(data.alipay_app_private_key);
    account.channel_public_key = data.alipay_public_key;
    account.channel_fee_ppm = channel_fee_ppm;
    account.merchant_fee_ppm = merchant_fee_ppm;
    return account;
}

// Two RSA keys; made once per process, since making one takes longer than a whole simulated day's payment.
struct AlipayKeys {
    crypto::RsaPrivateKey app = crypto::RsaPrivateKey::generate();
    crypto::RsaPrivateKey channel = crypto::RsaPrivateKey::generate();
};
const AlipayKeys& alipay_keys() {
    static const AlipayKeys keys;
    return keys;
}

task::Task<void> create_merchant(flows::Onboard& onboard, ports::Operator by, DemoData& data,
                                 ChannelUrls urls) {
    const auto merchant = co_await onboard.create_merchant(by, "Demo merchant");
    if (!merchant) co_return std::unexpected(merchant.error());
    data.merchant_sn = merchant->sn;
    const auto store = co_await onboard.create_store(by, merchant->sn, "Demo store");
    if (!store) co_return std::unexpected(store.error());
    data.store_sn = store->sn;
    const auto code =
        co_await onboard.create_code(by, store->sn, {.uses = std::nullopt, .valid_for = code_life});
    if (!code) co_return std::unexpected(code.error());
    data.activation_code = code->code;
    for (ports::ChannelAccount account :
         {wechat_account(data, urls.wechat), alipay_account(data, urls.alipay)}) {
        const auto created = co_await onboard.create_account(by, std::move(account));
        if (!created) co_return std::unexpected(created.error());
    }
    co_return core::Result<void>{};
}

}  // namespace

ChannelUrls urls_at(const std::string& simulator_url) {
    return {.wechat = simulator_url, .alipay = simulator_url + "/gateway.do"};
}

task::Task<DemoData> create_demo_data(ports::StorePort& store, task::Time& time, core::Random& random,
                                      ChannelUrls urls) {
    DemoData data;
    data.wechat_appid = "wx" + random.hex(16);
    data.wechat_mch_id = random.digits(10);
    data.wechat_api_key = random.hex(32);
    data.alipay_app_id = "2021" + random.digits(12);
    data.alipay_seller_id = "2088" + random.digits(12);
    data.alipay_app_private_key = alipay_keys().app.to_pkcs8_pem().reveal();
    data.alipay_public_key = alipay_keys().channel.public_pem();
    data.alipay_simulator_private_key = alipay_keys().channel.to_pkcs8_pem().reveal();
    flows::Operators operators(store, time, random);
    flows::Onboard onboard(store, time, random);
    const auto person = co_await operators.create(std::nullopt, "demo", ports::Role::operator_);
    if (!person) co_return std::unexpected(person.error());
    data.operator_name = person->person.name;
    data.operator_key = person->key.reveal();
    const auto vendor = co_await onboard.create_vendor(person->person, "Demo vendor");
    if (!vendor) co_return std::unexpected(vendor.error());
    data.vendor_sn = vendor->sn;
    data.vendor_key = vendor->key.reveal();
    const auto app = co_await onboard.create_app(person->person, vendor->sn, "Demo till");
    if (!app) co_return std::unexpected(app.error());
    data.app_id = app->id;
    const auto done = co_await create_merchant(onboard, person->person, data, std::move(urls));
    if (!done) co_return std::unexpected(done.error());
    co_return data;
}

task::Task<void> point_at(ports::StorePort& store, task::Time& time, core::Random& random, DemoData data,
                          ChannelUrls urls) {
    const std::vector<ports::ChannelAccount> wanted{wechat_account(data, urls.wechat),
                                                    alipay_account(data, urls.alipay)};
    const auto accounts =
        co_await store.read([](ports::Tx& tx) -> core::Result<std::vector<ports::ChannelAccount>> {
            return tx.directory().list_accounts({});
        });
    if (!accounts) co_return std::unexpected(accounts.error());
    flows::Operators operators(store, time, random);
    const auto person = co_await operators.authenticate(data.operator_name, core::Secret(data.operator_key));
    if (!person) co_return std::unexpected(person.error());
    flows::Onboard onboard(store, time, random);
    const auto has = [](const std::vector<ports::ChannelAccount>& list, const std::string& id) {
        return std::ranges::find(list, id, &ports::ChannelAccount::id) != list.end();
    };
    core::Result<void> done;
    for (const ports::ChannelAccount& account : *accounts) {
        const bool should_be_active = has(wanted, account.id);
        if (!done || account.merchant_sn != data.merchant_sn || account.is_active == should_be_active)
            continue;
        done = co_await onboard.set_active(*person, "channel_account", account.id, should_be_active);
    }
    for (const ports::ChannelAccount& account : wanted) {
        if (!done || has(*accounts, account.id)) continue;
        const auto created = co_await onboard.create_account(*person, account);
        if (!created) done = std::unexpected(created.error());
    }
    co_return done;
}

void add_simulated_merchant(sim::Options& options, const DemoData& data) {
    options.wechat_merchants.push_back({.appid = data.wechat_appid,
                                        .mch_id = data.wechat_mch_id,
                                        .api_key = core::Secret(data.wechat_api_key),
                                        .fee_ppm = channel_fee_ppm});
    const auto app_key = crypto::RsaPrivateKey::parse(core::Secret(data.alipay_app_private_key));
    HUITONG_ASSERT(app_key.has_value(), "demo data hold a key");
    options.alipay_merchants.push_back({.app_id = data.alipay_app_id,
                                        .app_public_key = app_key->public_pem(),
                                        .alipay_private_key = core::Secret(data.alipay_simulator_private_key),
                                        .seller_id = data.alipay_seller_id});
}

namespace {

struct Member {
    std::string_view section;
    std::string_view name;
    std::string DemoData::* value;
};

constexpr Member members[] = {
    {"upay", "vendor_sn", &DemoData::vendor_sn},
    {"upay", "vendor_key", &DemoData::vendor_key},
    {"upay", "app_id", &DemoData::app_id},
    {"upay", "activation_code", &DemoData::activation_code},
    {"upay", "terminal_sn", &DemoData::terminal_sn},
    {"upay", "terminal_key", &DemoData::terminal_key},
    {"upay", "merchant_sn", &DemoData::merchant_sn},
    {"upay", "store_sn", &DemoData::store_sn},
    {"wechat", "appid", &DemoData::wechat_appid},
    {"wechat", "mch_id", &DemoData::wechat_mch_id},
    {"wechat", "api_key", &DemoData::wechat_api_key},
    {"alipay", "app_id", &DemoData::alipay_app_id},
    {"alipay", "seller_id", &DemoData::alipay_seller_id},
    {"alipay", "app_private_key", &DemoData::alipay_app_private_key},
    {"alipay", "alipay_public_key", &DemoData::alipay_public_key},
    {"alipay", "simulator_private_key", &DemoData::alipay_simulator_private_key},
    {"admin", "operator", &DemoData::operator_name},
    {"admin", "operator_key", &DemoData::operator_key},
};

JsonObject section_of(const DemoData& data, std::string_view section) {
    JsonObject object;
    for (const Member& member : members) {
        if (member.section == section) object.emplace_back(member.name, data.*member.value);
    }
    return object;
}

}  // namespace

Json to_json(const DemoData& data, const std::string& gateway_url, const std::string& simulator_url) {
    JsonObject wechat = section_of(data, "wechat");
    wechat.insert(wechat.begin(), {"base_url", simulator_url});
    JsonObject alipay = section_of(data, "alipay");
    alipay.insert(alipay.begin(), {"gateway_url", urls_at(simulator_url).alipay});
    JsonObject upay = section_of(data, "upay");
    upay.emplace_back("platform_public_key", data.platform_public_key);
    JsonObject admin = section_of(data, "admin");
    admin.insert(admin.begin(), {"base_url", gateway_url + std::string(api::admin::prefix)});
    admin.emplace_back("key", data.operator_key);
    return JsonObject{{"gateway", gateway_url},      {"simulators", simulator_url},
                      {"upay", std::move(upay)},     {"wechat", std::move(wechat)},
                      {"alipay", std::move(alipay)}, {"admin", std::move(admin)}};
}

core::Result<DemoData> parse_demo_data(std::string_view text) {
    const auto json = codec::parse_json(text);
    if (!json) return std::unexpected(json.error());
    DemoData data;
    for (const Member& member : members) {
        const Json* const section = json->find(member.section);
        const Json* const value = section == nullptr ? nullptr : section->find(member.name);
        const std::string* const found = value == nullptr ? nullptr : value->as_string();
        if (found == nullptr)
            return core::fail(core::Code::invalid, "bad_demo_file", std::string(member.name));
        data.*member.value = *found;
    }
    return data;
}

}  // namespace huitong::app
