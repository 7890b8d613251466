// Launch texts of WeChat Pay v2 (spec/channels 1A.7, spec/upay 3.5).
#include "channels/wechat/launch.hpp"

#include <chrono>

#include "channels/wechat/wire.hpp"
#include "codec/form.hpp"
#include "codec/json.hpp"

namespace huitong::channels::wechat {

namespace {

using codec::XmlFields;

// The application whose page, mini-program or app calls the wallet, and the merchant it calls it for: in
// service-provider mode the sub-merchant's.
const std::string& caller_of(const ports::ChannelAccount& account) {
    return account.sub_app_id.empty() ? account.app_id : account.sub_app_id;
}
const std::string& partner_of(const ports::ChannelAccount& account) {
    return account.sub_mch_id.empty() ? account.mch_id : account.sub_mch_id;
}

std::string timestamp_of(const ports::LaunchCall& call) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(call.created_at);
    return std::to_string(seconds.time_since_epoch().count());
}

std::string to_json(const XmlFields& fields) {
    codec::JsonObject object;
    for (const auto& [name, value] : fields.all()) object.emplace_back(name, codec::Json(value));
    return codec::write_json(codec::Json(std::move(object)));
}

std::string jsapi_parameters(const ports::ChannelAccount& account, const std::string& prepay_id,
                             const std::string& timestamp, const std::string& nonce) {
    const SignType type = sign_type_of(account);
    XmlFields fields({{"appId", caller_of(account)},
                      {"timeStamp", timestamp},
                      {"nonceStr", nonce},
                      {"package", "prepay_id=" + prepay_id},
                      {"signType", std::string(to_string(type))}});
    const std::string signature = sign(fields, type, account.api_key);
    fields.set("paySign", signature);
    fields.set("appid", caller_of(account));
    fields.set("timestamp", timestamp);
    fields.set("noncestr", nonce);
    fields.set("prepayid", prepay_id);
    fields.set("sign", signature);
    return to_json(fields);
}

std::string app_parameters(const ports::ChannelAccount& account, const std::string& prepay_id,
                           const std::string& timestamp, const std::string& nonce) {
    XmlFields fields({{"appid", caller_of(account)},
                      {"noncestr", nonce},
                      {"package", "Sign=WXPay"},
                      {"partnerid", partner_of(account)},
                      {"prepayid", prepay_id},
                      {"timestamp", timestamp}});
    fields.set("sign", sign(fields, sign_type_of(account), account.api_key));
    return to_json(fields);
}

std::string web_address(std::string mweb_url, const std::string& return_url) {
    if (!mweb_url.empty() && !return_url.empty())
        mweb_url += "&redirect_url=" + codec::percent_encode(return_url);
    return mweb_url;
}

}  // namespace

std::string launch_text(const XmlFields& answered, const ports::ChannelAccount& account,
                        const ports::LaunchCall& call, std::string nonce) {
    const std::string prepay_id(answered.get("prepay_id"));
    switch (call.product) {
        case payments::Product::qr:
            return std::string(answered.get("code_url"));
        case payments::Product::h5:
            return web_address(std::string(answered.get("mweb_url")), call.return_url);
        case payments::Product::wap:
        case payments::Product::mini_program:
            return prepay_id.empty() ? "" : jsapi_parameters(account, prepay_id, timestamp_of(call), nonce);
        case payments::Product::app:
            return prepay_id.empty() ? "" : app_parameters(account, prepay_id, timestamp_of(call), nonce);
        case payments::Product::barcode:
            break;
    }
    return "";
}

}  // namespace huitong::channels::wechat
