#include "flows/terminals.hpp"

namespace huitong::flows {

using core::Code;
using core::fail;
using ports::Terminal;
using ports::TerminalView;

namespace {

constexpr std::size_t key_length = 32;

}  // namespace

Terminals::Terminals(ports::StorePort& store, task::Time& time, core::Random& random,
                     core::NumberSource& numbers)
    : store_(store), time_(time), random_(random), numbers_(numbers) {}

task::Task<ports::Vendor> Terminals::find_vendor(std::string vendor_sn) {
    co_return co_await store_.read(
        [vendor_sn = std::move(vendor_sn)](ports::Tx& tx) -> core::Result<ports::Vendor> {
            auto vendor = tx.directory().find_vendor(vendor_sn);
            if (!vendor || !vendor->is_active) return fail(Code::not_found, "no_vendor");
            return std::move(*vendor);
        });
}

task::Task<TerminalView> Terminals::find_terminal(std::string terminal_sn) {
    co_return co_await store_.read(
        [terminal_sn = std::move(terminal_sn)](ports::Tx& tx) -> core::Result<TerminalView> {
            auto view = tx.directory().find_terminal(terminal_sn);
            if (!view) return fail(Code::not_found, "no_terminal");
            return std::move(*view);
        });
}

task::Task<std::vector<payments::ChannelKind>> Terminals::find_channels(std::string merchant_sn) {
    using Kinds = std::vector<payments::ChannelKind>;
    co_return co_await store_.read(
        [merchant_sn = std::move(merchant_sn)](ports::Tx& tx) -> core::Result<Kinds> {
            Kinds kinds;
            for (const auto kind : {payments::ChannelKind::wechat, payments::ChannelKind::alipay}) {
                if (!tx.directory().find_accounts(merchant_sn, kind).empty()) kinds.push_back(kind);
            }
            return kinds;
        });
}

namespace {

// Checks the code and everything above the new terminal.
core::Result<TerminalView> view_for_code(ports::Tx& tx, const ActivateCommand& command,
                                         const std::optional<ports::ActivationCode>& code,
                                         core::Instant now) {
    const auto app = tx.directory().find_app(command.app_id);
    if (!app || !app->is_active || app->vendor_sn != command.vendor_sn)
        return fail(Code::denied, "app_not_of_vendor");
    if (!code) return fail(Code::not_found, "no_code");
    if (code->expires_at <= now) return fail(Code::conflict, "code_expired");
    if (code->uses_left && *code->uses_left <= 0) return fail(Code::conflict, "code_used_up");
    const auto store = tx.directory().find_store(code->store_sn);
    const auto merchant = tx.directory().find_merchant(code->merchant_sn);
    const bool is_active = store && store->is_active && merchant && merchant->is_active;
    if (!is_active) return fail(Code::denied, "store_inactive");
    TerminalView view;
    view.merchant_name = merchant->name;
    view.store_name = store->name;
    view.switches = app->switches;
    return view;
}

Terminal make_terminal(const ActivateCommand& command, const ports::ActivationCode& code, std::string sn,
                       std::string key, core::Instant now) {
    Terminal terminal;
    terminal.sn = std::move(sn);
    terminal.app_id = command.app_id;
    terminal.merchant_sn = code.merchant_sn;
    terminal.store_sn = code.store_sn;
    terminal.device_id = command.device_id;
    terminal.client_sn = command.client_sn;
    terminal.name = command.name;
    terminal.os_info = command.os_info;
    terminal.sdk_version = command.sdk_version;
    terminal.current_key = core::Secret(std::move(key));
    terminal.created_at = now;
    terminal.last_checkin_at = now;
    return terminal;
}

// A device whose terminal was disabled is free again.
core::Result<void> take_device(ports::Tx& tx, const TerminalView& view) {
    if (!view.switches.unique_device) {
        tx.directory().take_device(view.terminal, std::nullopt);
        return {};
    }
    const std::string before = tx.directory().find_device(view.terminal);
    const auto known = before.empty() ? std::nullopt : tx.directory().find_terminal(before);
    if (known && known->terminal.is_active) return fail(Code::conflict, "device_taken");
    tx.directory().take_device(view.terminal, before);
    return {};
}

}  // namespace

task::Task<TerminalView> Terminals::activate(ActivateCommand command) {
    // The shard of the number is the merchant's, which the code names: read the code first, check it again
    // inside.
    const auto merchant_sn =
        co_await store_.read([code = command.code](ports::Tx& tx) -> core::Result<std::string> {
            const auto found = tx.directory().find_code(code);
            return found ? found->merchant_sn : std::string();
        });
    if (!merchant_sn) co_return std::unexpected(merchant_sn.error());
    const std::string sn = numbers_.next_terminal_sn(core::shard_of(*merchant_sn));
    const std::string key = random_.hex(key_length);
    const core::Instant now = time_.now();
    co_return co_await store_.write([=](ports::Tx& tx) -> core::Result<TerminalView> {
        const auto code = tx.directory().find_code(command.code);
        auto view = view_for_code(tx, command, code, now);
        if (!view) return view;
        view->terminal = make_terminal(command, *code, sn, key, now);
        if (code->uses_left) tx.directory().use_code(*code);
        tx.directory().insert(view->terminal);
        if (auto taken = take_device(tx, *view); !taken) return std::unexpected(std::move(taken.error()));
        return view;
    });
}

task::Task<TerminalView> Terminals::checkin(CheckinCommand command) {
    const std::string key = random_.hex(key_length);
    const core::Instant now = time_.now();
    co_return co_await store_.write([=](ports::Tx& tx) -> core::Result<TerminalView> {
        auto view = tx.directory().find_terminal(command.terminal_sn);
        if (!view) return fail(Code::not_found, "no_terminal");
        Terminal& terminal = view->terminal;
        if (!command.device_id.empty() && command.device_id != terminal.device_id) {
            return fail(Code::denied, "device_changed");
        }
        // The key that signed this request stays valid: never drop the one the client has just shown to hold.
        if (!command.used_previous_key) terminal.previous_key = std::move(terminal.current_key);
        terminal.current_key = core::Secret(key);
        if (!command.os_info.empty()) terminal.os_info = command.os_info;
        if (!command.sdk_version.empty()) terminal.sdk_version = command.sdk_version;
        terminal.last_checkin_at = now;
        tx.directory().update_terminal(terminal);
        return std::move(*view);
    });
}

}  // namespace huitong::flows
