// The conformance checklist of spec/upay section 11, by number: signed HTTP requests into the real handler of
// the simulated platform. 23 is in notifications_test, 24 in checkout_test.
#include <fmt/format.h>

#include <algorithm>

#include "app/acceptance_test_support.hpp"
#include "crypto/digest.hpp"
#include "flows/onboard.hpp"

namespace huitong::app {

namespace {

struct Reply {
    int http_status = 0;
    std::string body;
    [[nodiscard]] bool says(std::string_view text) const { return body.find(text) != std::string::npos; }
};

}  // namespace

class Checklist : public Acceptance {
  protected:
    Reply send(std::string path, std::string body, std::string authorization) {
        net::Request request;
        request.target = std::move(path);
        request.headers.set("Authorization", std::move(authorization));
        request.body = std::move(body);
        net::CallOptions options;
        options.read_timeout = minutes(1);  // a cancel waits for the channel's 15 s
        const auto response =
            platform.run(platform.network().send(SimPlatform::gateway_origin(), std::move(request), options));
        if (!response) return {};
        return {response->status, response->body};
    }
    Reply signed_by(const TillIdentity& who, std::string path, const std::string& body) {
        return send(std::move(path), body, who.sn + " " + crypto::md5_hex(body, who.key));
    }
    Reply call(std::string path, const std::string& body) {
        return signed_by(platform.till().identity(), std::move(path), body);
    }
    // A pay body; `more` begins with a comma.
    std::string pay_body(const std::string& client_sn, const std::string& amount = "100",
                         std::string more = "", std::string code = {}) {
        if (code.empty()) code = platform.payment_code();
        return fmt::format(R"({{"terminal_sn":"{}","client_sn":"{}","total_amount":"{}","dynamic_id":"{}",)"
                           R"("subject":"tea","operator":"kay"{}}})",
                           platform.till().identity().sn, client_sn, amount, code, more);
    }
    std::string look_up_body(const std::string& sn, const std::string& client_sn) {
        return fmt::format(R"({{"terminal_sn":"{}","sn":"{}","client_sn":"{}"}})",
                           platform.till().identity().sn, sn, client_sn);
    }
    std::int64_t payments_at_channel() { return channel().totals().pay_calls; }

