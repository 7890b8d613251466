// WeChat Pay v2 as bytes: every row of the err_code table, and every answer that must not be believed.
#include "channels/wechat/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "channels/wechat/signature.hpp"

namespace huitong::channels::wechat {
namespace {

using codec::XmlFields;
using payments::Effect;
using payments::Outcome;
using payments::Refusal;
using payments::TradeState;

constexpr std::string_view number = "P7842000000000001k3f9z";

codec::XmlFields make_fields(std::vector<codec::XmlField> fields) {
    return codec::XmlFields(std::move(fields));
}

ports::ChannelAccount make_account() {
    ports::ChannelAccount account;
    account.id = "wx-main";
    account.app_id = "wx8888888888888888";
    account.mch_id = "1900000109";
    account.sign_type = "HMAC-SHA256";
    account.api_key = core::Secret("0123456789abcdef0123456789abcdef");
    account.server_ip = "10.0.0.1";
    return account;
}

ports::ChannelAccount make_provider_account() {
    ports::ChannelAccount account = make_account();
    account.sub_app_id = "wx7777777777777777";
    account.sub_mch_id = "1900000777";
    return account;
}

ports::PayByCode make_call() {
    ports::PayByCode call;
    call.number = number;
    call.amount = core::fen(1000);
    call.payment_code = "134567890123456789";
    call.subject = "测试商品";
    call.terminal_sn = "100078000000000001";
    call.terminal_ip = "192.0.2.7";
    return call;
}

std::string signed_text(XmlFields fields, const ports::ChannelAccount& account = make_account()) {
    fields.set("sign", sign(fields, parse_sign_type(account.sign_type).value(), account.api_key));
    return codec::write_flat_xml(fields);
}

XmlFields common(std::string result_code) {
    return make_fields({{"return_code", "SUCCESS"},
                        {"return_msg", "OK"},
                        {"appid", "wx8888888888888888"},
                        {"mch_id", "1900000109"},
                        {"nonce_str", "n1"},
                        {"result_code", std::move(result_code)}});
}

XmlFields failure(std::string_view err_code) {
    XmlFields fields = common("FAIL");
    fields.set("err_code", std::string(err_code));
    fields.set("err_code_des", "原因");
    return fields;
}

XmlFields paid() {
    XmlFields fields = common("SUCCESS");
    fields.set("openid", "oUpF8");
    fields.set("trade_type", "MICROPAY");
    fields.set("bank_type", "OTHERS");
    fields.set("fee_type", "CNY");
    fields.set("total_fee", "1000");
    fields.set("transaction_id", "4200000001202403050000000001");
    fields.set("out_trade_no", std::string(number));
    fields.set("time_end", "20240305091501");
    return fields;
}

XmlFields found(std::string state) {
    XmlFields fields = paid();
    fields.set("trade_state", std::move(state));
    fields.set("trade_state_desc", "说明");
    return fields;
}

XmlFields reversed() {
    XmlFields fields = common("SUCCESS");
    fields.set("recall", "N");
    return fields;
}

XmlFields without(const XmlFields& fields, std::string_view name) {
    std::vector<codec::XmlField> kept;
    for (const auto& field : fields.all()) {
        if (field.first != name) kept.push_back(field);
    }
    return XmlFields(std::move(kept));
}

XmlFields with(XmlFields fields, std::string name, std::string value) {
    fields.set(std::move(name), std::move(value));
    return fields;
}

payments::PayAnswer pay_answer(std::string_view bytes,
                               const ports::ChannelAccount& account = make_account()) {
    return parse_micropay_answer(bytes, account, number);
}
payments::LaunchAnswer launch_answer(std::string_view bytes) {
    ports::LaunchCall call;
    call.number = number;
    return parse_unifiedorder_answer(bytes, make_account(), call, "n");
}
payments::QueryAnswer query_answer(std::string_view bytes,
                                   const ports::ChannelAccount& account = make_account()) {
    return parse_orderquery_answer(bytes, account, number);
}
payments::ReverseAnswer reverse_answer(std::string_view bytes,
                                       const ports::ChannelAccount& account = make_account()) {
    return parse_reverse_answer(bytes, account, number);
}

ports::RefundRef make_refund() {
    ports::RefundRef refund;
    refund.trade_number = number;
    refund.trade_amount = core::fen(1000);
    refund.refund_number = "R7842000000000001k3f9z";
    refund.amount = core::fen(300);
    return refund;
}
payments::RefundAnswer refund_answer(std::string_view bytes,
                                     const ports::ChannelAccount& account = make_account()) {
    return parse_refund_answer(bytes, account, make_refund());
}
payments::RefundAnswer refundquery_answer(std::string_view bytes) {
    return parse_refundquery_answer(bytes, make_account(), make_refund());
}
payments::CloseAnswer close_answer(std::string_view bytes) {
    return parse_closeorder_answer(bytes, make_account(), number);
}

XmlFields parsed(const std::string& text) {
    return codec::parse_flat_xml(text).value();
}

// ---- requests

TEST(Build, MicropayCarriesEveryFieldAndAGoodSignature) {
    ports::PayByCode call = make_call();
    call.attach = "till 3";
    call.goods_tag = "TAG";
    const XmlFields fields = parsed(build_micropay(make_account(), call, "nonce").body);
    EXPECT_EQ(fields.get("appid"), "wx8888888888888888");
    EXPECT_EQ(fields.get("mch_id"), "1900000109");
    EXPECT_EQ(fields.get("nonce_str"), "nonce");
    EXPECT_EQ(fields.get("sign_type"), "HMAC-SHA256");
    EXPECT_EQ(fields.get("device_info"), "100078000000000001");
    EXPECT_EQ(fields.get("body"), "测试商品");
    EXPECT_EQ(fields.get("attach"), "till 3");
    EXPECT_EQ(fields.get("goods_tag"), "TAG");
    EXPECT_EQ(fields.get("out_trade_no"), number);
    EXPECT_EQ(fields.get("total_fee"), "1000");
    EXPECT_EQ(fields.get("spbill_create_ip"), "192.0.2.7");
    EXPECT_EQ(fields.get("auth_code"), "134567890123456789");
    EXPECT_EQ(fields.find("sub_mch_id"), nullptr);
    EXPECT_TRUE(verify(fields, SignType::hmac_sha256, make_account().api_key));
}

TEST(Build, TerminalIpFallsBackToTheServers) {
    ports::PayByCode call = make_call();
    call.terminal_ip.clear();
    EXPECT_EQ(parsed(build_micropay(make_account(), call, "n").body).get("spbill_create_ip"), "10.0.0.1");
}

TEST(Build, KeptRequestHidesThePaymentCodeOnly) {
    const CallText text = build_micropay(make_account(), make_call(), "n");
    EXPECT_EQ(text.masked.find("134567890123456789"), text.masked.npos);
    EXPECT_EQ(text.masked.find(make_account().api_key.reveal()), text.masked.npos);
    const XmlFields masked = parsed(text.masked);
    const XmlFields sent = parsed(text.body);
    EXPECT_EQ(masked.get("auth_code"), "13************6789");
    EXPECT_EQ(masked.get("sign"), sent.get("sign"));
    EXPECT_EQ(masked.all().size(), sent.all().size());
    ports::PayByCode call = make_call();
    call.payment_code = "123456";
    EXPECT_EQ(parsed(build_micropay(make_account(), call, "n").masked).get("auth_code"), "******");
}

TEST(Build, TextIsCutBetweenCharactersAndSignsAsItIsRead) {
    ports::PayByCode call = make_call();
    for (int i = 0; i < 50; ++i) call.attach += "果";  // 150 bytes
    call.subject = "a\r\nb\x01 ]]> <&> " + call.attach + "\xEF\xBF\xBF";
    const XmlFields fields = parsed(build_micropay(make_account(), call, "n").body);
    EXPECT_TRUE(fields.get("body").starts_with("a  b  ]]> <&> 果"));
    EXPECT_LE(fields.get("body").size(), 127U);
    EXPECT_GT(fields.get("body").size(), 124U);
    EXPECT_EQ(fields.get("attach").size(), 126U) << "42 whole characters of three bytes";
    EXPECT_TRUE(verify(fields, SignType::hmac_sha256, make_account().api_key));
    call.subject = "caf\xE9";
    EXPECT_EQ(parsed(build_micropay(make_account(), call, "n").body).get("body"), "caf");
}

TEST(Build, ProviderNamesTheSubMerchantInEveryCall) {
    const auto account = make_provider_account();
    for (const std::string& body :
         {build_micropay(account, make_call(), "n").body, build_orderquery(account, number, "n").body,
          build_reverse(account, number, "n").body}) {
        EXPECT_EQ(parsed(body).get("sub_appid"), "wx7777777777777777");
        EXPECT_EQ(parsed(body).get("sub_mch_id"), "1900000777");
        EXPECT_EQ(parsed(body).get("out_trade_no"), number);
        EXPECT_TRUE(verify(parsed(body), SignType::hmac_sha256, account.api_key));
    }
}

TEST(BuildDeathTest, AnotherCurrencyIsADefect) {
    ports::PayByCode call = make_call();
    call.amount = core::Money{1000, core::Currency::USD};
    EXPECT_DEATH((void)build_micropay(make_account(), call, "n"), "CNY only");
}

// ---- the table, written out a second time: calls (pay, launch, query, reverse, f refund, y its query,
// close;
// * all), code, outcome, refusal, flags

struct Row {
    char call;
    std::string_view code;
    Outcome outcome;
    Refusal refusal = Refusal::none;
    bool may_exist = false;
    bool may_be_older = false;
};

constexpr Row rows[] = {
    {'p', "USERPAYING", Outcome::pending},
    {'p', "SYSTEMERROR", Outcome::unknown},
    {'p', "BANKERROR", Outcome::unknown},
    {'p', "ORDERPAID", Outcome::unknown, Refusal::none, false, true},
    {'p', "OUT_TRADE_NO_USED", Outcome::unknown, Refusal::none, false, true},
    {'p', "INVALID_REQUEST", Outcome::unknown, Refusal::none, false, true},
    {'p', "ORDERREVERSED", Outcome::refused, Refusal::number_used_up},
    {'p', "ORDERCLOSED", Outcome::refused, Refusal::number_used_up},
    {'p', "NOTENOUGH", Outcome::refused, Refusal::insufficient_funds, true},
    {'p', "AUTHCODEEXPIRE", Outcome::refused, Refusal::code_expired},
    {'p', "AUTH_CODE_ERROR", Outcome::refused, Refusal::code_invalid},
    {'p', "AUTH_CODE_INVALID", Outcome::refused, Refusal::code_invalid},
    {'p', "NOTSUPORTCARD", Outcome::refused, Refusal::payer_account, true},
    {'p', "TRADE_ERROR", Outcome::refused, Refusal::trade_refused, true},
    {'p', "RULELIMIT", Outcome::refused, Refusal::payer_limit, true},
    {'p', "USER_ACCOUNT_ABNORMAL", Outcome::refused, Refusal::payer_account, true},
    {'p', "BUYER_MISMATCH", Outcome::refused, Refusal::payer_account},
    {'p', "ORDERNOTEXIST", Outcome::unknown},
    {'p', "REVERSE_EXPIRE", Outcome::unknown},
    {'p', "REFUNDNOTEXIST", Outcome::unknown},
    {'p', "ERROR", Outcome::unknown},
    {'l', "ORDERPAID", Outcome::unknown},
    {'l', "OUT_TRADE_NO_USED", Outcome::unknown},
    {'l', "INVALID_REQUEST", Outcome::unknown},
    {'l', "ORDERCLOSED", Outcome::refused, Refusal::number_used_up},
    {'l', "ORDERREVERSED", Outcome::refused, Refusal::number_used_up},
    {'l', "NOTENOUGH", Outcome::refused, Refusal::insufficient_funds, true},
    {'l', "SYSTEMERROR", Outcome::unknown},
    {'l', "BANKERROR", Outcome::unknown},
    {'l', "USERPAYING", Outcome::unknown},
    {'l', "TRADE_ERROR", Outcome::unknown},
    {'l', "ORDERNOTEXIST", Outcome::unknown},
    {'q', "ORDERNOTEXIST", Outcome::done},
    {'q', "SYSTEMERROR", Outcome::unknown},
    {'q', "BANKERROR", Outcome::unknown},
    {'q', "USERPAYING", Outcome::unknown},
    {'q', "NOTENOUGH", Outcome::unknown},
    {'r', "SYSTEMERROR", Outcome::unknown},
    {'r', "USERPAYING", Outcome::unknown},
    {'r', "BANKERROR", Outcome::unknown},
    {'r', "ORDERNOTEXIST", Outcome::refused, Refusal::no_such_trade},
    {'r', "REVERSE_EXPIRE", Outcome::refused, Refusal::too_late},
    {'r', "NOTENOUGH", Outcome::refused, Refusal::merchant_funds},
    {'r', "TRADE_STATE_ERROR", Outcome::refused, Refusal::wrong_state},
    {'r', "INVALID_TRANSACTIONID", Outcome::refused, Refusal::configuration},
    {'f', "SYSTEMERROR", Outcome::unknown},
    {'f', "BIZERR_NEED_RETRY", Outcome::unknown},
    {'f', "NOTENOUGH", Outcome::refused, Refusal::merchant_funds},
    {'f', "TRADE_OVERDUE", Outcome::refused, Refusal::too_late},
    {'f', "USER_ACCOUNT_ABNORMAL", Outcome::refused, Refusal::payer_account},
    {'f', "ERROR", Outcome::refused, Refusal::trade_refused},
    {'f', "ORDERNOTEXIST", Outcome::refused, Refusal::no_such_trade},
    {'f', "INVALID_TRANSACTIONID", Outcome::refused, Refusal::configuration},
    {'f', "TRADE_STATE_ERROR", Outcome::refused, Refusal::wrong_state},
    {'f', "REVERSE_EXPIRE", Outcome::unknown},
    {'f', "INVALID_REQUEST", Outcome::unknown},
    {'y', "REFUNDNOTEXIST", Outcome::unknown},
    {'y', "SYSTEMERROR", Outcome::unknown},
    {'y', "ORDERNOTEXIST", Outcome::unknown},
    {'y', "INVALID_TRANSACTIONID", Outcome::refused, Refusal::configuration},
    {'c', "ORDERPAID", Outcome::refused, Refusal::wrong_state},
    {'c', "ORDERCLOSED", Outcome::done},
    {'c', "ORDERNOTEXIST", Outcome::done},
    {'c', "USERPAYING", Outcome::unknown},
    {'c', "TRADE_STATE_ERROR", Outcome::refused, Refusal::wrong_state},
    {'c', "SYSTEMERROR", Outcome::unknown},
    {'c', "ORDERREVERSED", Outcome::unknown},
    {'*', "INVALID_REQ_TOO_MUCH", Outcome::not_sent, Refusal::rate_limited},
    {'*', "FREQUENCY_LIMITED", Outcome::not_sent, Refusal::rate_limited},
    {'*', "RATELIMIT", Outcome::not_sent, Refusal::rate_limited},
    {'*', "SIGNERROR", Outcome::refused, Refusal::configuration},
    {'*', "PARAM_ERROR", Outcome::refused, Refusal::configuration},
    {'*', "LACK_PARAMS", Outcome::refused, Refusal::configuration},
    {'*', "XML_FORMAT_ERROR", Outcome::refused, Refusal::configuration},
    {'*', "POST_DATA_EMPTY", Outcome::refused, Refusal::configuration},
    {'*', "NOT_UTF8", Outcome::refused, Refusal::configuration},
    {'*', "REQUIRE_POST_METHOD", Outcome::refused, Refusal::configuration},
    {'*', "NOAUTH", Outcome::refused, Refusal::configuration},
    {'*', "APPID_NOT_EXIST", Outcome::refused, Refusal::configuration},
    {'*', "MCHID_NOT_EXIST", Outcome::refused, Refusal::configuration},
    {'*', "APPID_MCHID_NOT_MATCH", Outcome::refused, Refusal::configuration},
    {'*', "NEVER_HEARD_OF", Outcome::unknown},
    {'*', "systemerror", Outcome::unknown},
    {'*', "SUCCESS", Outcome::unknown},
};

void expect_row(const payments::Answer& answer, const Row& row) {
    EXPECT_EQ(answer.outcome, row.outcome);
    EXPECT_EQ(answer.refusal, row.refusal);
    EXPECT_EQ(answer.code, row.code);
    EXPECT_EQ(answer.message, "原因");
    EXPECT_TRUE(answer.is_authentic);
}

TEST(Codes, EveryRowOfEveryCall) {
    for (const Row& row : rows) {
        SCOPED_TRACE(row.code);
        const std::string text = signed_text(failure(row.code));
        if (row.call == 'p' || row.call == '*') {
            const auto answer = pay_answer(text);
            expect_row(answer, row);
            EXPECT_EQ(answer.may_exist, row.may_exist);
            EXPECT_EQ(answer.may_be_older, row.may_be_older);
        }
        if (row.call == 'l' || row.call == '*') {
            const auto answer = launch_answer(text);
            expect_row(answer, row);
            EXPECT_EQ(answer.may_exist, row.may_exist);
            EXPECT_EQ(answer.launch, "");
            EXPECT_FALSE(answer.is_trade_made);
        }
        if (row.call == 'q' || row.call == '*') {
            const auto answer = query_answer(text);
            expect_row(answer, row);
            EXPECT_EQ(answer.state,
                      row.outcome == Outcome::done ? TradeState::not_found : TradeState::unknown);
        }
        if (row.call == 'r' || row.call == '*') {
            const auto answer = reverse_answer(text);
            const bool is_absent = row.refusal == Refusal::no_such_trade;
            expect_row(answer, row);
            EXPECT_EQ(answer.must_repeat, row.outcome != Outcome::refused);
            EXPECT_EQ(answer.has_no_trade, is_absent);
            EXPECT_EQ(answer.effect, is_absent ? Effect::unpaid : Effect::not_known);
        }
        if (row.call == 'f' || row.call == '*') expect_row(refund_answer(text), row);
        if (row.call == 'y' || row.call == '*') {
            expect_row(refundquery_answer(text), row);
            EXPECT_EQ(refundquery_answer(text).is_absent, row.code == "REFUNDNOTEXIST");
        }
        if (row.call == 'c' || row.call == '*') {
            expect_row(close_answer(text), row);
            EXPECT_EQ(close_answer(text).has_no_trade, row.code == "ORDERNOTEXIST");
        }
    }
}

TEST(Codes, TheTestNamesEveryRowOfTheTable) {
    for (const CodeRow& row : code_table) {
        const bool is_named =
            std::ranges::any_of(rows, [&](const Row& tested) { return tested.code == row.code; });
        EXPECT_TRUE(is_named) << row.code;
    }
}

// ---- what is not signed

std::string unsigned_text(std::string return_code, std::string return_msg, std::string err_code = "") {
    XmlFields fields =
        make_fields({{"return_code", std::move(return_code)}, {"return_msg", std::move(return_msg)}});
    if (!err_code.empty()) fields.set("err_code", std::move(err_code));
    return codec::write_flat_xml(fields);
}

TEST(Unsigned, CallsTurnedAwayAtTheDoorAreRefusedButProveNoArrival) {
    for (const std::string& text :
         {unsigned_text("FAIL", "SIGNERROR"), unsigned_text("FAIL", "签名错误，请检查后再试"),
          unsigned_text("FAIL", "证书出错，请登录微信支付商户平台下载证书"),
          unsigned_text("FAIL", "缺少参数"), unsigned_text("FAIL", "任何说明", "APPID_MCHID_NOT_MATCH")}) {
        SCOPED_TRACE(text);
        for (const payments::Answer& answer :
             {payments::Answer(pay_answer(text)), payments::Answer(query_answer(text)),
              payments::Answer(reverse_answer(text))}) {
            EXPECT_EQ(answer.outcome, Outcome::refused);
            EXPECT_EQ(answer.refusal, Refusal::configuration);
            EXPECT_FALSE(answer.is_authentic);
        }
        EXPECT_FALSE(reverse_answer(text).must_repeat);
    }
}

TEST(Unsigned, EverythingElseIsUnknown) {
    for (const std::string& text :
         {unsigned_text("FAIL", "系统繁忙"), unsigned_text("SYSTEMERROR", "系统繁忙"),
          unsigned_text("FAIL", ""), unsigned_text("", "SIGNERROR"), unsigned_text("FAILED", "SIGNERROR"),
          unsigned_text("SYSTEMERROR", "SIGNERROR"), unsigned_text("FAIL", "NOTENOUGH"),
          unsigned_text("FAIL", "x", "AUTHCODEEXPIRE"), unsigned_text("FAIL", "x", "ORDERNOTEXIST"),
          unsigned_text("FAIL", "SIGNERROR", "SYSTEMERROR"), unsigned_text("FAIL", "签名错误", "SYSTEMERROR"),
          unsigned_text("FAIL", "FREQUENCY_LIMITED"), unsigned_text("FAIL", "这不是签名错误"),
          std::string("<xml></xml>"), unsigned_text("FAIL", "x", "INVALID_TRANSACTIONID")}) {
        SCOPED_TRACE(text);
        EXPECT_EQ(pay_answer(text).outcome, Outcome::unknown);
        EXPECT_FALSE(pay_answer(text).is_authentic);
        EXPECT_EQ(query_answer(text).outcome, Outcome::unknown);
        EXPECT_EQ(query_answer(text).state, TradeState::unknown);
        EXPECT_EQ(reverse_answer(text).outcome, Outcome::unknown);
        EXPECT_TRUE(reverse_answer(text).must_repeat);
        EXPECT_FALSE(reverse_answer(text).has_no_trade);
    }
    EXPECT_EQ(pay_answer(unsigned_text("SYSTEMERROR", "x")).code, "SYSTEMERROR");
    EXPECT_EQ(pay_answer(unsigned_text("FAIL", "x")).code, "unsigned");
}

// ---- hostile answers: what each does to a good success of all three calls

void expect_disbelieved(
    std::string_view code, const std::function<std::string(const XmlFields&)>& spoil,
    const ports::ChannelAccount& account = make_account(),
    const std::function<XmlFields(XmlFields)>& extend = [](XmlFields f) { return f; }) {
    SCOPED_TRACE(code);
    const auto pay = pay_answer(spoil(extend(paid())), account);
    EXPECT_EQ(pay.outcome, Outcome::unknown);
    EXPECT_EQ(pay.code, code);
    EXPECT_FALSE(pay.is_authentic);
    EXPECT_TRUE(pay.trade.trade_no.empty());
    const auto query = query_answer(spoil(extend(found("SUCCESS"))), account);
    EXPECT_EQ(query.outcome, Outcome::unknown);
    EXPECT_EQ(query.state, TradeState::unknown);
    EXPECT_EQ(query.code, code);
    EXPECT_FALSE(query.is_authentic);
    EXPECT_FALSE(query.trade.amount.has_value());
    const auto reverse = reverse_answer(spoil(extend(reversed())), account);
    EXPECT_EQ(reverse.outcome, Outcome::unknown);
    EXPECT_EQ(reverse.code, code);
    EXPECT_FALSE(reverse.is_authentic);
    EXPECT_TRUE(reverse.must_repeat);
}

TEST(Hostile, BytesThatAreNoAnswer) {
    expect_disbelieved("empty_answer", [](const XmlFields&) { return std::string(); });
    expect_disbelieved("bad_xml",
                       [](const XmlFields&) { return "<html><body>502 Bad Gateway</body></html>"; });
    expect_disbelieved("xml_dtd", [](const XmlFields& good) {
        return "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" + signed_text(good);
    });
    expect_disbelieved("xml_duplicate", [](const XmlFields& good) {
        const std::string text = signed_text(good);
        return text.substr(0, text.size() - 6) + "<result_code>SUCCESS</result_code></xml>";
    });
}

TEST(Hostile, AnswersCutAnywhereAreUnknown) {
    for (const XmlFields& good : {paid(), found("REVOKED"), reversed()}) {
        const std::string text = signed_text(good);
        for (std::size_t length = 0; length < text.size(); ++length) {
            const std::string_view cut = std::string_view(text).substr(0, length);
            EXPECT_EQ(pay_answer(cut).outcome, Outcome::unknown) << length;
            EXPECT_EQ(query_answer(cut).outcome, Outcome::unknown) << length;
            EXPECT_EQ(reverse_answer(cut).outcome, Outcome::unknown) << length;
        }
    }
}

TEST(Hostile, WrongSignatures) {
    expect_disbelieved("bad_sign", [](const XmlFields& good) { return codec::write_flat_xml(good); });
    expect_disbelieved("bad_sign", [](const XmlFields& good) {
        ports::ChannelAccount other = make_account();
        other.api_key = core::Secret("ffffffffffffffffffffffffffffffff");
        return signed_text(good, other);
    });
    expect_disbelieved("bad_sign", [](const XmlFields& good) {  // MD5 in answer to HMAC-SHA256
        ports::ChannelAccount weaker = make_account();
        weaker.sign_type = "MD5";
        return signed_text(good, weaker);
    });
    expect_disbelieved("bad_sign", [](const XmlFields& good) {
        XmlFields changed = parsed(signed_text(good));
        changed.set("nonce_str", "n2");
        return codec::write_flat_xml(changed);
    });
    ports::ChannelAccount keyless = make_account();
    keyless.api_key = core::Secret();
    expect_disbelieved(
        "bad_sign", [&](const XmlFields& good) { return signed_text(good, keyless); }, keyless);
}

TEST(Hostile, SomebodyElsesAnswer) {
    for (const auto& [name, value] : std::vector<codec::XmlField>{{"out_trade_no", "P7842000000000002k3f9z"},
                                                                  {"mch_id", "1900000110"},
                                                                  {"appid", "wx0000000000000000"},
                                                                  {"sub_mch_id", "1900000777"},
                                                                  {"fee_type", "USD"}}) {
        SCOPED_TRACE(name);
        expect_disbelieved("mismatch",
                           [&](const XmlFields& good) { return signed_text(with(good, name, value)); });
    }
    for (const std::string_view name : {"mch_id", "appid"}) {
        expect_disbelieved("mismatch",
                           [&](const XmlFields& good) { return signed_text(without(good, name)); });
    }
    EXPECT_EQ(pay_answer(signed_text(without(paid(), "out_trade_no"))).code, "mismatch");
    EXPECT_EQ(query_answer(signed_text(without(found("SUCCESS"), "out_trade_no"))).code, "mismatch");
    // A refusal of another number is not ours either.
    const auto answer = pay_answer(signed_text(with(failure("NOTENOUGH"), "out_trade_no", "P1")));
    EXPECT_EQ(answer.outcome, Outcome::unknown);
    EXPECT_EQ(answer.refusal, Refusal::none);
    EXPECT_FALSE(answer.is_authentic);
}

TEST(Hostile, AnswersOfAnotherCall) {
    EXPECT_EQ(pay_answer(signed_text(found("REFUND"))).outcome, Outcome::unknown);
    EXPECT_EQ(pay_answer(signed_text(found("REVOKED"))).outcome, Outcome::unknown);
    EXPECT_EQ(query_answer(signed_text(paid())).code, "incomplete");
    EXPECT_EQ(reverse_answer(signed_text(found("SUCCESS"))).outcome, Outcome::unknown);
    EXPECT_TRUE(reverse_answer(signed_text(found("USERPAYING"))).must_repeat);
}

TEST(Hostile, ResultCodesThatAreNone) {
    for (const XmlFields& fields : {without(paid(), "result_code"), with(paid(), "result_code", "OK"),
                                    with(paid(), "result_code", "success")}) {
        const auto answer = pay_answer(signed_text(fields));
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_EQ(answer.code, "bad_result_code");
        EXPECT_TRUE(answer.is_authentic);
        EXPECT_TRUE(reverse_answer(signed_text(fields)).must_repeat);
    }
    EXPECT_EQ(pay_answer(signed_text(common("FAIL"))).code, "unlisted");
}

TEST(Hostile, PaidWithoutTheFactsIsUnknown) {
    for (const auto& [name, value] : std::vector<codec::XmlField>{{"total_fee", ""},
                                                                  {"total_fee", "10.00"},
                                                                  {"total_fee", "-1000"},
                                                                  {"transaction_id", ""},
                                                                  {"time_end", ""},
                                                                  {"time_end", "20240230091501"}}) {
        SCOPED_TRACE(name + "=" + value);
        const auto spoil = [&](const XmlFields& good) {
            return signed_text(value.empty() ? without(good, name) : with(good, name, value));
        };
        const auto pay = pay_answer(spoil(paid()));
        EXPECT_EQ(pay.outcome, Outcome::unknown);
        EXPECT_EQ(pay.code, "incomplete");
        EXPECT_TRUE(pay.is_authentic);
        for (const char* state : {"SUCCESS", "REFUND"}) {
            const auto query = query_answer(spoil(found(state)));
            EXPECT_EQ(query.outcome, Outcome::unknown);
            EXPECT_EQ(query.state, TradeState::unknown);
            EXPECT_EQ(query.code, "incomplete");
        }
    }
}

// ---- good answers

TEST(Micropay, SuccessIsDoneWithItsFacts) {
    const auto answer = pay_answer(signed_text(paid()));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.refusal, Refusal::none);
    EXPECT_TRUE(answer.is_authentic);
    EXPECT_EQ(answer.code, "SUCCESS");
    EXPECT_EQ(answer.trade.trade_no, "4200000001202403050000000001");
    EXPECT_EQ(answer.trade.amount, core::fen(1000));
    EXPECT_EQ(answer.trade.paid_at, core::parse_beijing_compact("20240305091501").value());
    EXPECT_EQ(answer.trade.payer_id, "oUpF8");
    EXPECT_EQ(answer.trade.funding, "OTHERS");
    EXPECT_FALSE(answer.may_exist);
}

TEST(Micropay, AmountIsReportedAsTheChannelSays) {
    const auto answer = pay_answer(signed_text(with(paid(), "total_fee", "1")));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.trade.amount, core::fen(1));
}

