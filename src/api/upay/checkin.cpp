// POST /terminal/checkin (spec/upay 3.2, 2.2): a terminal changes its key.
#include <utility>

#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/fields.hpp"

namespace huitong::api::upay {

namespace {

core::Result<flows::CheckinCommand> read_checkin(const codec::Json& body) {
    Fields fields(body);
    flows::CheckinCommand command;
    command.device_id =
        fields.text("device_id", {.most = 128});  // documented as required, but clients send null
    command.os_info = fields.text("os_info", {.most = 45});
    command.sdk_version = fields.text("sdk_version", {.most = 45});
    if (auto checked = fields.check(); !checked) return std::unexpected(std::move(checked.error()));
    return command;
}

}  // namespace

task::Awaitable<std::string> checkin(const Services& services, Call call) {
    auto command = read_checkin(call.body);
    if (!command) co_return params_failure(command.error());
    const ports::TerminalView& signer = call.terminal;
    if (!signer.is_merchant_active) co_return outer_error(OuterError::pay_status_closed);
    // A flat answer has no place for a business error.
    if (!signer.terminal.is_active || !signer.is_store_active) {
        co_return outer_error(OuterError::invalid_terminal,
                              row_of(BizError::terminal_status_abnormal).message);
    }
    command->terminal_sn = signer.terminal.sn;
    command->used_previous_key = call.used_previous_key;
    auto made = co_await services.stories.checkin(std::move(*command));
    if (!made) {
        if (made.error().reason == "device_changed") {
            co_return outer_error(OuterError::invalid_terminal, "设备号与激活时不一致");
        }
        if (made.error().reason == "no_terminal") co_return outer_error(OuterError::invalid_terminal);
        co_return story_failure(made.error());
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
