#include "flows/onboard.hpp"

#include <algorithm>

#include "flows/account_check.hpp"
#include "flows/audit.hpp"
#include "flows/operators.hpp"

namespace huitong::flows {

using core::Code;
using core::fail;
using ports::Operator;
using ports::Tx;

namespace {

constexpr std::size_t key_length = 32;

bool is_name(std::string_view name) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    return !name.empty() && name.size() <= 64 && std::ranges::none_of(name, is_control);
}

std::unexpected<core::Error> name_taken() {
    return fail(Code::conflict, "name_taken", "there is one of that name already");
}

bool is_number(std::string_view text, std::size_t digits) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return text.size() == digits && std::ranges::all_of(text, is_digit);
}

}  // namespace

Onboard::Onboard(ports::StorePort& store, task::Time& time, core::Random& random)
    : store_(store), time_(time), random_(random) {}

task::Task<void> Onboard::act(Operator by, std::string what, std::string subject, std::string detail,
                              Insert insert) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    co_return co_await store_.write([=](Tx& tx) -> core::Result<void> {
        // The log first: whoever appends to it is alone, so that a name found free stays free.
        append_audit(tx, {.actor = by.name, .act = what, .subject = subject, .detail = detail}, now);
        return insert(tx);
    });
}

task::Task<std::string> Onboard::act_with_number(
    Operator by, std::string what, Number wanted, std::string detail,
    std::function<core::Result<void>(Tx&, const std::string&)> insert) {
    if (wanted.given && !is_number(*wanted.given, wanted.digits))
        co_return fail(Code::invalid, "bad_sn", std::to_string(wanted.digits) + " digits");
    const int most_draws = wanted.given ? 1 : 20;
    for (int draw = 1;; ++draw) {
        const std::string number = wanted.given ? *wanted.given : random_.digits(wanted.digits);
        const auto done =
            co_await act(by, what, number, detail, [insert, number](Tx& tx) { return insert(tx, number); });
        if (done) co_return number;
        if (done.error().reason != "exists" || draw == most_draws) co_return std::unexpected(done.error());
    }
}

task::Task<ports::Vendor> Onboard::create_vendor(Operator by, std::string name) {
    if (!is_name(name)) co_return fail(Code::invalid, "bad_name");
    ports::Vendor vendor{.sn = {}, .name = name, .key = core::Secret(random_.hex(key_length))};
    auto number =
        co_await act_with_number(std::move(by), "vendor.create", Number{8}, std::move(name),
                                 [vendor](Tx& tx, const std::string& sn) mutable -> core::Result<void> {
                                     if (tx.directory().has_vendor_named(vendor.name)) return name_taken();
                                     vendor.sn = sn;
                                     tx.directory().insert(vendor);
                                     return {};
                                 });
    if (!number) co_return std::unexpected(std::move(number.error()));
    vendor.sn = std::move(*number);
    co_return vendor;
}

task::Task<ports::App> Onboard::create_app(Operator by, std::string vendor_sn, std::string name) {
    if (!is_name(name)) co_return fail(Code::invalid, "bad_name");
    ports::App app{.id = {}, .vendor_sn = vendor_sn, .name = name};
    auto number =
        co_await act_with_number(std::move(by), "app.create", Number{16}, "vendor " + vendor_sn + ", " + name,
                                 [app](Tx& tx, const std::string& id) mutable -> core::Result<void> {
                                     if (!tx.directory().find_vendor(app.vendor_sn)) {
                                         return fail(Code::not_found, "no_vendor");
                                     }
                                     if (tx.directory().has_app_named(app.vendor_sn, app.name))
                                         return name_taken();
                                     app.id = id;
                                     tx.directory().insert(app);
                                     return {};
                                 });
    if (!number) co_return std::unexpected(std::move(number.error()));
    app.id = std::move(*number);
    co_return app;
}

namespace {

std::string text_of(const ports::AppSwitches& switches) {
    std::string text = "notify_header " + std::string(ports::to_string(switches.notify_header)) + ", on paid";
    if (switches.notify_canceled) text += " canceled";
    if (switches.notify_refunded) text += " refunded";
    if (switches.wap_as_object) text += ", wap_as_object";
    if (switches.long_client_sn) text += ", long_client_sn";
    if (switches.unique_device) text += ", unique_device";
    return text;
}

}  // namespace

task::Task<void> Onboard::set_switches(Operator by, std::string app_id, ports::AppSwitches switches) {
    const std::string detail = text_of(switches);
    co_return co_await act(std::move(by), "app.set", app_id, detail,
                           [app_id, switches](Tx& tx) -> core::Result<void> {
                               if (!tx.directory().find_app(app_id)) return fail(Code::not_found, "no_app");
                               tx.directory().set_switches(app_id, switches);
                               return {};
                           });
}