TEST(Micropay, CurrencyMayBeUnsaidAndUnknownFieldsAreFine) {
    EXPECT_EQ(pay_answer(signed_text(without(paid(), "fee_type"))).outcome, Outcome::done);
    EXPECT_EQ(pay_answer(signed_text(with(paid(), "promotion_detail", "{}"))).outcome, Outcome::done);
}

TEST(Micropay, Md5AccountsAreAnsweredInMd5) {
    ports::ChannelAccount account = make_account();
    account.sign_type = "MD5";
    EXPECT_EQ(pay_answer(signed_text(paid(), account), account).outcome, Outcome::done);
    EXPECT_EQ(pay_answer(signed_text(paid()), account).code, "bad_sign");
}

TEST(Provider, AnswersMustNameTheSubMerchant) {
    const auto account = make_provider_account();
    const XmlFields good = with(with(paid(), "sub_mch_id", "1900000777"), "sub_appid", "wx7777777777777777");
    EXPECT_EQ(pay_answer(signed_text(good), account).outcome, Outcome::done);
    EXPECT_EQ(pay_answer(signed_text(without(good, "sub_appid")), account).outcome, Outcome::done);
    EXPECT_EQ(reverse_answer(signed_text(with(reversed(), "sub_mch_id", "1900000777")), account).outcome,
              Outcome::done);
    expect_disbelieved("mismatch", [](const XmlFields& fields) { return signed_text(fields); }, account);
    for (const auto& [name, value] :
         std::vector<codec::XmlField>{{"sub_mch_id", "1900000778"}, {"sub_appid", "wx0000000000000000"}}) {
        expect_disbelieved(
            "mismatch", [&](const XmlFields& fields) { return signed_text(with(fields, name, value)); },
            account, [](XmlFields fields) { return with(std::move(fields), "sub_mch_id", "1900000777"); });
    }
}

