#include "simulate/merchants.hpp"

#include "core/assert.hpp"
#include "crypto/rsa.hpp"
#include "flows/limits.hpp"
#include "flows/onboard.hpp"
#include "flows/operators.hpp"

namespace huitong::simulate {

namespace {

using core::fen;

constexpr const char* second_app_id = "wx00000000000002";
constexpr const char* second_mch_id = "1900000002";
constexpr const char* second_key = "0123456789abcdef0123456789abcdef";  // a simulator's, and nobody else's

constexpr const char* second_alipay_app_id = "2021000000000002";
constexpr const char* second_seller_id = "2088000000000002";

// The second merchant's own application at Alipay; made once per process, since making keys takes long.
struct AlipayKeys {
    crypto::RsaPrivateKey app = crypto::RsaPrivateKey::generate();
    crypto::RsaPrivateKey channel = crypto::RsaPrivateKey::generate();
};
const AlipayKeys& alipay_keys() {
    static const AlipayKeys keys;
    return keys;
}

class Builder {
  public:
    explicit Builder(Stage& stage)
        : stage_(stage),
          store_(stage.platform.store()),
          onboard_(store_, stage.time(), stage.platform.random()),
          desk_(store_, stage.time()) {
        const app::DemoData& data = stage.platform.data();
        flows::Operators operators(store_, stage.time(), stage.platform.random());
        by_ = must(operators.authenticate(data.operator_name, core::Secret(data.operator_key)));
    }

