// POST /terminal/uploadLog (spec/upay 3.3): a terminal's own log, kept as the bytes it is.
#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"

namespace huitong::api::upay {

task::Awaitable<std::string> upload_log(const Services& services, Call call) {
    constexpr std::size_t most = 10 << 20;
    if (call.raw_body.empty()) co_return outer_error(OuterError::invalid_params, "日志内容不可以为空");
    // The text that a WAP query's signature covers (spec/upay 2.3) is no log, though any payer has it.
    if (call.raw_body.ends_with("&key=")) co_return outer_error(OuterError::illegal_sign);
    if (call.raw_body.size() > most) co_return outer_error(OuterError::invalid_params, "日志不能超过10MB");
    const auto kept = services.keep_log(call.terminal.terminal.sn, call.raw_body);
    if (!kept) co_return story_failure(kept.error());
    co_return codec::write_json(
        codec::JsonObject{{"result_code", "200"}, {"error_code", "SUCCESS"}, {"error_message", "ok"}});
}

}  // namespace huitong::api::upay
