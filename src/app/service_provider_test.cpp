// Service-provider mode (spec/channels 1A.1, 1A.3): a merchant that is paid through another's WeChat account
// under a sub_mch_id. Every call names it, under both signatures, and no answer about another one is trusted.
#include <algorithm>

#include "app/acceptance_test_support.hpp"
#include "channels/wechat/signature.hpp"
#include "codec/xml.hpp"
#include "flows/onboard.hpp"
#include "flows/operators.hpp"

namespace huitong::app {

namespace {

namespace wechat = channels::wechat;

constexpr const char* other_sub_mch_id = "1900000201";
constexpr const char* our_sub_mch_id = "1900000202";
constexpr std::uint16_t our_place = 2;  // among the provider's, counted from 1

SimOptions provider() {
    SimOptions options;
    options.sub_mch_ids = {other_sub_mch_id, our_sub_mch_id};
    return options;
}

// Speaks to the platform in the channel's name: the channel's own answers to calls of one kind, about another
// sub-merchant and signed again with the right key.
struct Misnamer {
    net::Handler channel;
    std::string path_end;
    std::string sub_mch_id;
    wechat::SignType type;
    core::Secret key;
    int renamed = 0;

    task::Awaitable<net::Response> serve(net::Request request) {
        const bool is_meant = request.target.ends_with(path_end);
        net::Response response = co_await channel(std::move(request));
        auto fields = codec::parse_flat_xml(response.body);
        if (!is_meant || !fields || fields->get("sub_mch_id").empty()) co_return response;
        fields->set("sub_mch_id", sub_mch_id);
        fields->set("sign", wechat::sign(*fields, type, key));
        response.body = codec::write_flat_xml(*fields);
        ++renamed;
        co_return response;
    }
};

}  // namespace

class ServiceProvider : public Acceptance, public testing::WithParamInterface<std::string> {
  protected:
    ServiceProvider() : Acceptance(provider()) {}

    // The merchant's account names no sub-merchant; one that does takes its place.
    void SetUp() override {
        const DemoData& data = platform.data();
        flows::Operators operators(platform.store(), platform.time(), platform.random());
        const auto person =
            platform.run(operators.authenticate(data.operator_name, core::Secret(data.operator_key)));
        ASSERT_TRUE(person);
        auto accounts = platform.run(
            platform.store().read([](ports::Tx& tx) -> core::Result<std::vector<ports::ChannelAccount>> {
                return tx.directory().list_accounts({});
            }));
        ASSERT_TRUE(accounts.has_value());
        const auto wechat =
            std::ranges::find(*accounts, ChannelKind::wechat, &ports::ChannelAccount::channel);
        ASSERT_NE(wechat, accounts->end());
        ports::ChannelAccount account = *wechat;
        flows::Onboard onboard(platform.store(), platform.time(), platform.random());
        ASSERT_TRUE(platform.run(onboard.set_active(*person, "channel_account", account.id, false)));
        account.id = "wx-sub";
        account.is_active = true;
        account.api_key = core::Secret(data.wechat_api_key);  // lists leave keys out
        account.sign_type = GetParam();
        account.sub_app_id = "wxd0000000000000202";
        account.sub_mch_id = our_sub_mch_id;
        const auto created = platform.run(onboard.create_account(*person, account));
        ASSERT_TRUE(created) << created.error().reason << " " << created.error().detail;
    }
    void TearDown() override {
        platform.network().listen(SimPlatform::wechat_origin(), platform.simulators().handler());
    }

    // From now on answers to calls of that path are about that sub-merchant.
    void misname(std::string path_end, std::string sub_mch_id) {
        misnamer = {.channel = platform.simulators().handler(),
                    .path_end = std::move(path_end),
                    .sub_mch_id = std::move(sub_mch_id),
                    .type = *wechat::parse_sign_type(GetParam()),
                    .key = core::Secret(platform.data().wechat_api_key)};
        platform.network().listen(SimPlatform::wechat_origin(), [this](net::Request request) {
            return misnamer.serve(std::move(request));
        });
    }
    void expect_order_is_ours() {
        const auto* order = platform.simulators().wechat().find_order("", payment().payment.channel_number);
        ASSERT_NE(order, nullptr);
        EXPECT_EQ(order->sub, our_place);
    }

