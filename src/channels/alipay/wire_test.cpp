// The answers of Alipay's gateway: every row of the code tables, and every answer that must not be believed.
#include "channels/alipay/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "channels/alipay/test_support.hpp"

namespace huitong::channels::alipay {
namespace {

using codec::Json;
using codec::JsonObject;
using payments::Effect;
using payments::Outcome;
using payments::Refusal;
using payments::TradeState;
using test::failure;
using test::signed_answer;
using test::with;
using test::without;

constexpr std::string_view number = "A1";

ports::RefundRef make_refund() {
    ports::RefundRef refund;
    refund.trade_number = number;
    refund.refund_number = "R1";
    refund.amount = core::fen(300);
    return refund;
}

payments::PayAnswer pay_answer(std::string_view bytes) {
    return parse_pay_answer(bytes, test::keys(), number);
}
payments::QueryAnswer query_answer(std::string_view bytes) {
    return parse_query_answer(bytes, test::keys(), number);
}
payments::ReverseAnswer cancel_answer(std::string_view bytes) {
    return parse_cancel_answer(bytes, test::keys(), number);
}
payments::LaunchAnswer launch_answer(std::string_view bytes, payments::Product product) {
    ports::LaunchCall call;
    call.number = number;
    call.product = product;
    return parse_launch_answer(bytes, test::keys(), call);
}
payments::CloseAnswer close_answer(std::string_view bytes) {
    return parse_close_answer(bytes, test::keys(), number);
}
payments::RefundAnswer refund_answer(std::string_view bytes) {
    return parse_refund_answer(bytes, test::keys(), make_refund());
}
payments::RefundAnswer refund_query_answer(std::string_view bytes) {
    return parse_refund_query_answer(bytes, test::keys(), make_refund());
}

JsonObject success() {
    return {{"code", Json("10000")},
            {"msg", Json("Success")},
            {"out_trade_no", Json(number)},
            {"trade_no", Json("2024030522001434500000000001")}};
}
JsonObject made() {
    return with(success(), "qr_code", Json("https://qr.alipay.com/bax1"));
}
JsonObject paid() {
    JsonObject object = success();
    for (const auto& [name, value] :
         std::vector<std::pair<const char*, const char*>>{{"buyer_logon_id", "lwx***@126.com"},
                                                          {"buyer_user_id", "2088302495431234"},
                                                          {"total_amount", "10.00"},
                                                          {"receipt_amount", "9.00"},
                                                          {"gmt_payment", "2024-03-05 09:15:02"}}) {
        object.emplace_back(name, Json(value));
    }
    const JsonObject bill{{"amount", Json("10.00")}, {"fund_channel", Json("ALIPAYACCOUNT")}};
    object.emplace_back("fund_bill_list", Json(codec::JsonArray{Json(bill)}));
    return object;
}
JsonObject found(std::string_view status) {
    JsonObject object = without(paid(), "gmt_payment");
    object.emplace_back("send_pay_date", Json("2024-03-05 09:15:02"));
    object.emplace_back("trade_status", Json(status));
    return object;
}
JsonObject cancelled() {
    return with(with(success(), "retry_flag", Json("N")), "action", Json("refund"));
}
JsonObject refunded() {
    return with(with(with(success(), "fund_change", Json("Y")), "refund_fee", Json("7.00")), "gmt_refund_pay",
                Json("2024-03-05 12:00:00"));
}
JsonObject refund_found() {
    return with(with(with(success(), "out_request_no", Json("R1")), "refund_amount", Json("3.00")),
                "refund_status", Json("REFUND_SUCCESS"));
}

// ---- the vectors

TEST(Vectors, EveryAnswerVerifiesWhateverItsOrderEscapesAndTraps) {
    const auto* const answers = test::vectors().find("response")->as_array();
    ASSERT_EQ(answers->size(), 6U);
    const auto body = [&](std::size_t i) { return test::text_of(answers->at(i), "body"); };
    const auto pay = parse_pay_answer(body(0), test::keys(), "P20240305000003");
    EXPECT_EQ(pay.outcome, Outcome::pending);
    EXPECT_EQ(pay.code, "10003");
    EXPECT_TRUE(pay.is_authentic);
    const auto error = parse_pay_answer(body(3), test::keys(), "P20240305000003");
    EXPECT_EQ(error.refusal, Refusal::configuration);
    EXPECT_TRUE(error.is_authentic);
    for (const std::size_t i : {2U, 4U}) {  // 4: the signature comes first
        const auto absent = parse_query_answer(body(i), test::keys(), "NOPE");
        EXPECT_EQ(absent.outcome, Outcome::done);
        EXPECT_EQ(absent.state, TradeState::not_found);
    }
    // Quotes and braces in the subject; authentic, but without the time of payment.
    const auto trap = parse_query_answer(body(5), test::keys(), "T");
    EXPECT_TRUE(trap.is_authentic);
    EXPECT_EQ(trap.code, "incomplete");
    ports::LaunchCall launch;
    launch.number = "P20240305000004";
    const auto made = parse_launch_answer(body(1), test::keys(), launch);
    EXPECT_EQ(made.outcome, Outcome::done);
    EXPECT_EQ(made.launch, "https://qr.alipay.com/bax03206ug0kulveltqc80a8");
    // An answer to another call (precreate), however well signed.
    EXPECT_EQ(parse_pay_answer(body(1), test::keys(), "P20240305000004").code, "mismatch");
}

TEST(Vectors, TheSignatureCoversEscapesAsTheyWereSent) {
    const std::string escaped =
        R"({"code":"10000","out_trade_no":"A1","trade_no":"2024","x":"https:\/\/q\u4e2d"})";
    const std::string good = signed_answer("alipay_trade_close_response", escaped);
    EXPECT_EQ(close_answer(good).outcome, Outcome::done);
    const std::string plain = R"({"code":"10000","out_trade_no":"A1","trade_no":"2024","x":"https://q中"})";
    const std::string other =
        "{\"alipay_trade_close_response\":" + plain + ",\"sign\":\"" + test::signature_of(escaped) + "\"}";
    EXPECT_EQ(close_answer(other).code, "bad_sign") << "the same value, other bytes";
}

// ---- the tables, written out a second time: calls (pay, o precreate, create is n, query, x cancel, refund,
// f refund query, close)

struct Row {
    std::string_view calls;
    std::string_view sub_code;
    Outcome outcome = Outcome::unknown;
    Refusal refusal = Refusal::none;
    bool may_exist = false;
    bool may_be_older = false;
};

constexpr auto refused = Outcome::refused;
constexpr Row rows[] = {
    {"ponqxrfc", "ACQ.SYSTEM_ERROR"},
    {"ponqxrfc", "AOP.ACQ.SYSTEM_ERROR"},
    {"ponqxrfc", "ACQ.NEVER_HEARD_OF"},
    {"ponqxrfc", "acq.system_error"},
    {"ponqxrfc", ""},
    {"pon", "ACQ.TRADE_HAS_SUCCESS", Outcome::unknown, Refusal::none, false, true},
    {"pon", "ACQ.CONTEXT_INCONSISTENT", Outcome::unknown, Refusal::none, false, true},
    {"qxfc", "ACQ.TRADE_HAS_SUCCESS"},
    {"pon", "ACQ.TRADE_HAS_CLOSE", refused, Refusal::number_used_up},
    {"p", "ACQ.PAYMENT_AUTH_CODE_INVALID", refused, Refusal::code_invalid},
    {"onqxrfc", "ACQ.PAYMENT_AUTH_CODE_INVALID"},
    {"pon", "ACQ.BUYER_BALANCE_NOT_ENOUGH", refused, Refusal::insufficient_funds, true},
    {"pon", "ACQ.BUYER_BANKCARD_BALANCE_NOT_ENOUGH", refused, Refusal::insufficient_funds, true},
    {"pon", "ACQ.ERROR_BALANCE_PAYMENT_DISABLE", refused, Refusal::payer_account, true},
    {"pon", "ACQ.NO_PAYMENT_INSTRUMENTS_AVAILABLE", refused, Refusal::payer_account, true},
    {"pon", "ACQ.BUYER_SELLER_EQUAL", refused, Refusal::trade_refused, true},
    {"pon", "ACQ.TRADE_BUYER_NOT_MATCH", refused, Refusal::payer_account, true},
    {"pon", "ACQ.BUYER_ENABLE_STATUS_FORBID", refused, Refusal::payer_account, true},
    {"pon", "ACQ.PULL_MOBILE_CASHIER_FAIL", refused, Refusal::trade_refused, true},
    {"pon", "ACQ.MOBILE_PAYMENT_SWITCH_OFF", refused, Refusal::payer_account, true},
    {"pon", "ACQ.USER_FACE_PAYMENT_SWITCH_OFF", refused, Refusal::payer_account, true},
    {"pon", "ACQ.PAYMENT_FAIL", refused, Refusal::trade_refused, true},
    {"pon", "ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", refused, Refusal::payer_limit, true},
    {"pon", "ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR", refused, Refusal::payer_limit, true},
    {"pon", "ACQ.BEYOND_PAY_RESTRICTION", refused, Refusal::seller_limit, true},
    {"pon", "ACQ.BEYOND_PER_RECEIPT_RESTRICTION", refused, Refusal::payer_single_limit, true},
    {"pon", "ACQ.PAYMENT_REQUEST_HAS_RISK", refused, Refusal::trade_refused, true},
    {"ponqxrfc", "ACQ.INVALID_PARAMETER", refused, Refusal::configuration},
    {"ponqxrfc", "ACQ.ACCESS_FORBIDDEN", refused, Refusal::configuration},
    {"ponqxrfc", "ACQ.PARTNER_ERROR", refused, Refusal::configuration},
    {"pon", "ACQ.SELLER_BEEN_BLOCKED", refused, Refusal::configuration},
    {"pon", "ACQ.EXIST_FORBIDDEN_WORD", refused, Refusal::trade_refused},
    {"pon", "ACQ.TOTAL_FEE_EXCEED", refused, Refusal::trade_refused},
    {"pon", "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", refused, Refusal::trade_refused},
    {"pon", "ACQ.TRADE_NOT_EXIST"},
    {"qc", "ACQ.TRADE_NOT_EXIST", Outcome::done},
    {"f", "ACQ.TRADE_NOT_EXIST"},
    {"xr", "ACQ.TRADE_NOT_EXIST", refused, Refusal::no_such_trade},
    {"x", "ACQ.TRADE_CANCEL_TIME_OUT", refused, Refusal::too_late},
    {"x", "ACQ.REASON_TRADE_REFUND_FEE_ERR", refused, Refusal::wrong_state},
    {"xr", "ACQ.SELLER_BALANCE_NOT_ENOUGH", refused, Refusal::merchant_funds},
    {"xr", "ACQ.REASON_TRADE_BEEN_FREEZEN", refused, Refusal::wrong_state},
    {"xr", "ACQ.TRADE_HAS_FINISHED", refused, Refusal::too_late},
    {"x", "ACQ.CANCEL_NOT_ALLOWED", refused, Refusal::wrong_state},
    {"r", "ACQ.DISCORDANT_REPEAT_REQUEST", refused, Refusal::refund_amount},
    {"r", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", refused, Refusal::refund_amount},
    {"r", "ACQ.REFUND_FEE_ERROR", refused, Refusal::refund_amount},
    {"r", "ACQ.REASON_TRADE_REFUND_FEE_ERR", refused, Refusal::refund_amount},
    {"rc", "ACQ.TRADE_STATUS_ERROR", refused, Refusal::wrong_state},
    {"rc", "ACQ.REASON_TRADE_STATUS_INVALID", refused, Refusal::wrong_state},
    {"r", "ACQ.TRADE_HAS_CLOSE", refused, Refusal::wrong_state},
    {"r", "ACQ.TRADE_NOT_ALLOW_REFUND", refused, Refusal::not_refundable},
    {"r", "ACQ.NOT_ALLOW_PARTIAL_REFUND", refused, Refusal::not_refundable},
    {"r", "ACQ.BUYER_ERROR", refused, Refusal::payer_account},
    {"r", "ACQ.CUSTOMER_VALIDATE_ERROR", refused, Refusal::payer_account},
    {"r", "ACQ.REFUND_CHARGE_ERROR"},
    {"ponqxfc", "ACQ.REFUND_FEE_ERROR"},
};

struct AllAnswers {
    payments::PayAnswer pay;
    payments::LaunchAnswer precreate;
    payments::LaunchAnswer create;
    payments::QueryAnswer query;
    payments::ReverseAnswer cancel;
    payments::RefundAnswer refund;
    payments::RefundAnswer refund_query;
    payments::CloseAnswer close;

    [[nodiscard]] const payments::Answer& of(char call) const {
        switch (call) {
            case 'p':
                return pay;
            case 'o':
                return precreate;
            case 'n':
                return create;
            case 'q':
                return query;
            case 'x':
                return cancel;
            case 'r':
                return refund;
            case 'f':
                return refund_query;
            default:
                return close;
        }
    }
};

AllAnswers all_answers(const JsonObject& content) {
    return {pay_answer(signed_answer(Call::pay, content)),
            launch_answer(signed_answer(Call::precreate, content), payments::Product::qr),
            launch_answer(signed_answer(Call::create, content), payments::Product::mini_program),
            query_answer(signed_answer(Call::query, content)),
            cancel_answer(signed_answer(Call::cancel, content)),
            refund_answer(signed_answer(Call::refund, content)),
            refund_query_answer(signed_answer(Call::refund_query, content)),
            close_answer(signed_answer(Call::close, content))};
}

TEST(Codes, EveryRowOfEveryCall) {
    for (const Row& row : rows) {
        SCOPED_TRACE(row.sub_code);
        const AllAnswers answers = all_answers(failure("40004", row.sub_code));
        const bool is_absent = row.sub_code == "ACQ.TRADE_NOT_EXIST";
        for (const char call : row.calls) {
            SCOPED_TRACE(call);
            const payments::Answer& answer = answers.of(call);
            EXPECT_EQ(answer.outcome, row.outcome);
            EXPECT_EQ(answer.refusal, row.refusal);
            EXPECT_EQ(answer.code, row.sub_code.empty() ? "40004" : row.sub_code);
            EXPECT_EQ(answer.message, "原因");
            EXPECT_TRUE(answer.is_authentic);
            if (call == 'p') EXPECT_EQ(answers.pay.may_exist, row.may_exist);
            if (call == 'p') EXPECT_EQ(answers.pay.may_be_older, row.may_be_older);
            if (call == 'o') EXPECT_EQ(answers.precreate.may_exist, row.may_exist);
            if (call == 'n') EXPECT_EQ(answers.create.may_exist, row.may_exist);
            if (call == 'q')
                EXPECT_EQ(answers.query.state, is_absent ? TradeState::not_found : TradeState::unknown);
            if (call == 'x') EXPECT_EQ(answers.cancel.must_repeat, row.outcome != Outcome::refused);
            if (call == 'x') EXPECT_EQ(answers.cancel.has_no_trade, is_absent);
            if (call == 'x') EXPECT_EQ(answers.cancel.effect, is_absent ? Effect::unpaid : Effect::not_known);
            if (call == 'f') EXPECT_EQ(answers.refund_query.is_absent, is_absent);
            if (call == 'c') EXPECT_EQ(answers.close.has_no_trade, is_absent);
        }
    }
}

TEST(Codes, TheTestNamesEveryRowOfTheTableForEveryCall) {
    constexpr std::pair<char, Call> letters[] = {
        {'p', Call::pay},    {'o', Call::precreate}, {'n', Call::create},       {'q', Call::query},
        {'x', Call::cancel}, {'r', Call::refund},    {'f', Call::refund_query}, {'c', Call::close}};
    for (const SubCodeRow& row : sub_code_table) {
        for (const auto& [letter, call] : letters) {
            if ((row.calls & static_cast<unsigned>(call)) == 0) continue;
            const bool is_named = std::ranges::any_of(rows, [&](const Row& tested) {
                return tested.sub_code == row.sub_code && tested.calls.find(letter) != tested.calls.npos;
            });
            EXPECT_TRUE(is_named) << row.sub_code << ' ' << letter;
        }
    }
}

TEST(Codes, TheGatewaysOwnCodes) {
    struct Case {
        std::string_view code, sub_code;
        Outcome outcome = Outcome::unknown;
        Refusal refusal = Refusal::none;
    };
    for (const Case& tested :
         {Case{"20000", "aop.unknow-error"}, Case{"20000", "isp.unknow-error"},
          Case{"20001", "aop.invalid-auth-token", refused, Refusal::configuration},
          Case{"40001", "isv.missing-method", refused, Refusal::configuration},
          Case{"40002", "isv.invalid-signature", refused, Refusal::configuration},
          Case{"40002", "aop.unknow-error"}, Case{"40003", "isv.x", refused, Refusal::configuration},
          Case{"40004", "isv.invalid-signature"},
          Case{"40005", "isv.app-call-limited", Outcome::not_sent, Refusal::rate_limited},
          Case{"40006", "isv.insufficient-isv-permissions", refused, Refusal::configuration},
          Case{"50000", "x"}, Case{"", "x"}}) {
        SCOPED_TRACE(tested.code);
        const AllAnswers answers = all_answers(failure(tested.code, tested.sub_code));
        for (const char call : std::string_view("ponqxrfc")) {
            EXPECT_EQ(answers.of(call).outcome, tested.outcome) << call;
            EXPECT_EQ(answers.of(call).refusal, tested.refusal) << call;
        }
        EXPECT_EQ(answers.cancel.must_repeat, tested.outcome != refused);
        EXPECT_FALSE(answers.pay.may_exist);
    }
    EXPECT_EQ(
        query_answer(signed_answer(Call::query, with(found("TRADE_SUCCESS"), "code", Json("10003")))).outcome,
        Outcome::unknown)
        << "10003 belongs to pay";
}

// ---- hostile answers: what each does to a good success of all calls

void expect_disbelieved(std::string_view code,
                        const std::function<std::string(Call, const JsonObject&)>& spoil) {
    SCOPED_TRACE(code);
    const AllAnswers answers{pay_answer(spoil(Call::pay, paid())),
                             launch_answer(spoil(Call::precreate, made()), payments::Product::qr),
                             launch_answer(spoil(Call::create, made()), payments::Product::mini_program),
                             query_answer(spoil(Call::query, found("TRADE_SUCCESS"))),
                             cancel_answer(spoil(Call::cancel, cancelled())),
                             refund_answer(spoil(Call::refund, refunded())),
                             refund_query_answer(spoil(Call::refund_query, refund_found())),
                             close_answer(spoil(Call::close, success()))};
    for (const char call : std::string_view("ponqxrfc")) {
        EXPECT_EQ(answers.of(call).outcome, Outcome::unknown) << call;
        EXPECT_EQ(answers.of(call).code, code) << call;
        EXPECT_FALSE(answers.of(call).is_authentic) << call;
    }
    EXPECT_TRUE(answers.pay.trade == payments::TradeFacts{});
    EXPECT_EQ(answers.query.state, TradeState::unknown);
    EXPECT_TRUE(answers.cancel.must_repeat);
    EXPECT_FALSE(answers.refund_query.is_absent);
    EXPECT_FALSE(answers.refund_query.amount.has_value());
}

TEST(Hostile, BytesThatAreNoAnswer) {
    expect_disbelieved("empty_answer", [](Call, const JsonObject&) { return std::string(); });
    expect_disbelieved("bad_json", [](Call, const JsonObject&) { return "<html>502</html>"; });
    expect_disbelieved("bad_json", [](Call call, const JsonObject&) {
        return signed_answer(test::response_name(call), "\"10000\"");
    });
    expect_disbelieved("json_duplicate_key", [](Call call, const JsonObject& good) {
        std::string text = signed_answer(call, good);
        return text.insert(1, "\"sign\":\"x\",");
    });
    expect_disbelieved("json_duplicate_key", [](Call call, const JsonObject& good) {
        std::string content = codec::write_json(Json(good));
        return signed_answer(test::response_name(call), content.insert(1, "\"code\":\"10000\","));
    });
    expect_disbelieved("mismatch", [](Call, const JsonObject&) { return "{}"; });
}

TEST(Hostile, AnswersCutAnywhereAreUnknown) {
    const std::string pay = signed_answer(Call::pay, paid());
    const std::string cancel = signed_answer(Call::cancel, without(cancelled(), "action"));
    for (std::size_t length = 0; length < pay.size(); ++length)
        EXPECT_EQ(pay_answer(pay.substr(0, length)).outcome, Outcome::unknown);
    for (std::size_t length = 0; length < cancel.size(); ++length)
        EXPECT_TRUE(cancel_answer(cancel.substr(0, length)).must_repeat);
}

TEST(Hostile, WrongSignatures) {
    const auto around = [](Call call, const std::string& content, const std::string& signature) {
        return "{\"" + test::response_name(call) + "\":" + content + ",\"sign\":\"" + signature + "\"}";
    };
    const auto text = [](const JsonObject& object) { return codec::write_json(Json(object)); };
    expect_disbelieved("bad_sign", [&](Call call, const JsonObject& good) {  // signed with our own key
        return around(call, text(good), test::signature_of(text(good), test::keys().app));
    });
    expect_disbelieved("bad_sign", [&](Call call, const JsonObject& good) {  // one value changed
        return around(call, text(with(good, "trade_no", Json("2"))), test::signature_of(text(good)));
    });
    expect_disbelieved("bad_sign", [&](Call call, const JsonObject& good) {
        return around(call, text(good), "not base64!");
    });
    expect_disbelieved("bad_sign",
                       [&](Call call, const JsonObject& good) { return around(call, text(good), "AA=="); });
    expect_disbelieved("unsigned",
                       [&](Call call, const JsonObject& good) { return around(call, text(good), ""); });
    expect_disbelieved("unsigned", [&](Call call, const JsonObject& good) {
        return "{\"" + test::response_name(call) + "\":" + text(good) + ",\"sign\":1}";
    });
    expect_disbelieved("bad_sign",
                       [&](Call call, const JsonObject& good) {  // white space belongs to the bytes
                           return around(call, " {" + text(good).substr(1, text(good).size() - 2) + " } ",
                                         test::signature_of(text(good)));
                       });
}

TEST(Hostile, SomebodyElsesAnswer) {
    expect_disbelieved("mismatch", [](Call call, const JsonObject& good) {
        return signed_answer(call, with(good, "out_trade_no", Json("A2")));
    });
    expect_disbelieved("mismatch", [](Call call, const JsonObject& good) {
        return signed_answer(call, without(good, "out_trade_no"));
    });
    expect_disbelieved("mismatch", [](Call call, const JsonObject& good) {
        return signed_answer(call, with(good, "out_trade_no", codec::Json::number(1)));
    });
    expect_disbelieved("mismatch", [](Call, const JsonObject& good) {  // a success is no error
        return signed_answer("error_response", codec::write_json(Json(good)));
    });
    expect_disbelieved("mismatch", [](Call, const JsonObject& good) {
        return signed_answer("alipay_trade_page_pay_response", codec::write_json(Json(good)));
    });
    expect_disbelieved("mismatch", [](Call call, const JsonObject& good) {
        return signed_answer(call, good).insert(1, "\"error_response\":{},");
    });
    // A refusal of another number is not ours either.
    const auto other = with(failure("40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH"), "out_trade_no", Json("A2"));
    EXPECT_EQ(pay_answer(signed_answer(Call::pay, other)).refusal, Refusal::none);
    EXPECT_EQ(pay_answer(signed_answer(Call::pay, other)).outcome, Outcome::unknown);
    EXPECT_EQ(query_answer(signed_answer(Call::query, with(failure("40004", "ACQ.TRADE_NOT_EXIST"),
                                                           "out_trade_no", Json("A2"))))
                  .state,
              TradeState::unknown);
}

TEST(Unsigned, OnlyTheDoorIsBelievedAndProvesNoArrival) {
    const auto unsigned_error = [](std::string_view code, std::string_view sub_code) {
        return "{\"error_response\":" + codec::write_json(Json(failure(code, sub_code))) + "}";
    };
    for (const char* sub_code : {"isv.invalid-app-id", "isv.missing-signature", "isv.invalid-signature"}) {
        const auto answer = pay_answer(unsigned_error("40002", sub_code));
        EXPECT_EQ(answer.outcome, Outcome::refused);
        EXPECT_EQ(answer.refusal, Refusal::configuration);
        EXPECT_EQ(answer.code, sub_code);
        EXPECT_FALSE(answer.is_authentic);
        EXPECT_FALSE(cancel_answer(unsigned_error("40001", sub_code)).must_repeat);
    }
    for (const auto& [code, sub_code] :
         std::vector<std::pair<const char*, const char*>>{{"40004", "isv.invalid-app-id"},
                                                          {"10000", "isv.invalid-app-id"},
                                                          {"40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH"},
                                                          {"40004", "ACQ.TRADE_NOT_EXIST"},
                                                          {"40006", "isv.insufficient-isv-permissions"},
                                                          {"40005", "isv.app-call-limited"},
                                                          {"40002", "ACQ.INVALID_PARAMETER"},
                                                          {"20000", "isp.unknow-error"}}) {
        SCOPED_TRACE(sub_code);
        EXPECT_EQ(pay_answer(unsigned_error(code, sub_code)).outcome, Outcome::unknown);
        EXPECT_EQ(pay_answer(unsigned_error(code, sub_code)).code, "unsigned");
        EXPECT_EQ(query_answer(unsigned_error(code, sub_code)).state, TradeState::unknown);
        EXPECT_TRUE(cancel_answer(unsigned_error(code, sub_code)).must_repeat);
        EXPECT_FALSE(refund_query_answer(unsigned_error(code, sub_code)).is_absent);
    }
}

TEST(CertificateMode, AnswersMustNameTheCertificateThatSignedThem) {
    const auto keys = parse_keys(test::make_certificate_account()).value();
    const std::string content = codec::write_json(Json(success()));
    const auto answer = [&](const std::string& cert_sn) {
        const std::string named = cert_sn.empty() ? "" : ",\"alipay_cert_sn\":\"" + cert_sn + "\"";
        const std::string text = "{\"alipay_trade_close_response\":" + content + named + ",\"sign\":\"" +
                                 test::signature_of(content) + "\"}";
        return parse_close_answer(text, keys, number);
    };
    EXPECT_EQ(answer(keys.channel_cert_sn).outcome, Outcome::done);
    EXPECT_EQ(answer(keys.app_cert_sn).code, "bad_cert_sn");
    EXPECT_EQ(answer("").code, "bad_cert_sn");
    EXPECT_FALSE(answer("").is_authentic);
    EXPECT_EQ(close_answer(signed_answer(Call::close, success())).outcome, Outcome::done)
        << "key mode names none";
}

// ---- good answers

TEST(Pay, SuccessIsDoneWithItsFacts) {
    const auto answer = pay_answer(signed_answer(Call::pay, paid()));
    EXPECT_EQ(answer.outcome, Outcome::done);
    EXPECT_EQ(answer.code, "10000");
    EXPECT_EQ(answer.trade.trade_no, "2024030522001434500000000001");
    EXPECT_EQ(answer.trade.amount, core::fen(1000)) << "what was asked, not what is received";
    EXPECT_EQ(answer.trade.paid_at, core::parse_beijing_text("2024-03-05 09:15:02").value());
    EXPECT_EQ(answer.trade.payer_id, "2088302495431234");
    EXPECT_EQ(answer.trade.payer_login, "lwx***@126.com");
    EXPECT_EQ(answer.trade.funding, "ALIPAYACCOUNT");
    const auto open = with(without(paid(), "buyer_user_id"), "buyer_open_id", Json("074a1"));
    EXPECT_EQ(pay_answer(signed_answer(Call::pay, open)).trade.payer_id, "074a1");
    for (const Json& bills : {Json(codec::JsonArray{}), Json("x"), Json(codec::JsonArray{Json("x")})}) {
        const auto odd = pay_answer(signed_answer(Call::pay, with(paid(), "fund_bill_list", bills)));
        EXPECT_EQ(odd.outcome, Outcome::done);
        EXPECT_EQ(odd.trade.funding, "");
    }
}

TEST(Pay, PaidWithoutTheFactsIsUnknown) {
    for (const auto& [name, value] :
         std::vector<std::pair<const char*, Json>>{{"total_amount", Json("")},
                                                   {"total_amount", Json("10.001")},
                                                   {"total_amount", Json("-10.00")},
                                                   {"total_amount", Json("1e1")},
                                                   {"total_amount", codec::Json::number(10)},
                                                   {"trade_no", Json("")},
                                                   {"gmt_payment", Json("2024-02-30 09:15:02")}}) {
        const auto answer = pay_answer(signed_answer(Call::pay, with(paid(), name, value)));
        EXPECT_EQ(answer.outcome, Outcome::unknown) << name;
        EXPECT_EQ(answer.code, "incomplete");
        EXPECT_TRUE(answer.is_authentic);
        EXPECT_FALSE(answer.trade.amount.has_value());
    }
    EXPECT_EQ(query_answer(signed_answer(Call::query, without(found("TRADE_SUCCESS"), "total_amount"))).state,
              TradeState::unknown);
    EXPECT_EQ(query_answer(signed_answer(Call::query, without(found("TRADE_SUCCESS"), "send_pay_date"))).code,
              "incomplete");
}

TEST(Query, EveryTradeStatus) {
    const auto state = [](const JsonObject& content) {
        const auto answer = query_answer(signed_answer(Call::query, content));
        EXPECT_EQ(answer.outcome, Outcome::done);
        const bool was_paid = answer.state == TradeState::paid || answer.state == TradeState::paid_and_closed;
        EXPECT_EQ(answer.trade.amount.has_value(), was_paid);
        EXPECT_EQ(answer.code, test::text_of(Json(content), "trade_status"));
        return answer.state;
    };
    EXPECT_EQ(state(found("TRADE_SUCCESS")), TradeState::paid);
    EXPECT_EQ(state(found("TRADE_FINISHED")), TradeState::paid);
    EXPECT_EQ(state(without(found("WAIT_BUYER_PAY"), "send_pay_date")), TradeState::pending);
    EXPECT_EQ(state(without(found("TRADE_CLOSED"), "send_pay_date")), TradeState::closed);
    EXPECT_EQ(state(with(found("TRADE_CLOSED"), "send_pay_date", Json(""))), TradeState::closed);
    EXPECT_EQ(state(found("TRADE_CLOSED")), TradeState::paid_and_closed);
    for (const char* status : {"", "trade_success", "TRADE_PENDING"}) {
        const auto answer = query_answer(signed_answer(Call::query, found(status)));
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_EQ(answer.state, TradeState::unknown);
    }
}

TEST(Cancel, EveryActionAndFlag) {
    const auto cancel = [](const JsonObject& content) {
        return cancel_answer(signed_answer(Call::cancel, content));
    };
    const auto done = cancel(cancelled());
    EXPECT_EQ(done.outcome, Outcome::done);
    EXPECT_EQ(done.effect, Effect::refunded);
    EXPECT_FALSE(done.must_repeat);
    EXPECT_FALSE(done.has_no_trade);
    const auto closed = cancel(with(cancelled(), "action", Json("close")));
    EXPECT_EQ(closed.outcome, Outcome::done);
    EXPECT_EQ(closed.effect, Effect::unpaid);
    EXPECT_FALSE(closed.has_no_trade);
    const auto absent = cancel(without(cancelled(), "action"));
    EXPECT_EQ(absent.outcome, Outcome::done);
    EXPECT_TRUE(absent.has_no_trade);
    EXPECT_EQ(absent.effect, Effect::unpaid);
    for (const JsonObject& again :
         {with(cancelled(), "retry_flag", Json("Y")), without(cancelled(), "retry_flag"),
          with(cancelled(), "retry_flag", Json("n")), with(cancelled(), "action", Json("pay")),
          with(without(cancelled(), "action"), "retry_flag", Json("Y")),
          with(failure("40004", "ACQ.TRADE_CANCEL_TIME_OUT"), "retry_flag", Json("Y"))}) {
        const auto answer = cancel(again);
        EXPECT_EQ(answer.outcome, Outcome::unknown);
        EXPECT_TRUE(answer.must_repeat);
        EXPECT_FALSE(answer.has_no_trade);
        EXPECT_EQ(answer.effect, Effect::not_known);
        EXPECT_EQ(answer.refusal, Refusal::none);
    }
}

TEST(Refund, OnlyMovedMoneyIsProof) {
    const auto refund = [](const JsonObject& content) {
        return refund_answer(signed_answer(Call::refund, content));
    };
    const auto done = refund(refunded());
    EXPECT_EQ(done.outcome, Outcome::done);
    EXPECT_FALSE(done.amount.has_value()) << "refund_fee is of all refunds together";
    EXPECT_EQ(done.refunded_at, core::parse_beijing_text("2024-03-05 12:00:00").value());
    for (const JsonObject& repeated :
         {with(refunded(), "fund_change", Json("N")), without(refunded(), "fund_change")}) {
        EXPECT_EQ(refund(repeated).outcome, Outcome::unknown);
        EXPECT_EQ(refund(repeated).code, "fund_change");
        EXPECT_TRUE(refund(repeated).is_authentic);
        EXPECT_FALSE(refund(repeated).is_absent);
    }
}

TEST(RefundQuery, StatusAmountAndAbsence) {
    const auto query = [](const JsonObject& content) {
        return refund_query_answer(signed_answer(Call::refund_query, content));
    };
    const auto done = query(with(refund_found(), "gmt_refund_pay", Json("2024-03-05 12:00:00")));
    EXPECT_EQ(done.outcome, Outcome::done);
    EXPECT_EQ(done.code, "REFUND_SUCCESS");
    EXPECT_EQ(done.amount, core::fen(300));
    EXPECT_EQ(done.refunded_at, core::parse_beijing_text("2024-03-05 12:00:00").value());
    const JsonObject bare{{"code", Json("10000")}, {"msg", Json("Success")}};
    for (const JsonObject& absent : {without(refund_found(), "refund_status"), bare}) {
        EXPECT_EQ(query(absent).outcome, Outcome::unknown);
        EXPECT_TRUE(query(absent).is_absent);
        EXPECT_TRUE(query(absent).is_authentic);
    }
    for (const auto& [content, code] : std::vector<std::pair<JsonObject, const char*>>{
             {with(refund_found(), "refund_status", Json("REFUND_PROCESSING")), "unlisted"},
             {with(refund_found(), "out_request_no", Json("R2")), "mismatch"},
             {with(without(refund_found(), "refund_status"), "out_request_no", Json("R2")), "mismatch"},
             {without(refund_found(), "out_request_no"), "mismatch"},
             {without(refund_found(), "refund_amount"), "incomplete"}}) {
        EXPECT_EQ(query(content).outcome, Outcome::unknown);
        EXPECT_EQ(query(content).code, code);
        EXPECT_FALSE(query(content).is_absent);
    }
}

TEST(Close, DoneOrPaid) {
    EXPECT_EQ(close_answer(signed_answer(Call::close, success())).outcome, Outcome::done);
    EXPECT_FALSE(close_answer(signed_answer(Call::close, success())).has_no_trade);
}

TEST(Message, IsCutBetweenCharacters) {
    std::string longest;
    for (int i = 0; i < 100; ++i) longest += "果";
    const auto answer =
        pay_answer(signed_answer(Call::pay, with(failure("40004", longest), "sub_msg", Json(longest))));
    EXPECT_EQ(answer.message.size(), 255U);
    EXPECT_EQ(answer.code.size(), 255U);
}

}  // namespace
}  // namespace huitong::channels::alipay
