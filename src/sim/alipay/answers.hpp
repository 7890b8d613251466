// The simulated Alipay's calls and answers: a signed JSON object under the method's name (spec/channels 2.2,
// Appendix A).
#pragma once

#include "sim/alipay/sign.hpp"
#include "sim/outcome.hpp"

namespace huitong::sim::alipay {

// A request that passed the checks.
struct Call : sim::Call {
    const Account* caller = nullptr;
    std::string answer_key = {};  // "alipay_trade_pay_response"
};

struct Outcome : sim::Outcome {
    const Account* signer = nullptr;  // null: unsigned
    std::string key = {};
    std::string fund_amount = {};  // of the one entry of fund_bill_list; empty: no list
    std::string location = {};     // where the payer's browser goes, instead of an answer
};

// Code 10000.
[[nodiscard]] Outcome succeed(const Call& call);
// `code` is a gateway code or a sub_code; the other of the two follows from it: ACQ.… belong to 40004, isv.
// missing… to 40001, other isv.… to 40002, isp.… and aop.… to 20000.
[[nodiscard]] Outcome fail(const Call& call, std::string_view code, std::string_view text);
[[nodiscard]] net::Response render(Outcome outcome, std::string trace_id);

}  // namespace huitong::sim::alipay
