// The simulated WeChat's calls and answers: flat XML with a signature (spec/channels 1A.4 to 1A.10, Appendix
// A).
#pragma once

#include "codec/xml.hpp"
#include "core/random.hpp"
#include "sim/options.hpp"
#include "sim/outcome.hpp"
#include "sim/wechat/sign.hpp"

namespace huitong::sim::wechat {

// A request that passed the checks.
struct Call : sim::Call {
    codec::XmlFields fields = {};
    const WechatMerchant* merchant = nullptr;
    SignType sign_type = SignType::md5;
};

struct Outcome : sim::Outcome {
    const WechatMerchant* signer = nullptr;  // null: unsigned
    SignType sign_type = SignType::md5;
};

// return_code=FAIL, unsigned: the call was not understood or its sender not recognised.
[[nodiscard]] Outcome refuse_call(std::string_view err_code, std::string_view return_msg);
// return_code=SUCCESS, result_code=SUCCESS, and what every signed answer repeats.
[[nodiscard]] Outcome succeed(const Call& call, core::Random& random);
// return_code=SUCCESS, result_code=FAIL. A reverse answer also gets recall=N, unless told otherwise.
[[nodiscard]] Outcome fail(const Call& call, core::Random& random, std::string_view err_code,
                           std::string_view err_text, std::string_view recall = "N");
[[nodiscard]] net::Response render(Outcome outcome);

}  // namespace huitong::sim::wechat
