// Onboarding, operators, the audit log and decisions beside the engine, over a real (in-memory) database.
#include "flows/onboard.hpp"

#include <gtest/gtest.h>

#include "app/sim_platform.hpp"
#include "flows/audit.hpp"
#include "flows/decide.hpp"
#include "flows/operators.hpp"

namespace huitong::app {
namespace {

using ports::Role;

class OnboardTest : public ::testing::Test {
  protected:
    SimPlatform sim_{SimOptions{.seed = 11}};
    flows::Operators operators_{sim_.store(), sim_.time(), sim_.random()};
    flows::Onboard onboard_{sim_.store(), sim_.time(), sim_.random()};

    ports::Operator demo() {
        auto person = sim_.run(
            operators_.authenticate(sim_.data().operator_name, core::Secret(sim_.data().operator_key)));
        EXPECT_TRUE(person.has_value());
        return *person;
    }
    flows::AuditReport verify() {
        auto report = sim_.run(flows::verify_audit(sim_.store()));
        EXPECT_TRUE(report.has_value());
        return *report;
    }
};

template <class T>
std::string reason(const core::Result<T>& result) {
    return result ? "done" : result.error().reason;
}

TEST_F(OnboardTest, OnlyTheFirstOperatorNeedsNoOther) {
    EXPECT_EQ(reason(sim_.run(operators_.create(std::nullopt, "eve", Role::operator_))), "operator_needed");
    EXPECT_EQ(reason(sim_.run(operators_.create(demo(), "demo", Role::operator_))), "exists");
    const auto made = sim_.run(operators_.create(demo(), "ann", Role::auditor));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->key.reveal().size(), 32U);
    EXPECT_EQ(reason(sim_.run(operators_.authenticate("ann", core::Secret("wrong")))), "bad_operator");
    const auto ann = sim_.run(operators_.authenticate("ann", made->key));
    ASSERT_TRUE(ann.has_value());
    EXPECT_EQ(reason(sim_.run(operators_.create(*ann, "bob", Role::operator_))), "may_only_read");
    EXPECT_EQ(reason(sim_.run(onboard_.create_vendor(*ann, "V"))), "may_only_read");
    EXPECT_EQ(reason(sim_.run(operators_.set_active(demo(), "demo", false))), "last_operator");
    EXPECT_EQ(reason(sim_.run(operators_.set_active(demo(), "ann", false))), "done");
    EXPECT_EQ(reason(sim_.run(operators_.authenticate("ann", made->key))), "bad_operator");
}

TEST_F(OnboardTest, NumbersHaveTheLengthsOfTheContract) {
    const auto vendor = sim_.run(onboard_.create_vendor(demo(), "Tills Ltd"));
    ASSERT_TRUE(vendor.has_value());
    EXPECT_EQ(vendor->sn.size(), 8U);
    EXPECT_EQ(vendor->key.reveal().size(), 32U);
    const auto app = sim_.run(onboard_.create_app(demo(), vendor->sn, "till"));
    ASSERT_TRUE(app.has_value());
    EXPECT_EQ(app->id.size(), 16U);
    const auto merchant = sim_.run(onboard_.create_merchant(demo(), "面包店"));
    ASSERT_TRUE(merchant.has_value());
    EXPECT_EQ(merchant->sn.size(), 13U);
    const auto store = sim_.run(onboard_.create_store(demo(), merchant->sn, "Main Street"));
    ASSERT_TRUE(store.has_value());
    EXPECT_EQ(store->sn.size(), 13U);
    const auto code = sim_.run(onboard_.create_code(demo(), store->sn, {}));
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(code->code.size(), 8U);
    EXPECT_EQ(code->uses_left, 1);
    EXPECT_EQ(code->expires_at, sim_.time().now() + std::chrono::hours(24 * 7));

    // A code of one use activates one till.
    Till first(sim_.network(), SimPlatform::gateway_origin(),
               {vendor->sn, std::string(vendor->key.reveal())});
    Till second = first;
    EXPECT_EQ(sim_.run(first.activate(app->id, code->code, "A"))->result_code, "200");
    EXPECT_EQ(sim_.run(second.activate(app->id, code->code, "B"))->result_code, "400");
}

// As after a restore: what was made since the backup is made again, under the number its payments name.
TEST_F(OnboardTest, AMerchantAndAStoreAreMadeUnderTheNumbersTheyHad) {
    const std::string merchant_sn = "0680000000009";
    const std::string store_sn = "0690000000009";
    const auto before = verify();
    const auto merchant = sim_.run(onboard_.create_merchant(demo(), "M", merchant_sn));
    ASSERT_TRUE(merchant.has_value()) << reason(merchant);
    EXPECT_EQ(merchant->sn, merchant_sn);
    const auto store = sim_.run(onboard_.create_store(demo(), merchant_sn, "S", store_sn));
    ASSERT_TRUE(store.has_value()) << reason(store);
    EXPECT_EQ(store->sn, store_sn);
    const auto code = sim_.run(onboard_.create_code(demo(), store_sn, {}));
    ASSERT_TRUE(code.has_value()) << reason(code);
    EXPECT_EQ(code->merchant_sn, merchant_sn);
    EXPECT_EQ(verify().rows, before.rows + 3);

    EXPECT_EQ(reason(sim_.run(onboard_.create_merchant(demo(), "M", merchant_sn))), "exists");
    EXPECT_EQ(reason(sim_.run(onboard_.create_store(demo(), merchant_sn, "S", store_sn))), "exists");
    EXPECT_EQ(reason(sim_.run(onboard_.create_store(demo(), "0", "S", "0690000000010"))), "no_merchant");
    for (const char* bad : {"", "068000000001", "06800000000100", "068000000001x", " 680000000010"}) {
        EXPECT_EQ(reason(sim_.run(onboard_.create_merchant(demo(), "M", bad))), "bad_sn") << bad;
        EXPECT_EQ(reason(sim_.run(onboard_.create_store(demo(), merchant_sn, "S", bad))), "bad_sn") << bad;
    }
    EXPECT_EQ(verify().rows, before.rows + 3) << "a refused act leaves no row";
}

TEST_F(OnboardTest, RefusesWhatDoesNotFit) {
    EXPECT_EQ(reason(sim_.run(onboard_.create_vendor(demo(), ""))), "bad_name");
    EXPECT_EQ(reason(sim_.run(onboard_.create_vendor(demo(), "a\nb"))), "bad_name");
    EXPECT_EQ(reason(sim_.run(onboard_.create_app(demo(), "00000000", "x"))), "no_vendor");
    EXPECT_EQ(reason(sim_.run(onboard_.create_store(demo(), "0", "x"))), "no_merchant");
    EXPECT_EQ(reason(sim_.run(onboard_.create_code(demo(), "0", {}))), "no_store");
    EXPECT_EQ(reason(sim_.run(onboard_.create_code(demo(), sim_.data().store_sn, {.uses = 0}))), "bad_terms");
    ports::ChannelAccount account;
    account.id = "wx-2";
    account.merchant_sn = sim_.data().merchant_sn;
    account.base_url = "https://api.mch.weixin.qq.com";
    account.app_id = "wx1";
    account.mch_id = "123";
    account.sign_type = "MD5";
    account.api_key = core::Secret("too short");
    EXPECT_EQ(reason(sim_.run(onboard_.create_account(demo(), account))), "bad_account");
    account.api_key = core::Secret(std::string(32, 'k'));
    EXPECT_EQ(reason(sim_.run(onboard_.create_account(demo(), account))), "done");
    EXPECT_EQ(reason(sim_.run(onboard_.create_account(demo(), account))), "exists");
}

TEST_F(OnboardTest, ADisabledMerchantTakesNoMoney) {
    ASSERT_EQ(reason(sim_.run(onboard_.set_active(demo(), "merchant", sim_.data().merchant_sn, false))),
              "done");
    const auto answer = sim_.run(
        sim_.till().pay({.client_sn = "A1", .amount_fen = 100, .payment_code = sim_.payment_code()}));
    ASSERT_TRUE(answer.has_value());
    EXPECT_NE(answer->biz_result_code, "PAY_SUCCESS");
    EXPECT_TRUE(sim_.simulators().wechat().settled_orders().empty());
    EXPECT_EQ(reason(sim_.run(onboard_.set_active(demo(), "merchant", "0", false))), "not_found");
}

TEST_F(OnboardTest, EveryActIsAnAuditRowAndTamperingShows) {
    const auto before = verify();
    EXPECT_EQ(before.first_bad_id, 0);
    ASSERT_TRUE(sim_.run(onboard_.create_merchant(demo(), "M")).has_value());
    EXPECT_FALSE(sim_.run(onboard_.create_store(demo(), "0", "x")).has_value())
        << "a refused act leaves no row";
    const auto after = verify();
    EXPECT_EQ(after.rows, before.rows + 1);
    EXPECT_NE(after.last_hash, before.last_hash);

    sim_.database().run_script("update audit set actor = 'nobody' where id = 3");
    EXPECT_EQ(verify().first_bad_id, 3);
}

TEST_F(OnboardTest, ARowTakenOutShows) {
    sim_.database().run_script("delete from audit where id = 2");
    EXPECT_EQ(verify().first_bad_id, 2);
}

// `huitong admin` decides beside a running platform: its worker takes the reversal up within a second or two.
TEST_F(OnboardTest, ReverseAgainBesideTheEngineIsSentSoon) {
    const auto paid = sim_.run(
        sim_.till().pay({.client_sn = "A1", .amount_fen = 100, .payment_code = sim_.payment_code(33)}));
    ASSERT_EQ(paid->biz_result_code, "PAY_SUCCESS") << paid->body;
    sim_.run_for(std::chrono::seconds(20));
    (void)sim_.run(sim_.till().cancel("A1"));
    sim_.run_for(std::chrono::minutes(45));
    const auto seen = sim_.run(sim_.engine().find(sim_.data().merchant_sn, "", "A1"));
    ASSERT_TRUE(seen.has_value());
    ASSERT_EQ(seen->payment.state, payments::PaymentState::manual_review);
    const auto calls = sim_.simulators().wechat().totals().reverse_calls;
    const payments::Decision again{.verdict = payments::Verdict::reverse_again,
                                   .operator_name = "demo",
                                   .reason = "the channel is repaired",
                                   .owner = {}};
    const auto decided = sim_.run(flows::decide_beside(sim_.store(), seen->payment.sn, again,
                                                       sim_.time().now(), GatewayOptions{}.engine));
    ASSERT_TRUE(decided.has_value()) << decided.error().reason;
    sim_.run_for(std::chrono::seconds(2));
    EXPECT_GT(sim_.simulators().wechat().totals().reverse_calls, calls);
    EXPECT_EQ(verify().first_bad_id, 0);
}

}  // namespace
}  // namespace huitong::app