TEST(Orderquery, EveryTradeState) {
    const std::pair<const char*, TradeState> states[] = {
        {"SUCCESS", TradeState::paid},   {"REFUND", TradeState::paid_and_refunded},
        {"NOTPAY", TradeState::pending}, {"USERPAYING", TradeState::pending},
        {"ACCEPT", TradeState::pending}, {"PAYERROR", TradeState::pay_failed},
        {"CLOSED", TradeState::closed},  {"REVOKED", TradeState::reversed},
    };
    for (const auto& [name, state] : states) {
        SCOPED_TRACE(name);
        XmlFields fields = found(name);
        const bool is_paid = state == TradeState::paid || state == TradeState::paid_and_refunded;
        for (const char* fact :
             {"total_fee", "transaction_id", "time_end", "fee_type", "openid", "bank_type"}) {
            if (!is_paid) fields = without(fields, fact);
        }
        const auto answer = query_answer(signed_text(fields));
        EXPECT_EQ(answer.outcome, Outcome::done);
        EXPECT_TRUE(answer.is_authentic);
        EXPECT_EQ(answer.state, state);
        EXPECT_EQ(answer.code, name);
        EXPECT_EQ(answer.message, "说明");
        EXPECT_EQ(answer.trade.amount.has_value(), is_paid);
    }
}

