// What a till knows after each kind of answer (spec/upay 1.3, 1.4, 4.1, 5).
#include "load/face.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"

namespace huitong::load {
namespace {

core::Result<Answer> answer_of(std::string body, int status = 200) {
    return read_answer(net::make_response(status, "application/json", std::move(body)));
}

std::string biz(std::string_view result, std::string_view error, std::string_view order_status = "") {
    std::string body = R"({"result_code":"200","error_code":"","biz_response":{"result_code":")";
    body += std::string(result) + R"(","error_code":")" + std::string(error) + '"';
    if (!order_status.empty()) {
        body += R"(,"data":{"sn":"7842000000000001","order_status":")" + std::string(order_status) + "\"}";
    }
    return body + "}}";
}

struct Case {
    Operation operation;
    std::string body;
    Verdict verdict;
    std::string word;
};

TEST(Classify, BusinessAnswers) {
    using enum Operation;
    using enum Verdict;
    const Case cases[] = {
        {pay, biz("PAY_SUCCESS", "", "PAID"), definite, "PAY_SUCCESS"},
        {pay, biz("PAY_FAIL", "TRADE_TIMEOUT", "PAY_CANCELED"), definite, "PAY_FAIL TRADE_TIMEOUT"},
        {pay, biz("PAY_IN_PROGRESS", "", "CREATED"), unknown, "PAY_IN_PROGRESS"},
        {pay, biz("PAY_FAIL_IN_PROGRESS", "", "CREATED"), unknown, "PAY_FAIL_IN_PROGRESS"},
        {pay, biz("PAY_FAIL_ERROR", "TRADE_FAILED", "PAY_ERROR"), unknown, "PAY_FAIL_ERROR TRADE_FAILED"},
        {pay, biz("FAIL", "CLIENT_SN_CONFLICT"), refused, "FAIL CLIENT_SN_CONFLICT"},
        {query, biz("SUCCESS", "", "REFUNDED"), definite, "REFUNDED"},
        {query, biz("SUCCESS", "", "CREATED"), unknown, "CREATED"},
        {query, biz("FAIL", "UPAY_ORDER_NOT_EXISTS"), definite, "FAIL UPAY_ORDER_NOT_EXISTS"},
        {cancel, biz("CANCEL_SUCCESS", "", "CANCELED"), definite, "CANCEL_SUCCESS"},
        {cancel, biz("CANCEL_ERROR", "TRADE_FAILED", "PAID"), definite, "CANCEL_ERROR TRADE_FAILED"},
        {cancel, biz("CANCEL_ERROR", "", "CANCEL_ERROR"), unknown, "CANCEL_ERROR"},
        {cancel, biz("CANCEL_IN_PROGRESS", "", "CANCEL_INPROGRESS"), unknown, "CANCEL_IN_PROGRESS"},
        {cancel, biz("FAIL", "UPAY_CANCEL_ORDER_NOOP", "CANCELED"), definite, "FAIL UPAY_CANCEL_ORDER_NOOP"},
        {cancel, biz("FAIL", "UPAY_CANCEL_INVALID_ORDER_STATE", "REFUNDED"), refused,
         "FAIL UPAY_CANCEL_INVALID_ORDER_STATE"},
        {refund, biz("REFUND_SUCCESS", "", "REFUNDED"), definite, "REFUND_SUCCESS"},
        {refund, biz("REFUND_FAIL", "SELLER_BALANCE_NOT_ENOUGH", "PAID"), definite,
         "REFUND_FAIL SELLER_BALANCE_NOT_ENOUGH"},
        {refund, biz("REFUND_IN_PROGRESS", "", "REFUND_INPROGRESS"), unknown, "REFUND_IN_PROGRESS"},
        {refund, biz("REFUND_ERROR", "", "REFUND_ERROR"), unknown, "REFUND_ERROR"},
        {refund, biz("FAIL", "UPAY_REFUND_ORDER_NOOP"), definite, "FAIL UPAY_REFUND_ORDER_NOOP"},
        {refund, biz("FAIL", "REFUNDABLE_AMOUNT_NOT_ENOUGH"), refused, "FAIL REFUNDABLE_AMOUNT_NOT_ENOUGH"},
        {pay, R"({"result_code":"200"})", unknown, ""},
    };
    for (const Case& each : cases) {
        const Outcome outcome = classify(each.operation, answer_of(each.body));
        EXPECT_EQ(outcome.verdict, each.verdict) << each.body;
        EXPECT_EQ(outcome.word, each.word);
    }
}

TEST(Classify, TheCommunicationLevelIsTheSameForAll) {
    const auto outer = [](std::string_view result, std::string_view error) {
        return answer_of(R"({"result_code":")" + std::string(result) + R"(","error_code":")" +
                         std::string(error) + "\"}");
    };
    for (const Operation operation : operations) {
        EXPECT_EQ(classify(operation, outer("400", "ILLEGAL_SIGN")).verdict, Verdict::refused);
        EXPECT_EQ(classify(operation, outer("500", "REQUEST_FAIL")).verdict, Verdict::refused);
        EXPECT_EQ(classify(operation, outer("500", "EXTERNAL_SERVICE_EXCEPTION")).verdict, Verdict::refused);
        EXPECT_EQ(classify(operation, outer("500", "UNKNOWN_SYSTEM_ERROR")).verdict, Verdict::unknown);
        EXPECT_EQ(classify(operation, outer("500", "NEVER_HEARD_OF")).verdict, Verdict::unknown);
    }
    EXPECT_EQ(classify(Operation::pay, outer("500", "REQUEST_FAIL")).word, "REQUEST_FAIL");
}

TEST(Classify, WithoutAnAnswerOnlyWhatNeverLeftIsCertain) {
    const auto failed = [](core::Code code, std::string_view reason) -> core::Result<Answer> {
        return core::fail(code, reason);
    };
    EXPECT_EQ(classify(Operation::pay, failed(core::Code::unavailable, "connect_failed")).verdict,
              Verdict::refused);
    EXPECT_EQ(classify(Operation::pay, failed(core::Code::unknown_outcome, "reset")).verdict,
              Verdict::unknown);
    EXPECT_EQ(classify(Operation::pay, answer_of("busy", 503)).verdict, Verdict::unknown);
    EXPECT_EQ(classify(Operation::pay, answer_of("<html>")).word, "bad_answer");
}

TEST(Face, SignsTheBytesOfTheBody) {
    const net::Request request = make_request({"100012", "key"}, "/upay/v2/query", {{"client_sn", "披萨"}});
    EXPECT_EQ(request.body, "{\"client_sn\":\"披萨\"}");
    EXPECT_EQ(request.headers.find("authorization"), "100012 " + crypto::md5_hex(request.body, "key"));
}

}  // namespace
}  // namespace huitong::load
