// The simulated WeChat's calls and answers; those of API v2 are flat XML with a signature (spec/channels
// 1A.4 to 1A.10, Appendix A), those of API v3 are written by v3_answers.
#pragma once

#include "codec/xml.hpp"
#include "core/random.hpp"
#include "sim/options.hpp"
#include "sim/outcome.hpp"
#include "sim/wechat/sign.hpp"

namespace huitong::sim::wechat {

// API v2 is XML (spec/channels 1A), API v3 is JSON (1B); both speak of the same orders.
enum class Api : std::uint8_t { v2, v3 };

// A request that passed the checks.
struct Call : sim::Call {
    Api api = Api::v2;
    codec::XmlFields fields = {};  // of API v3 too, under the names of API v2
    const WechatMerchant* merchant = nullptr;
    SignType sign_type = SignType::md5;
};

struct Outcome : sim::Outcome {
    Api api = Api::v2;
    std::optional<std::string> json = {};    // API v3: what fields cannot say; signed as they are
    const WechatMerchant* signer = nullptr;  // null: unsigned
    SignType sign_type = SignType::md5;
};

// return_code=FAIL, unsigned: the call was not understood or its sender not recognised.
[[nodiscard]] Outcome refuse_call(std::string_view err_code, std::string_view return_msg);
// What every signed answer repeats; in API v2 with return_code=SUCCESS, result_code=SUCCESS.
[[nodiscard]] Outcome succeed(const Call& call, core::Random& random);
// Refused by a code of API v2, which API v3 may say otherwise; in API v2 with return_code=SUCCESS,
// result_code=FAIL, and in the answer to a reversal recall=N, unless told otherwise.
[[nodiscard]] Outcome fail(const Call& call, core::Random& random, std::string_view err_code,
                           std::string_view err_text, std::string_view recall = "N");
[[nodiscard]] net::Response render(Outcome outcome);

}  // namespace huitong::sim::wechat
