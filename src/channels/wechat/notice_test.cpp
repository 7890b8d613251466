// Notices of WeChat Pay v2: the vector of a refund notice, and what is refused for which reason.
#include "channels/wechat/notice.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "channels/wechat/signature.hpp"
#include "codec/json.hpp"
#include "crypto/aes.hpp"
#include "crypto/digest.hpp"

namespace huitong::channels::wechat {
namespace {

using codec::XmlFields;

ports::ChannelAccount make_account(std::string sign_type = "HMAC-SHA256") {
    ports::ChannelAccount account;
    account.id = "wx-main";
    account.app_id = "wx8888888888888888";
    account.mch_id = "1900000109";
    account.sign_type = std::move(sign_type);
    account.api_key = core::Secret("0123456789abcdef0123456789abcdef");
    return account;
}

XmlFields paid() {
    return XmlFields({{"return_code", "SUCCESS"},
                      {"appid", "wx8888888888888888"},
                      {"mch_id", "1900000109"},
                      {"nonce_str", "n1"},
                      {"result_code", "SUCCESS"},
                      {"openid", "oUpF8"},
                      {"trade_type", "NATIVE"},
                      {"bank_type", "OTHERS"},
                      {"total_fee", "1000"},
                      {"cash_fee", "1000"},
                      {"transaction_id", "4200000001202403050000000001"},
                      {"out_trade_no", "P1"},
                      {"time_end", "20240305091501"}});
}

std::string signed_text(XmlFields fields, const ports::ChannelAccount& account = make_account()) {
    fields.set("sign", sign(fields, parse_sign_type(account.sign_type).value(), account.api_key));
    return codec::write_flat_xml(fields);
}

XmlFields with(XmlFields fields, std::string name, std::string value) {
    fields.set(std::move(name), std::move(value));
    return fields;
}
XmlFields without(const XmlFields& fields, std::string_view name) {
    std::vector<codec::XmlField> kept;
    for (const auto& field : fields.all()) {
        if (field.first != name) kept.push_back(field);
    }
    return XmlFields(std::move(kept));
}

std::string reason_of(std::string_view body, const ports::ChannelAccount& account = make_account()) {
    const auto notice = read_notice(account, body);
    return notice ? "" : notice.error().reason;
}

const codec::Json& vector() {
    static const codec::Json json = [] {
        std::ifstream file(HUITONG_SOURCE_DIR "/tests/vectors/wechat_v2_refund_notify.json");
        std::ostringstream text;
        text << file.rdbuf();
        return codec::parse_json(text.str()).value();
    }();
    return json;
}
std::string vector(std::string_view name) {
    return *vector().find(name)->as_string();
}

TEST(Payment, IsReadWithEitherAlgorithm) {
    for (const char* sign_type : {"MD5", "HMAC-SHA256", ""}) {
        const ports::ChannelAccount account = make_account(sign_type);
        const auto notice = read_notice(account, signed_text(paid(), account)).value();
        EXPECT_EQ(notice.number, "P1");
        EXPECT_EQ(notice.refund_number, "");
        EXPECT_EQ(notice.code, "SUCCESS");
        EXPECT_EQ(notice.amount, core::fen(1000));
        EXPECT_EQ(notice.trade_no, "4200000001202403050000000001");
        const XmlFields kept = codec::parse_flat_xml(notice.body).value();
        EXPECT_EQ(kept.get("sign"), "***");
        EXPECT_EQ(kept.get("time_end"), "20240305091501");
    }
    // It may name its algorithm, and be laid out otherwise.
    const XmlFields fields = with(paid(), "sign_type", "HMAC-SHA256");
    EXPECT_EQ(reason_of("<?xml version=\"1.0\"?>\n" + signed_text(fields) + "\n"), "");
}

TEST(Payment, AWeakerOrAnotherSignatureIsRefused) {
    EXPECT_EQ(reason_of(signed_text(paid(), make_account("MD5"))), "bad_signature") << "a downgrade";
    EXPECT_EQ(reason_of(signed_text(with(paid(), "sign_type", "MD5"), make_account("MD5"))), "bad_signature");
    EXPECT_EQ(reason_of(signed_text(paid()), make_account("MD5")), "bad_signature");
    EXPECT_EQ(reason_of(codec::write_flat_xml(paid())), "bad_signature");
    EXPECT_EQ(reason_of(codec::write_flat_xml(with(paid(), "sign", ""))), "bad_signature");
    auto other = make_account();
    other.api_key = core::Secret("ffffffffffffffffffffffffffffffff");
    EXPECT_EQ(reason_of(signed_text(paid(), other)), "bad_signature");
    std::string changed = signed_text(paid());
    changed.replace(changed.find("1000"), 4, "9999");
    EXPECT_EQ(reason_of(changed), "bad_signature");
    auto bare = make_account();
    bare.api_key = core::Secret();
    EXPECT_EQ(reason_of(signed_text(paid()), bare), "bad_signature");
    bare = make_account("SHA1");
    EXPECT_EQ(reason_of(signed_text(paid()), bare), "bad_signature");
}

TEST(Payment, OfAnotherAccountIsRefused) {
    for (const XmlFields& other :
         {with(paid(), "appid", "wx9999999999999999"), with(paid(), "mch_id", "1900000110"),
          with(paid(), "sub_mch_id", "1900000777"), without(paid(), "appid"), without(paid(), "mch_id")}) {
        EXPECT_EQ(reason_of(signed_text(other)), "other_account");
    }
    auto provider = make_account();
    provider.sub_mch_id = "1900000777";
    EXPECT_EQ(reason_of(signed_text(with(paid(), "sub_mch_id", "1900000777")), provider), "");
    EXPECT_EQ(reason_of(signed_text(paid()), provider), "other_account");
    EXPECT_EQ(reason_of(signed_text(with(paid(), "sub_mch_id", "1900000778")), provider), "other_account");
}

TEST(Payment, WhatIsNoResultIsSaidSo) {
    for (const XmlFields& other : {with(paid(), "result_code", "FAIL"), without(paid(), "result_code"),
                                   without(paid(), "out_trade_no"), without(paid(), "transaction_id"),
                                   with(paid(), "trade_state", "NOTPAY")}) {
        EXPECT_EQ(reason_of(signed_text(other)), "not_a_result");
    }
    EXPECT_EQ(reason_of(signed_text(with(paid(), "return_code", "FAIL"))), "not_a_result");
    EXPECT_EQ(reason_of("<xml><return_code>FAIL</return_code></xml>"), "not_a_result");
    EXPECT_EQ(reason_of("<xml/>"), "not_a_result");
}

TEST(Payment, AnAmountThatIsNotOursIsNotSaid) {
    const auto amount = [](const XmlFields& fields) {
        return read_notice(make_account(), signed_text(fields)).value().amount;
    };
    EXPECT_EQ(amount(with(paid(), "fee_type", "CNY")), core::fen(1000));
    EXPECT_EQ(amount(with(paid(), "fee_type", "USD")), std::nullopt);
    EXPECT_EQ(amount(with(paid(), "total_fee", "10.00")), std::nullopt);
    EXPECT_EQ(amount(without(paid(), "total_fee")), std::nullopt);
}

TEST(Unreadable, WhatACodecMustNotSwallow) {
    const std::string good = signed_text(paid());
    EXPECT_EQ(reason_of("<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" + good), "unreadable");
    EXPECT_EQ(reason_of("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><xml><a>&b;</a></xml>"),
              "unreadable");
    EXPECT_EQ(reason_of("<xml><appid>&a;</appid></xml>"), "unreadable");
    EXPECT_EQ(reason_of(good.substr(0, good.size() - 6) + "<total_fee>1</total_fee></xml>"), "unreadable");
    EXPECT_EQ(reason_of(""), "unreadable");
    EXPECT_EQ(reason_of("{\"id\":\"1\"}"), "unreadable");
    EXPECT_EQ(read_notice(make_account(), "<!DOCTYPE a><xml/>").error().detail, "xml_dtd");
}

TEST(Refund, TheVectorOpens) {
    const core::Secret key(vector("aes_key_ascii"));
    EXPECT_EQ(crypto::md5_hex(vector("api_key")), vector("aes_key_ascii"));
    const std::string sealed = crypto::from_base64(vector("req_info")).value();
    EXPECT_EQ(crypto::open_aes256_ecb(key, sealed).value(), vector("plain_xml"));
    const auto notice = read_notice(make_account(), vector("body")).value();
    EXPECT_EQ(notice.number, "P20240305000001");
    EXPECT_EQ(notice.refund_number, "R20240305000001");
    EXPECT_EQ(notice.code, "SUCCESS");
    EXPECT_EQ(notice.amount, core::fen(1000)) << "of the trade";
    EXPECT_EQ(notice.trade_no, "4200000001202403050000000001");
    EXPECT_NE(notice.body.find("<refund_fee>300</refund_fee>"), notice.body.npos) << "kept as it was opened";
}

TEST(Refund, OfAnotherAccountOrKeyIsRefused) {
    const XmlFields good = codec::parse_flat_xml(vector("body")).value();
    const auto reason = [](const XmlFields& fields) { return reason_of(codec::write_flat_xml(fields)); };
    EXPECT_EQ(reason(good), "");
    EXPECT_EQ(reason(with(good, "mch_id", "1900000110")), "other_account");
    EXPECT_EQ(reason(with(good, "appid", "wx9")), "other_account");
    EXPECT_EQ(reason(with(good, "sub_mch_id", "1")), "other_account");
    EXPECT_EQ(reason(with(good, "return_code", "FAIL")), "not_a_result");
    auto other = make_account();
    other.api_key = core::Secret("ffffffffffffffffffffffffffffffff");
    EXPECT_EQ(reason_of(vector("body"), other), "bad_signature");
    const std::string sealed(good.get("req_info"));
    for (const std::string& broken : {std::string(), std::string("AAAA"), std::string("!"),
                                      sealed.substr(0, 64), sealed.substr(64), sealed + sealed}) {
        EXPECT_EQ(reason(with(good, "req_info", broken)), "bad_signature") << broken.size();
    }
}

TEST(Refund, WhatItIsAboutMustBeSaid) {
    const XmlFields good = codec::parse_flat_xml(vector("body")).value();
    // "<root><out_trade_no>P1</out_trade_no></root>" under the same key (`openssl enc -aes-256-ecb`).
    const std::string bare = "Av1lTEywNEOiv3TH+k87nFvzXTF3i68hj+TP52TerWGNb14ADFJXiWxINndXMVoD";
    EXPECT_EQ(reason_of(codec::write_flat_xml(with(good, "req_info", bare))), "not_a_result");
}

TEST(Reply, HeardOrAgain) {
    const auto heard = reply_to_notice(true);
    EXPECT_EQ(heard.status, 200);
    EXPECT_EQ(heard.content_type, "text/xml");
    EXPECT_EQ(heard.body,
              "<xml><return_code><![CDATA[SUCCESS]]></return_code>"
              "<return_msg><![CDATA[OK]]></return_msg></xml>");
    const XmlFields again = codec::parse_flat_xml(reply_to_notice(false).body).value();
    EXPECT_EQ(again.get("return_code"), "FAIL");
    EXPECT_NE(again.get("return_msg"), "");
}

}  // namespace
}  // namespace huitong::channels::wechat
