// POST /terminal/activate (spec/upay 3.1): a vendor turns an activation code into a terminal with its first
// key.
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/fields.hpp"

namespace huitong::api::upay {

namespace {

core::Result<flows::ActivateCommand> read_activate(const codec::Json& body) {
    Fields fields(body);
    flows::ActivateCommand command;
    command.app_id = fields.text("app_id", {.most = 32});
    if (command.app_id.empty())
        command.app_id = fields.text("appid", {.most = 32});  // as an old client writes it
    if (command.app_id.empty()) fields.refuse("app_id不可以为空");
    command.code = fields.text("code", {Need::required, 32});
    command.device_id = fields.text("device_id", {Need::required, 128});
    command.client_sn = fields.text("client_sn", {.most = 50});
    command.name = fields.text("name", {.most = 128});
    command.os_info = fields.text("os_info", {.most = 45});
    command.sdk_version = fields.text("sdk_version", {.most = 45});
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    return command;
}

// The texts clients know (spec/upay 1.3); empty: not a refusal of this request.
std::string_view text_of(std::string_view reason) {
    if (reason == "no_code") return "激活码不存在";
    if (reason == "code_expired") return "激活码过期";
    if (reason == "code_used_up") return "激活码已经被使用";
    if (reason == "client_sn_taken") return "外部终端号重复";
    if (reason == "device_taken") return "设备号重复";
    if (reason == "app_not_of_vendor") return "app_id不存在或不属于该服务商";
    if (reason == "store_inactive") return "激活码所属的门店或商户已停用";
    return {};
}

}  // namespace

task::Awaitable<std::string> activate(const Services& services, Call call) {
    auto command = read_activate(call.body);
    if (!command) co_return params_failure(command.error());
    command->vendor_sn = call.vendor.sn;
    auto made = co_await services.stories.activate(std::move(*command));
    if (!made) {
        const std::string_view text = text_of(made.error().reason);
        if (text.empty()) co_return story_failure(made.error());
        co_return outer_error(OuterError::invalid_params, text);
    }
    codec::JsonObject fields;
    fields.reserve(6);
    fields.emplace_back("terminal_sn", made->terminal.sn);
    fields.emplace_back("terminal_key", made->terminal.current_key.reveal());
    fields.emplace_back("merchant_sn", made->terminal.merchant_sn);
    fields.emplace_back("merchant_name", made->merchant_name);
    fields.emplace_back("store_sn", made->terminal.store_sn);
    fields.emplace_back("store_name", made->store_name);
    co_return flat_answer(std::move(fields));
}

}  // namespace huitong::api::upay
