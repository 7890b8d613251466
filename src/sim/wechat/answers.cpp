// Builds answers as field lists; the order of elements is free, so it is that of the documentation's samples.
#include "sim/wechat/answers.hpp"

#include "sim/wechat/v3_answers.hpp"

namespace huitong::sim::wechat {

Outcome refuse_call(std::string_view err_code, std::string_view return_msg) {
    Outcome outcome;
    outcome.add("return_code", "FAIL");
    outcome.add("return_msg", return_msg);
    outcome.add("err_code", err_code);
    outcome.add("err_code_des", return_msg);
    return outcome;
}

namespace {

Outcome common(const Call& call, core::Random& random, std::string_view result_code) {
    Outcome outcome;
    outcome.signer = call.merchant;
    outcome.sign_type = call.sign_type;
    outcome.fields.reserve(24);
    outcome.add("return_code", "SUCCESS");
    outcome.add("return_msg", "OK");
    for (const char* const name : {"appid", "mch_id", "sub_appid", "sub_mch_id", "device_info"}) {
        const std::string_view value = call.fields.get(name);
        if (!value.empty()) outcome.add(name, value);
    }
    outcome.add("nonce_str", random.hex(32));
    outcome.add("result_code", result_code);
    return outcome;
}

}  // namespace

Outcome succeed(const Call& call, core::Random& random) {
    if (call.api == Api::v3) return v3::succeed(call);
    return common(call, random, "SUCCESS");
}

Outcome fail(const Call& call, core::Random& random, std::string_view err_code, std::string_view err_text,
             std::string_view recall) {
    if (call.api == Api::v3) return v3::fail(call, err_code, err_text);
    Outcome outcome = common(call, random, "FAIL");
    outcome.add("err_code", err_code);
    outcome.add("err_code_des", err_text);
    if (call.op == Op::reverse) outcome.add("recall", recall);
    return outcome;
}

net::Response render(Outcome outcome) {
    std::string body;
    if (outcome.raw_body) {
        body = std::move(*outcome.raw_body);
    } else {
        if (outcome.signer != nullptr) {
            std::string sign = sign_fields(outcome.fields, outcome.signer->api_key, outcome.sign_type);
            if (outcome.has_bad_sign) sign[0] = sign[0] == '0' ? '1' : '0';
            outcome.fields.emplace_back("sign", std::move(sign));
        }
        body = codec::write_flat_xml(codec::XmlFields(std::move(outcome.fields)));
    }
    const bool is_page = outcome.status != 200;
    auto response = net::make_response(outcome.status, is_page ? "text/html" : "text/plain", std::move(body));
    response.delivery = outcome.delivery;
    return response;
}

}  // namespace huitong::sim::wechat