    ports::Operator owner() {
        const std::string name = platform.data().operator_name;
        return *platform.run(platform.store().read([name](ports::Tx& tx) -> core::Result<ports::Operator> {
            return *tx.directory().find_operator(name);
        }));
    }
    std::string make_code(flows::CodeTerms terms) {
        flows::Onboard onboard(platform.store(), platform.time(), platform.random());
        return platform.run(onboard.create_code(owner(), platform.data().store_sn, terms))->code;
    }
    Reply activate(const std::string& code, const std::string& client_sn = "") {
        const TillIdentity vendor{platform.data().vendor_sn, platform.data().vendor_key};
        return signed_by(vendor, "/terminal/activate",
                         fmt::format(R"({{"app_id":"{}","code":"{}","device_id":"D1","client_sn":"{}"}})",
                                     platform.data().app_id, code, client_sn));
    }
    TillIdentity checkin(const TillIdentity& who) {
        const Reply reply = signed_by(who, "/terminal/checkin",
                                      fmt::format(R"({{"terminal_sn":"{}","device_id":""}})", who.sn));
        const auto json = codec::parse_json(reply.body);
        const auto* fields = json ? json->find("biz_response") : nullptr;
        const auto* key = fields ? fields->find("terminal_key") : nullptr;
        if (!key) ADD_FAILURE() << reply.body;
        return {who.sn, key ? *key->as_string() : ""};
    }
};

TEST_F(Checklist, C01_wrong_key_is_illegal_sign_over_http_200) {
    const Reply reply =
        signed_by({platform.till().identity().sn, std::string(32, '0')}, "/upay/v2/pay", pay_body("a"));
    EXPECT_EQ(reply.http_status, 200);
    EXPECT_TRUE(reply.says(R"("result_code":"400")") && reply.says("ILLEGAL_SIGN")) << reply.body;
    EXPECT_EQ(payments_at_channel(), 0);
}

TEST_F(Checklist, C02_upper_case_sign_is_accepted) {
    const std::string body = pay_body("a");
    const TillIdentity& who = platform.till().identity();
    const Reply reply =
        send("/upay/v2/pay", body, who.sn + " " + crypto::to_upper(crypto::md5_hex(body, who.key)));
    EXPECT_TRUE(reply.says("PAY_SUCCESS")) << reply.body;
}

TEST_F(Checklist, C03_spaces_line_ends_and_escapes_are_accepted) {
    std::string body = pay_body("a", "100", R"(,"description":"\u62ab\u8428")");
    std::string spread;
    for (char c : body) {
        spread += c;
        if (c == ',' || c == '{') spread += "\r\n  ";
    }
    EXPECT_TRUE(call("/upay/v2/pay", spread).says("PAY_SUCCESS"));
}

TEST_F(Checklist, C04_unknown_sn_is_invalid_terminal) {
    const Reply reply = signed_by({"100000000000000001", std::string(32, '0')}, "/upay/v2/query", "{}");
    EXPECT_TRUE(reply.says("INVALID_TERMINAL")) << reply.body;
}

TEST_F(Checklist, C05_activate_with_a_terminal_key_is_refused) {
    const std::string body = R"({"app_id":"1","code":"2","device_id":"3"})";
    const Reply reply = call("/terminal/activate", body);
    EXPECT_TRUE(reply.says(R"("result_code":"400")")) << reply.body;
    EXPECT_FALSE(reply.says("terminal_key"));
}

TEST_F(Checklist, C06_activation_code_use_count_expiry_and_two_terminals_of_one_code) {
    flows::CodeTerms twice;
    twice.uses = 2;
    const std::string code = make_code(twice);
    const Reply first = activate(code);
    const Reply second = activate(code);
    EXPECT_TRUE(first.says("terminal_key") && second.says("terminal_key"));
    EXPECT_NE(first.body, second.body);
    EXPECT_TRUE(activate(code).says("激活码已经被使用"));
    flows::CodeTerms brief;
    brief.valid_for = minutes(1);
    const std::string short_lived = make_code(brief);
    platform.run_for(minutes(2));
    EXPECT_TRUE(activate(short_lived).says("激活码过期"));
    EXPECT_TRUE(activate("99999999").says(R"("result_code":"400")"));
    EXPECT_TRUE(activate(platform.data().activation_code, "POS01").says("terminal_key"));
    EXPECT_TRUE(activate(platform.data().activation_code, "POS01").says("外部终端号重复"));
}

TEST_F(Checklist, C07_checkin_rotates_and_a_lost_answer_is_survived) {
    const TillIdentity first = platform.make_till()->identity();
    const TillIdentity second = checkin(first);
    EXPECT_NE(first.key, second.key);
    const std::string query = fmt::format(R"({{"terminal_sn":"{}","client_sn":"none"}})", first.sn);
    EXPECT_TRUE(signed_by(first, "/upay/v2/query", query).says("UPAY_ORDER_NOT_EXISTS"))
        << "the key before works";
    // The answer that carried `second` is lost: the old key checks in again and stays good.
    const TillIdentity third = checkin(first);
    EXPECT_TRUE(signed_by(first, "/upay/v2/query", query).says("UPAY_ORDER_NOT_EXISTS"));
    EXPECT_TRUE(signed_by(third, "/upay/v2/query", query).says("UPAY_ORDER_NOT_EXISTS"));
    EXPECT_TRUE(signed_by(second, "/upay/v2/query", query).says("ILLEGAL_SIGN"));
    const TillIdentity fourth = checkin(third);
    EXPECT_TRUE(signed_by(first, "/upay/v2/query", query).says("ILLEGAL_SIGN")) << "two keys before";
    EXPECT_TRUE(signed_by(fourth, "/upay/v2/query", query).says("UPAY_ORDER_NOT_EXISTS"));
}

TEST_F(Checklist, C08_amounts_that_are_none) {
    for (const char* amount : {"0", "-1", "1.0", "abc", "12345678901", "", " 1", "+1"}) {
        const Reply reply = call("/upay/v2/pay", pay_body("a", amount));
        EXPECT_TRUE(reply.says("INVALID_PARAMS")) << amount << ": " << reply.body;
    }
    EXPECT_EQ(payments_at_channel(), 0);
}

TEST_F(Checklist, C09_longitude_without_latitude) {
    EXPECT_TRUE(call("/upay/v2/pay", pay_body("a", "1", R"(,"longitude":"121.5")")).says("INVALID_PARAMS"));
}

TEST_F(Checklist, C10_extended_beyond_its_bounds) {
    std::string keys;
    for (int i = 0; i < 25; ++i) keys += fmt::format(R"({}"k{}":"v")", i == 0 ? "" : ",", i);
    EXPECT_TRUE(
        call("/upay/v2/pay", pay_body("a", "1", R"(,"extended":{)" + keys + "}")).says("INVALID_PARAMS"));
    const std::string longest = std::string(257, 'x');
    EXPECT_TRUE(call("/upay/v2/pay", pay_body("a", "1", R"(,"extended":{"k":")" + longest + R"("})"))
                    .says("INVALID_PARAMS"));
}

TEST_F(Checklist, C11_every_scalar_of_an_answer_is_a_string) {
    for (const int scenario : {0, 2, 5}) {
        const auto json = codec::parse_json(pay(scenario).body);
        ASSERT_TRUE(json);
        const codec::Json* data = json->find("biz_response")->find("data");
        ASSERT_TRUE(data);
        for (const auto& [name, value] : *data->as_object()) {
            EXPECT_TRUE(value.as_string() || value.as_array()) << name;
        }
    }
}

TEST_F(Checklist, C12_payway_overrides_the_code) {
    EXPECT_TRUE(
        call("/upay/v2/pay", pay_body("a", "1", R"(,"payway":"17")")).says("UNEXPECTED_PROVIDER_ERROR"));
    const auto elsewhere = call("/upay/v2/pay", pay_body("b", "1", R"(,"payway":"1")"));
    EXPECT_TRUE(elsewhere.says("INVALID_BARCODE")) << "Alipay was asked, and knows no such code";
    EXPECT_TRUE(elsewhere.says(R"("payway":"1")"));
    EXPECT_TRUE(call("/upay/v2/pay", pay_body("a", "1", "", "999999")).says("INVALID_BARCODE"));
    EXPECT_TRUE(call("/upay/v2/pay", pay_body("a", "1", R"(,"payway":"3")")).says("PAY_SUCCESS"))
        << "a FAIL does not use up client_sn";
}

TEST_F(Checklist, C13_duplicate_client_sn_fifty_at_once) {
    std::vector<std::shared_ptr<SimPlatform::Pending<core::Result<TillAnswer>>>> pays;
    for (int i = 0; i < 50; ++i) {
        pays.push_back(platform.begin(platform.till().pay(
            {.client_sn = "same", .amount_fen = 100, .payment_code = platform.payment_code()})));
    }
    platform.run_for(seconds(40));
    std::size_t paid = 0;
    std::size_t conflicts = 0;
    for (const auto& one : pays) {
        ASSERT_TRUE(one->is_done());
        paid += (**one->value).biz_result_code == "PAY_SUCCESS" ? 1 : 0;
        conflicts += (**one->value).error_code == "CLIENT_SN_CONFLICT" ? 1 : 0;
    }
    EXPECT_EQ(paid, 1U);
    EXPECT_EQ(conflicts, 49U);
    EXPECT_EQ(payments_at_channel(), 1);
}

TEST_F(Checklist, C14_query_by_sn_by_client_sn_by_both_by_neither) {
    const std::string sn = pay(0).get("sn");
    EXPECT_TRUE(call("/upay/v2/query", look_up_body(sn, "")).says(R"("order_status":"PAID")"));
    EXPECT_TRUE(call("/upay/v2/query", look_up_body("", "c1")).says(sn));
    EXPECT_TRUE(call("/upay/v2/query", look_up_body("7800000000000000", "c1")).says(sn));
    EXPECT_TRUE(call("/upay/v2/query", look_up_body("", "")).says("INVALID_PARAMS"));
    EXPECT_TRUE(call("/upay/v2/query", look_up_body("", "c2")).says("UPAY_ORDER_NOT_EXISTS"));
}

TEST_F(Checklist, C15_partial_refunds_until_nothing_is_left) {
    const std::int64_t price = 100;
    ASSERT_EQ(pay(0, 0, price).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(refund("r0", price + 1).error_code, "REFUNDABLE_AMOUNT_NOT_ENOUGH");
    const TillAnswer first = refund("r1", 40);
    EXPECT_EQ(first.biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(first.get("net_amount"), "60");
    EXPECT_EQ(refund("r1", 40).error_code, "UPAY_REFUND_ORDER_NOOP");
    EXPECT_EQ(query().get("net_amount"), "60");
    platform.run_for(minutes(2));
    const TillAnswer second = refund("r2", 60);
    EXPECT_EQ(second.get("order_status"), "REFUNDED");
    EXPECT_EQ(second.get("net_amount"), "0");
    expect_books_agree();
}

TEST_F(Checklist, C16_refund_by_the_channels_number_as_sn) {
    const std::string trade_no = pay(0).get("trade_no");
    const std::string body = fmt::format(
        R"({{"terminal_sn":"{}","sn":"{}","refund_request_no":"r1","refund_amount":"30","operator":"kay"}})",
        platform.till().identity().sn, trade_no);
    EXPECT_TRUE(call("/upay/v2/refund", body).says("REFUND_SUCCESS"));
    EXPECT_EQ(query().get("net_amount"), "70");
}

TEST_F(Checklist, C17_cancel_of_a_paid_order_then_again) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(answer.get("net_amount"), "0");
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_ORDER_NOOP");
    EXPECT_EQ(refund("r1", 10).error_code, "UPAY_REFUND_INVALID_ORDER_STATE");
    expect_books_agree();
}

TEST_F(Checklist, C18_cancel_after_a_partial_refund_is_refused) {
    ASSERT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    ASSERT_EQ(refund("r1", 40).biz_result_code, "REFUND_SUCCESS");
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_INVALID_ORDER_STATE");
    EXPECT_EQ(query().get("net_amount"), "60");
}

TEST_F(Checklist, C19_cancel_of_a_created_order_ends_the_pending_pay) {
    const auto waiting = begin_pay(2);
    platform.run_for(seconds(2));
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_ABORT_SUCCESS");
    platform.run_for(seconds(1));
    ASSERT_TRUE(waiting->is_done());
    EXPECT_NE((**waiting->value).get("order_status"), "PAID");
}

TEST_F(Checklist, C20_cancel_of_yesterdays_order_is_refused) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    platform.run_for(hours(15));
    EXPECT_EQ(cancel().error_code, "UPAY_CANCEL_INVALID_ORDER_STATE");
}

TEST_F(Checklist, C21_revoke_is_cancel) {
    const std::string sn = pay(0).get("sn");
    EXPECT_TRUE(call("/upay/v2/revoke", look_up_body(sn, "")).says("CANCEL_SUCCESS"));
    EXPECT_TRUE(call("/upay/v2/cancel", look_up_body(sn, "")).says("UPAY_CANCEL_ORDER_NOOP"));
}

TEST_F(Checklist, C22_what_nobody_pays_in_time_is_cancelled) {
    const std::string body = fmt::format(
        R"({{"terminal_sn":"{}","client_sn":"q1","total_amount":"100","payway":"3","subject":"tea",)"
        R"("operator":"kay"}})",
        platform.till().identity().sn);
    EXPECT_TRUE(call("/upay/v2/precreate", body).says("PRECREATE_SUCCESS"));
    platform.run_for(minutes(3));
    EXPECT_TRUE(call("/upay/v2/query", look_up_body("", "q1")).says(R"("order_status":"CREATED")"));
    platform.run_for(minutes(3));
    EXPECT_TRUE(call("/upay/v2/query", look_up_body("", "q1")).says(R"("order_status":"PAY_CANCELED")"));
}

TEST_F(Checklist, C25_order_of_another_merchant_is_invisible) {
    const std::string sn = pay(0).get("sn");
    flows::Onboard onboard(platform.store(), platform.time(), platform.random());
    const auto merchant = platform.run(onboard.create_merchant(owner(), "other"));
    const auto store = platform.run(onboard.create_store(owner(), merchant->sn, "other"));
    const auto code = platform.run(onboard.create_code(owner(), store->sn, {}));
    Till other(platform.network(), SimPlatform::gateway_origin(),
               {platform.data().vendor_sn, platform.data().vendor_key});
    ASSERT_EQ(platform.run(other.activate(platform.data().app_id, code->code, "X"))->result_code, "200");
    const std::string body =
        fmt::format(R"({{"terminal_sn":"{}","sn":"{}","client_sn":"c1"}})", other.identity().sn, sn);
    EXPECT_TRUE(signed_by(other.identity(), "/upay/v2/query", body).says("UPAY_ORDER_NOT_EXISTS"));
    EXPECT_TRUE(signed_by(other.identity(), "/upay/v2/cancel", body).says("UPAY_ORDER_NOT_EXISTS"));
    EXPECT_EQ(query().get("order_status"), "PAID");
}

}  // namespace huitong::app