task::Task<ports::Merchant> Onboard::create_merchant(Operator by, std::string name,
                                                     std::optional<std::string> sn) {
    if (!is_name(name)) co_return fail(Code::invalid, "bad_name");
    ports::Merchant merchant{.sn = {}, .name = name};
    auto number =
        co_await act_with_number(std::move(by), "merchant.create", Number{13, std::move(sn)}, std::move(name),
                                 [merchant](Tx& tx, const std::string& sn) mutable -> core::Result<void> {
                                     const bool is_known = tx.directory().find_merchant(sn).has_value();
                                     if (!is_known && tx.directory().has_merchant_named(merchant.name))
                                         return name_taken();
                                     merchant.sn = sn;
                                     tx.directory().insert(merchant);
                                     return {};
                                 });
    if (!number) co_return std::unexpected(std::move(number.error()));
    merchant.sn = std::move(*number);
    co_return merchant;
}

task::Task<ports::Store> Onboard::create_store(Operator by, std::string merchant_sn, std::string name,
                                               std::optional<std::string> sn) {
    if (!is_name(name)) co_return fail(Code::invalid, "bad_name");
    ports::Store store{.sn = {}, .merchant_sn = merchant_sn, .name = name};
    auto number = co_await act_with_number(
        std::move(by), "store.create", Number{13, std::move(sn)}, "merchant " + merchant_sn + ", " + name,
        [store](Tx& tx, const std::string& sn) mutable -> core::Result<void> {
            if (!tx.directory().find_merchant(store.merchant_sn)) {
                return fail(Code::not_found, "no_merchant");
            }
            const bool is_known = tx.directory().find_store(sn).has_value();
            if (!is_known && tx.directory().has_store_named(store.merchant_sn, store.name))
                return name_taken();
            store.sn = sn;
            tx.directory().insert(store);
            return {};
        });
    if (!number) co_return std::unexpected(std::move(number.error()));
    store.sn = std::move(*number);
    co_return store;
}

task::Task<ports::ActivationCode> Onboard::create_code(Operator by, std::string store_sn, CodeTerms terms) {
    const bool is_good = (!terms.uses || (*terms.uses >= 1 && *terms.uses <= 1'000'000)) &&
                         terms.valid_for > core::Duration::zero() &&
                         terms.valid_for <= std::chrono::hours(24 * 366 * 100);
    if (!is_good)
        co_return fail(Code::invalid, "bad_terms", "uses 1 to 1000000, valid for at most 100 years");
    // Filled in by the closure, which alone knows the store's merchant; the same in every run.
    const auto made = std::make_shared<ports::ActivationCode>();
    made->uses_left = terms.uses;
    made->expires_at = time_.now() + terms.valid_for;
    const std::string detail = "store " + store_sn + ", " +
                               (terms.uses ? std::to_string(*terms.uses) : "unlimited") + " uses until " +
                               core::to_rfc3339(made->expires_at);
    const auto number = co_await act_with_number(
        std::move(by), "code.create", Number{8}, detail,
        [made, store_sn = std::move(store_sn)](Tx& tx, const std::string& code) -> core::Result<void> {
            const auto store = tx.directory().find_store(store_sn);
            if (!store) return fail(Code::not_found, "no_store");
            made->code = code;
            made->store_sn = store->sn;
            made->merchant_sn = store->merchant_sn;
            tx.directory().insert(*made);
            return {};
        });
    if (!number) co_return std::unexpected(number.error());
    co_return *made;
}

task::Task<void> Onboard::end_code(Operator by, std::string code) {
    const core::Instant now = time_.now();
    auto ended = co_await act(std::move(by), "code.end", code, "", [code, now](Tx& tx) -> core::Result<void> {
        if (!tx.directory().find_code(code)) return fail(Code::not_found, "no_code");
        tx.directory().end_code(code, now);
        return {};
    });
    // It is there: it had run out before.
    if (!ended && ended.error().reason == "not_found") co_return fail(Code::conflict, "code_expired");
    co_return ended;
}

task::Task<ports::ChannelAccount> Onboard::create_account(Operator by, ports::ChannelAccount account) {
    fill_defaults(account);
    if (auto checked = check_account(account); !checked)
        co_return std::unexpected(std::move(checked.error()));
    const std::string id = account.id;
    const std::string detail = std::string(payments::to_string(account.channel)) + " app_id " +
                               account.app_id + " mch_id " + account.mch_id + " for merchant " +
                               account.merchant_sn + " at " + account.base_url;
    auto made = co_await act(std::move(by), "channel_account.create", id, detail,
                             [account](Tx& tx) -> core::Result<void> {
                                 if (!tx.directory().find_merchant(account.merchant_sn)) {
                                     return fail(Code::not_found, "no_merchant");
                                 }
                                 tx.directory().insert(account);
                                 return {};
                             });
    if (!made) co_return std::unexpected(std::move(made.error()));
    co_return account;
}

task::Task<void> Onboard::set_active(Operator by, std::string kind, std::string key, bool is_active) {
    const std::string what = kind + (is_active ? ".enable" : ".disable");
    co_return co_await act(std::move(by), what, key, "",
                           [kind, key, is_active](Tx& tx) -> core::Result<void> {
                               tx.directory().set_active(kind, key, is_active);
                               return {};
                           });
}

}  // namespace huitong::flows