    Misnamer misnamer;
};

TEST_P(ServiceProvider, PaysAndCancels) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(payment().payment.channel_account, "wx-sub");
    expect_order_is_ours();
    const TillAnswer answer = cancel();
    EXPECT_EQ(answer.biz_result_code, "CANCEL_SUCCESS");
    EXPECT_EQ(answer.get("order_status"), "CANCELED");
    EXPECT_EQ(payment().payment.effect, payments::Effect::refunded);
    EXPECT_EQ(calls(Op::reverse).size(), 1U);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(ServiceProvider, PollsUntilThePayerHasPaid) {
    EXPECT_EQ(pay(1, 8).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(calls(Op::query).size(), 2U);
    expect_order_is_ours();
    expect_books_agree();
    expect_no_violations();
}

TEST_P(ServiceProvider, ReversesWhatIsNeverPaid) {
    const TillAnswer answer = pay(2);
    EXPECT_EQ(answer.biz_result_code, "PAY_FAIL");
    EXPECT_EQ(answer.get("order_status"), "PAY_CANCELED");
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(calls(Op::reverse).size(), 1U);
    expect_order_is_ours();
    expect_books_agree();
    expect_no_violations();
}

TEST_P(ServiceProvider, PayAnswerAboutAnotherSubMerchantIsNoSuccess) {
    misname("/micropay", our_sub_mch_id);
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(misnamer.renamed, 1);
    EXPECT_TRUE(calls(Op::query).empty()) << "signed again, but about ours: trusted";
    misname("/micropay", other_sub_mch_id);
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    EXPECT_EQ(misnamer.renamed, 1);
    EXPECT_EQ(calls(Op::query).size(), 1U) << "paid by the query's word";
    expect_books_agree();
    expect_no_violations();
}

TEST_P(ServiceProvider, QueryAnswersAboutAnotherSubMerchantAreNoSuccess) {
    misname("/orderquery", other_sub_mch_id);
    const TillAnswer answer = pay(14);  // charged, and the answer of the pay call is lost
    EXPECT_NE(answer.biz_result_code, "PAY_SUCCESS");
    EXPECT_GE(misnamer.renamed, 2);
    platform.run_for(minutes(3));
    EXPECT_EQ(payment().payment.state, PaymentState::reversing) << "no query has told what became of it";
    EXPECT_EQ(ledger_net(payment()), 0);
    misname("/orderquery", our_sub_mch_id);
    platform.run_for(minutes(10));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    expect_books_agree();
    expect_no_violations();
}

TEST_P(ServiceProvider, ReversalAnswerAboutAnotherSubMerchantIsNoProof) {
    EXPECT_EQ(pay(0).biz_result_code, "PAY_SUCCESS");
    misname("/reverse", other_sub_mch_id);
    EXPECT_EQ(cancel().biz_result_code, "CANCEL_IN_PROGRESS");
    EXPECT_GE(misnamer.renamed, 1);
    EXPECT_EQ(payment().payment.state, PaymentState::reversing);
    EXPECT_EQ(ledger_net(payment()), 100) << "nothing is booked without proof";
    misname("/reverse", our_sub_mch_id);
    platform.run_for(minutes(10));
    EXPECT_EQ(payment().payment.state, PaymentState::reversed);
    EXPECT_EQ(query().get("order_status"), "CANCELED");
    expect_books_agree();
    expect_no_violations();
}

INSTANTIATE_TEST_SUITE_P(SignTypes, ServiceProvider, testing::Values("MD5", "HMAC-SHA256"),
                         [](const auto& each) { return each.param == "MD5" ? "md5" : "hmac_sha256"; });

}  // namespace huitong::app