    std::vector<Counter> build() {
        const app::DemoData& first = stage_.platform.data();
        know_demo_accounts();
        add_counters(first.merchant_sn, first.store_sn, first.activation_code, 2);
        const std::string merchant = must(onboard_.create_merchant(by_, "Second merchant")).sn;
        for (const ports::ChannelAccount& account : {wechat_account(merchant), alipay_account(merchant)}) {
            do_it(onboard_.create_account(by_, account));
            know(account);
        }
        for (const char* const name : {"Second store", "Third store"}) {
            const std::string store = must(onboard_.create_store(by_, merchant, name)).sn;
            const flows::CodeTerms terms{.uses = std::nullopt, .valid_for = std::chrono::hours(24 * 365)};
            const std::string code = must(onboard_.create_code(by_, store, terms)).code;
            add_counters(merchant, store, code, counters_.size() < 4 ? 2 : 1);
        }
        limit({.kind = ports::LimitKind::merchant,
               .subject = merchant,
               .per_payment = fen(300'000),
               .per_day = fen(1'800'000)});
        limit({.kind = ports::LimitKind::store,
               .subject = counters_.back().store_sn,
               .per_payment = {},
               .per_day = fen(700'000)});
        limit({.kind = ports::LimitKind::terminal,
               .subject = counters_.front().terminal_sn,
               .per_payment = fen(250'000),
               .per_day = fen(1'500'000)});
        return std::move(counters_);
    }

  private:
    template <class T>
    T must(task::Task<T> act) {
        auto done = stage_.platform.run(std::move(act));
        HUITONG_ASSERT(done.has_value(), "a merchant can be made in an empty store");
        return std::move(*done);
    }
    template <class T>
    void do_it(task::Task<T> act) {
        const auto done = stage_.platform.run(std::move(act));
        HUITONG_ASSERT(done.has_value(), "a merchant's terms can be set in an empty store");
    }

    // As app/demo_data makes them.
    void know_demo_accounts() {
        const app::DemoData& data = stage_.platform.data();
        stage_.auditor.know_account({.id = "wx-80",
                                     .merchant_sn = data.merchant_sn,
                                     .side = auditor::Side::wechat,
                                     .at_channel = data.wechat_mch_id,
                                     .channel_fee_ppm = 3800,
                                     .merchant_fee_ppm = 6000});
        stage_.auditor.know_account({.id = "ali-80",
                                     .merchant_sn = data.merchant_sn,
                                     .side = auditor::Side::alipay,
                                     .at_channel = data.alipay_app_id,
                                     .channel_fee_ppm = 3800,
                                     .merchant_fee_ppm = 6000});
    }

    void know(const ports::ChannelAccount& account) {
        const bool is_wechat = account.channel == payments::ChannelKind::wechat;
        stage_.auditor.know_account({.id = account.id,
                                     .merchant_sn = account.merchant_sn,
                                     .side = is_wechat ? auditor::Side::wechat : auditor::Side::alipay,
                                     .at_channel = is_wechat ? account.mch_id : account.app_id,
                                     .channel_fee_ppm = account.channel_fee_ppm,
                                     .merchant_fee_ppm = account.merchant_fee_ppm});
    }

    void limit(const flows::LimitChange& change) {
        do_it(desk_.set_limit(by_, change));
        const auto fen_of = [](const std::optional<core::Money>& bound) {
            return bound ? std::optional(bound->minor()) : std::nullopt;
        };
        stage_.auditor.know_limit({.kind = std::string(ports::to_string(change.kind)),
                                   .subject = change.subject,
                                   .per_payment = fen_of(change.per_payment),
                                   .per_day = fen_of(change.per_day)});
    }

    void add_counters(const std::string& merchant, const std::string& store, const std::string& code,
                      int count) {
        for (int n = 0; n < count; ++n) {
            const app::DemoData& data = stage_.platform.data();
            auto till =
                std::make_unique<app::Till>(stage_.platform.network(), app::SimPlatform::gateway_origin(),
                                            app::TillIdentity{data.vendor_sn, data.vendor_key});
            const std::string device = "POS-" + std::to_string(counters_.size());
            const auto answer = must(till->activate(data.app_id, code, device));
            HUITONG_ASSERT(answer.result_code == "200", "a till can be activated");
            const std::string sn = till->identity().sn;
            stage_.auditor.know_terminal({.sn = sn, .merchant_sn = merchant, .store_sn = store});
            counters_.push_back({.till = std::move(till),
                                 .terminal_sn = sn,
                                 .device_id = device,
                                 .merchant_sn = merchant,
                                 .store_sn = store});
        }
    }

    [[nodiscard]] static ports::ChannelAccount wechat_account(const std::string& merchant) {
        ports::ChannelAccount account;
        account.id = "wx-second";
        account.merchant_sn = merchant;
        account.base_url = app::SimPlatform::wechat_origin().text();
        account.app_id = second_app_id;
        account.mch_id = second_mch_id;
        account.sign_type = "MD5";
        account.api_key = core::Secret(second_key);
        account.server_ip = "127.0.0.1";
        account.channel_fee_ppm = 6000;
        account.merchant_fee_ppm = 12'345;
        return account;
    }

    [[nodiscard]] static ports::ChannelAccount alipay_account(const std::string& merchant) {
        ports::ChannelAccount account;
        account.id = "ali-second";
        account.channel = payments::ChannelKind::alipay;
        account.merchant_sn = merchant;
        account.base_url = app::SimPlatform::alipay_origin().text() + "/gateway.do";
        account.app_id = second_alipay_app_id;
        account.mch_id = second_seller_id;
        account.sign_type = "RSA2";
        account.app_private_key = alipay_keys().app.to_pkcs8_pem();
        account.channel_public_key = alipay_keys().channel.public_pem();
        account.channel_fee_ppm = 5500;
        account.merchant_fee_ppm = 3000;  // less than the channel keeps
        return account;
    }

    Stage& stage_;
    ports::StorePort& store_;
    flows::Onboard onboard_;
    flows::Desk desk_;
    ports::Operator by_;
    std::vector<Counter> counters_;
};

}  // namespace

void add_merchants_at_channels(sim::Options& options) {
    options.wechat_merchants.push_back({.appid = second_app_id,
                                        .mch_id = second_mch_id,
                                        .api_key = core::Secret(second_key),
                                        .sub_mch_ids = {}});
    options.alipay_merchants.push_back({.app_id = second_alipay_app_id,
                                        .app_public_key = alipay_keys().app.public_pem(),
                                        .alipay_private_key = alipay_keys().channel.to_pkcs8_pem(),
                                        .seller_id = second_seller_id});
}

std::vector<Counter> open_shops(Stage& stage) {
    return Builder(stage).build();
}

}  // namespace huitong::simulate
