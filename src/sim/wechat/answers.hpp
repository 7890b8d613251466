// Outcome: what one call came to, before it is signed and put on the wire (spec/channels 1A.4 to 1A.6,
// Appendix A).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/xml.hpp"
#include "core/random.hpp"
#include "core/time.hpp"
#include "net/message.hpp"
#include "sim/options.hpp"
#include "sim/wechat/sign.hpp"

namespace huitong::sim::wechat {

enum class Op : std::uint8_t { micropay, orderquery, reverse };
[[nodiscard]] std::string_view to_string(Op op);

// A request that passed the checks.
struct Call {
    Op op = Op::micropay;
    codec::XmlFields fields;
    const WechatMerchant* merchant = nullptr;
    std::size_t merchant_index = 0;
    std::uint16_t sub = 0;  // 1 + index of the sub-merchant; 0: none
    SignType sign_type = SignType::md5;
    std::int64_t total_fee = 0;  // micropay only
    std::string negative_test;   // header Wechatpay-Negative-Test
};

struct Outcome {
    std::vector<codec::XmlField> fields;     // without sign
    const WechatMerchant* signer = nullptr;  // null: unsigned
    SignType sign_type = SignType::md5;
    bool has_bad_sign = false;
    int status = 200;
    std::optional<std::string> raw_body;  // instead of the fields
    net::Delivery delivery = net::Delivery::complete;
    core::Duration delay{0};  // virtual, before the answer leaves
    bool is_certain = true;   // the caller learns from it how its call ended

    [[nodiscard]] std::string_view get(std::string_view name) const;
    void add(std::string_view name, std::string_view value) { fields.emplace_back(name, value); }
    void set(std::string_view name, std::string value);
};

// return_code=FAIL, unsigned: the call was not understood or its sender not recognised.
[[nodiscard]] Outcome refuse_call(std::string_view err_code, std::string_view return_msg);
// return_code=SUCCESS, result_code=SUCCESS, and what every signed answer repeats.
[[nodiscard]] Outcome succeed(const Call& call, core::Random& random);
// return_code=SUCCESS, result_code=FAIL. A reverse answer also gets recall=N, unless told otherwise.
[[nodiscard]] Outcome fail(const Call& call, core::Random& random, std::string_view err_code,
                           std::string_view err_text, std::string_view recall = "N");
// Connection closed without a byte.
[[nodiscard]] Outcome drop();
[[nodiscard]] Outcome html(int status);

[[nodiscard]] net::Response render(Outcome outcome);

}  // namespace huitong::sim::wechat
