// Builds the envelopes of envelope.hpp.
#include "api/upay/envelope.hpp"

#include <utility>

namespace huitong::api::upay {

std::string outer_error(OuterError error, std::string_view message) {
    const OuterRow& row = row_of(error);
    codec::JsonObject outer;
    outer.reserve(3);
    outer.emplace_back("result_code", row.result_code);
    outer.emplace_back("error_code", row.error_code);
    outer.emplace_back("error_message", message.empty() ? row.message : message);
    return codec::write_json(std::move(outer));
}

std::string flat_answer(codec::JsonObject fields) {
    codec::JsonObject outer;
    outer.reserve(2);
    outer.emplace_back("result_code", "200");
    outer.emplace_back("biz_response", std::move(fields));
    return codec::write_json(std::move(outer));
}

std::string biz_answer(BizAnswer answer) {
    const BizRow& row = row_of(answer.error);
    codec::JsonObject biz;
    biz.reserve(4);
    biz.emplace_back("result_code", answer.result_code);
    biz.emplace_back("error_code", row.error_code);
    biz.emplace_back("error_message",
                     answer.message.empty() ? std::string(row.message) : std::move(answer.message));
    if (answer.data) biz.emplace_back("data", std::move(*answer.data));
    codec::JsonObject outer;
    outer.reserve(4);
    outer.emplace_back("result_code", "200");
    outer.emplace_back("error_code", "");
    outer.emplace_back("error_message", "");
    outer.emplace_back("biz_response", std::move(biz));
    return codec::write_json(std::move(outer));
}

std::string biz_refusal(BizError error, std::string message) {
    return biz_answer({.result_code = "FAIL", .error = error, .message = std::move(message), .data = {}});
}

std::string write_rejection(const Rejection& rejection) {
    if (const auto* const outer = std::get_if<OuterError>(&rejection.error))
        return outer_error(*outer, rejection.message);
    return biz_refusal(std::get<BizError>(rejection.error), rejection.message);
}

}  // namespace huitong::api::upay