TEST(Orderquery, StatesNobodyListedAreUnknown) {
    for (const char* state : {"PAYED", "success", ""}) {
        const auto answer = query_answer(signed_text(found(state)));
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_EQ(answer.state, TradeState::unknown);
    }
}

TEST(Reverse, DoneNeedsSuccessAndNoRecall) {
    for (const XmlFields& fields :
         {reversed(), without(reversed(), "recall"), with(reversed(), "recall", "")}) {
        const auto answer = reverse_answer(signed_text(fields));
        EXPECT_EQ(answer.outcome, Outcome::done);
        EXPECT_EQ(answer.code, "SUCCESS");
        EXPECT_FALSE(answer.must_repeat);
        EXPECT_FALSE(answer.has_no_trade);
        EXPECT_EQ(answer.effect, Effect::not_known);
    }
}

TEST(Reverse, RecallAsksForTheSameCallWhateverElseIsSaid) {
    for (const XmlFields& fields : {reversed(), failure("SYSTEMERROR"), failure("ORDERNOTEXIST"),
                                    failure("REVERSE_EXPIRE"), failure("NOTENOUGH"), failure("SIGNERROR")}) {
        const auto answer = reverse_answer(signed_text(with(fields, "recall", "Y")));
        SCOPED_TRACE(answer.code);
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_EQ(answer.refusal, Refusal::none);
        EXPECT_TRUE(answer.must_repeat);
        EXPECT_FALSE(answer.has_no_trade);
        EXPECT_TRUE(answer.is_authentic);
        EXPECT_EQ(answer.effect, Effect::not_known);
    }
    EXPECT_EQ(reverse_answer(signed_text(with(reversed(), "recall", "Y"))).code, "recall");
    EXPECT_EQ(reverse_answer(signed_text(with(failure("SYSTEMERROR"), "recall", "Y"))).code, "SYSTEMERROR");
    // With recall=N a refusal stands, and what is unknown is still repeated.
    EXPECT_EQ(reverse_answer(signed_text(with(failure("REVERSE_EXPIRE"), "recall", "N"))).outcome,
              Outcome::refused);
    EXPECT_TRUE(reverse_answer(signed_text(with(failure("SYSTEMERROR"), "recall", "N"))).must_repeat);
}

TEST(Message, IsKeptShort) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += "错";
    const auto answer = pay_answer(signed_text(with(failure("NOTENOUGH"), "err_code_des", text)));
    EXPECT_EQ(answer.message.size(), 255U) << "85 whole characters";
}

}  // namespace
}  // namespace huitong::channels::wechat
