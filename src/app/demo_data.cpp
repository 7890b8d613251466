#include "app/demo_data.hpp"

#include "flows/onboard.hpp"
#include "flows/operators.hpp"

namespace huitong::app {

namespace {

using codec::Json;
using codec::JsonObject;

constexpr auto code_life = std::chrono::hours(24 * 365 * 20);

// One account per URL: "http://127.0.0.1:8081" is "wx-8081".
ports::ChannelAccount account_at(const DemoData& data, const std::string& wechat_url) {
    ports::ChannelAccount account;
    account.id = "wx-" + wechat_url.substr(wechat_url.rfind(':') + 1);
    account.merchant_sn = data.merchant_sn;
    account.base_url = wechat_url;
    account.app_id = data.wechat_appid;
    account.mch_id = data.wechat_mch_id;
    account.sign_type = "HMAC-SHA256";
    account.api_key = core::Secret(data.wechat_api_key);
    account.server_ip = "127.0.0.1";
    return account;
}

task::Task<void> create_merchant(flows::Onboard& onboard, ports::Operator by, DemoData& data,
                                 std::string wechat_url) {
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
    co_return co_await onboard.create_account(by, account_at(data, wechat_url));
}

}  // namespace

task::Task<DemoData> create_demo_data(ports::StorePort& store, task::Time& time, core::Random& random,
                                      std::string wechat_url) {
    DemoData data;
    data.wechat_appid = "wx" + random.hex(16);
    data.wechat_mch_id = random.digits(10);
    data.wechat_api_key = random.hex(32);
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
    const auto done = co_await create_merchant(onboard, person->person, data, std::move(wechat_url));
    if (!done) co_return std::unexpected(done.error());
    co_return data;
}

task::Task<void> point_at(ports::StorePort& store, task::Time& time, core::Random& random, DemoData data,
                          std::string wechat_url) {
    const ports::ChannelAccount wanted = account_at(data, wechat_url);
    const auto accounts =
        co_await store.read([](ports::Tx& tx) -> core::Result<std::vector<ports::ChannelAccount>> {
            return tx.directory().list_accounts();
        });
    if (!accounts) co_return std::unexpected(accounts.error());
    flows::Operators operators(store, time, random);
    const auto person = co_await operators.authenticate(data.operator_name, core::Secret(data.operator_key));
    if (!person) co_return std::unexpected(person.error());
    flows::Onboard onboard(store, time, random);
    core::Result<void> done;
    bool is_there = false;
    for (const ports::ChannelAccount& account : *accounts) {
        is_there = is_there || account.id == wanted.id;
        const bool should_be_active = account.id == wanted.id;
        if (!done || account.merchant_sn != data.merchant_sn || account.is_active == should_be_active)
            continue;
        done = co_await onboard.set_active(*person, "channel_account", account.id, should_be_active);
    }
    if (done && !is_there) done = co_await onboard.create_account(*person, wanted);
    co_return done;
}

sim::WechatMerchant simulated_merchant(const DemoData& data) {
    return {.appid = data.wechat_appid,
            .mch_id = data.wechat_mch_id,
            .api_key = core::Secret(data.wechat_api_key),
            .sub_mch_ids = {}};
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
    return JsonObject{{"gateway", gateway_url},
                      {"simulators", simulator_url},
                      {"upay", section_of(data, "upay")},
                      {"wechat", std::move(wechat)},
                      {"admin", section_of(data, "admin")}};
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
