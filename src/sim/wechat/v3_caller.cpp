// The header Authorization: scheme, five values in any order, a signature over method, target, timestamp,
// nonce and body, each on its line (spec/channels 1B.1).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "sim/wechat/v3_checks.hpp"

namespace huitong::sim::wechat::v3 {

namespace {

constexpr std::string_view scheme = "WECHATPAY2-SHA256-RSA2048 ";
constexpr std::size_t longest_nonce = 32;

struct Authorization {
    std::string_view mchid;
    std::string_view nonce_str;
    std::string_view timestamp;
    std::string_view serial_no;
    std::string_view signature;
};

constexpr std::pair<std::string_view, std::string_view Authorization::*> members[] = {
    {"mchid", &Authorization::mchid},         {"nonce_str", &Authorization::nonce_str},
    {"timestamp", &Authorization::timestamp}, {"serial_no", &Authorization::serial_no},
    {"signature", &Authorization::signature},
};

// name="value",… with each of the five once and none empty.
std::optional<Authorization> parse_authorization(std::string_view header) {
    if (!header.starts_with(scheme)) return std::nullopt;
    std::string_view rest = header.substr(scheme.size());
    Authorization parsed;
    for (std::size_t i = 0; i < std::size(members); ++i) {
        const auto opens = rest.find("=\"");
        if (opens == rest.npos) return std::nullopt;
        const auto closes = rest.find('"', opens + 2);
        if (closes == rest.npos) return std::nullopt;
        const auto* const member =
            std::ranges::find(members, rest.substr(0, opens), [](const auto& row) { return row.first; });
        const std::string_view value = rest.substr(opens + 2, closes - opens - 2);
        if (member == std::end(members) || value.empty() || !(parsed.*member->second).empty()) {
            return std::nullopt;
        }
        parsed.*member->second = value;
        rest.remove_prefix(closes + 1);
        const bool is_last = i + 1 == std::size(members);
        if (is_last ? !rest.empty() : !rest.starts_with(',')) return std::nullopt;
        if (!is_last) rest.remove_prefix(1);
    }
    return parsed;
}

bool is_in_time(std::string_view timestamp, core::Instant now, std::int64_t window_s) {
    const auto seconds = core::parse_minor(timestamp);
    if (!seconds) return false;
    return window_s == 0 || std::abs(core::to_ms(now) / 1000 - *seconds) <= window_s;
}

bool is_signed_well(const Authorization& given, const WechatMerchant& merchant, const net::Request& request) {
    const auto key = crypto::RsaPublicKey::parse(merchant.public_key);
    const auto signature = crypto::from_base64(given.signature);
    if (!key || !signature) return false;
    const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", request.method, request.target,
                                         given.timestamp, given.nonce_str, request.body);
    return key->verify_sha256(text, *signature);
}

// API v3 answers nobody who does not say what he is and what he reads.
std::optional<Outcome> check_headers(const net::Request& request) {
    const auto accept = request.headers.find("Accept").value_or("");
    const bool reads_json =
        accept.find("application/json") != accept.npos || accept.find("*/*") != accept.npos;
    if (!reads_json) return refuse_call("PARAM_ERROR", "Http头Accept应为application/json");
    if (request.headers.find("User-Agent").value_or("").empty()) {
        return refuse_call("PARAM_ERROR", "Http头缺少User-Agent");
    }
    return std::nullopt;
}

}  // namespace

std::optional<Outcome> verify_caller(Call& call, const Asked& asked) {
    const net::Request& request = asked.request;
    if (auto refused = check_headers(request)) return refused;
    const auto given = parse_authorization(request.headers.find("Authorization").value_or(""));
    if (!given || given->nonce_str.size() > longest_nonce) {
        return refuse_call("SIGNERROR", "Http头Authorization格式错误");
    }
    const auto& merchants = asked.options.wechat_merchants;
    const auto found = std::ranges::find(merchants, given->mchid, &WechatMerchant::mch_id);
    if (found == merchants.end()) return refuse_call("MCHID_NOT_EXIST", "商户号不存在");
    if (found->certificate_serial.empty() || found->certificate_serial != given->serial_no) {
        return refuse_call("SIGNERROR", "商户证书序列号有误");
    }
    if (!is_in_time(given->timestamp, asked.now, asked.options.wechat_timestamp_window_s)) {
        return refuse_call("SIGNERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟");
    }
    if (!is_signed_well(*given, *found, request)) return refuse_call("SIGNERROR", "错误的签名，验签失败");
    call.merchant = &*found;
    call.account = static_cast<std::size_t>(found - merchants.begin());
    if (!found->sub_mch_ids.empty()) return fail(call, "NOAUTH", "服务商不能调用直连商户的接口");
    return std::nullopt;
}

}  // namespace huitong::sim::wechat::v3
