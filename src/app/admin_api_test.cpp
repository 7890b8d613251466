// The admin API over the whole platform: who may do what, what a bad request leaves behind, the life of what
// the directory holds, review by two, and answers that are as their schemas say.
#include <gtest/gtest.h>

#include "api/admin/endpoint.hpp"
#include "app/sim_platform.hpp"
#include "flows/audit.hpp"
#include "flows/operators.hpp"

namespace huitong::app {
namespace {

using codec::Json;
using ports::Role;
using std::chrono::minutes;
using std::chrono::seconds;

SimOptions options_of(std::int64_t second_person_above) {
    SimOptions options{.seed = 21};
    options.gateway.serves_admin = true;
    options.gateway.second_person_above = second_person_above;
    return options;
}

struct Answer {
    int status = 0;
    Json body;
    net::Headers headers;

    [[nodiscard]] std::string text(std::string_view name) const {
        const Json* const found = body.find(name);
        return found && found->as_string() ? *found->as_string() : std::string();
    }
    // "409 exists"
    [[nodiscard]] std::string problem() const { return std::to_string(status) + " " + text("code"); }
};

class AdminApi : public ::testing::Test {
  protected:
    explicit AdminApi(std::int64_t second_person_above = 100'000) : sim_(options_of(second_person_above)) {}

    Answer send(const std::string& method, const std::string& path, const std::string& body = {},
                std::string who = "demo") {
        net::Request request;
        request.method = method;
        request.target = "/admin/v1" + path;
        request.body = body;
        if (!body.empty()) request.headers.set("Content-Type", "application/json; charset=utf-8");
        if (!who.empty()) request.headers.set("Authorization", "Bearer " + who + ":" + keys_.at(who));
        return send(std::move(request));
    }
    Answer send(net::Request request) {
        auto response = sim_.run(sim_.network().send(SimPlatform::gateway_origin(), std::move(request), {}));
        EXPECT_TRUE(response.has_value());
        Answer answer{.status = response->status, .body = {}, .headers = response->headers};
        if (response->body.empty()) return answer;
        auto json = codec::parse_json(response->body);
        EXPECT_TRUE(json.has_value()) << response->body;
        answer.body = std::move(*json);
        return answer;
    }
    std::size_t count(const std::string& path) {
        const Answer answer = send("GET", path);
        EXPECT_EQ(answer.status, 200) << path;
        const Json* const items = answer.body.find("items");
        return items && items->as_array() ? items->as_array()->size() : 0;
    }
    void make(const std::string& name, Role role, const std::string& by = "demo") {
        const Answer made =
            send("POST", "/operators",
                 R"({"name":")" + name + R"(","role":")" + std::string(ports::to_string(role)) + "\"}", by);
        ASSERT_EQ(made.status, 201) << made.problem();
        keys_[name] = made.text("key");
    }
    // A payment that machines cannot decide.
    std::string make_review(const std::string& client_sn, std::int64_t fen) {
        const auto paid = sim_.run(sim_.till().pay(
            {.client_sn = client_sn, .amount_fen = fen, .payment_code = sim_.payment_code(33)}));
        EXPECT_EQ(paid->biz_result_code, "PAY_SUCCESS") << paid->body;
        sim_.run_for(seconds(20));
        (void)sim_.run(sim_.till().cancel(client_sn));
        sim_.run_for(minutes(45));
        const Answer found =
            send("GET", "/payments?client_sn=" + client_sn + "&merchant_sn=" + sim_.data().merchant_sn);
        EXPECT_EQ(found.body.find("items")->as_array()->size(), 1U);
        const Json& payment = found.body.find("items")->as_array()->front();
        EXPECT_EQ(*payment.find("state")->as_string(), "manual_review");
        return *payment.find("sn")->as_string();
    }
    std::string state_of(const std::string& sn) {
        return *send("GET", "/payments/" + sn).body.find("payment")->find("state")->as_string();
    }
    std::int64_t audit_rows() {
        auto report = sim_.run(flows::verify_audit(sim_.store()));
        EXPECT_TRUE(report && report->first_bad_id == 0);
        return report->rows;
    }

    SimPlatform sim_;
    std::map<std::string, std::string> keys_{{"demo", sim_.data().operator_key}, {"nobody", "0"}};
};

TEST_F(AdminApi, WhoMayComeIn) {
    EXPECT_EQ(send("GET", "/me").text("name"), "demo");
    EXPECT_EQ(send("GET", "/me", "", "").problem(), "401 not_signed_in");
    const Answer unknown = send("GET", "/me", "", "nobody");
    keys_["wrong"] = "0";
    net::Request wrong;
    wrong.method = "GET";
    wrong.target = "/admin/v1/me";
    wrong.headers.set("Authorization", "Bearer demo:00000000000000000000000000000000");
    const Answer bad_key = send(wrong);
    EXPECT_EQ(unknown.problem(), "401 bad_operator");
    EXPECT_EQ(bad_key.problem(), unknown.problem());
    EXPECT_EQ(codec::write_json(bad_key.body), codec::write_json(unknown.body)) << "told apart";
    EXPECT_TRUE(bad_key.headers.find("WWW-Authenticate"));

    for (int i = 0; i < 4; ++i) (void)send(wrong);
    EXPECT_EQ(send("GET", "/me").problem(), "429 too_many_attempts") << "the right key too";
    for (int i = 0; i < 4; ++i) (void)send("GET", "/me", "", "nobody");
    const Answer guessed = send("GET", "/me", "", "nobody");
    EXPECT_EQ(guessed.problem(), "429 too_many_attempts") << "a name that nobody has alike";
    EXPECT_EQ(guessed.headers.find("Retry-After"), "60");
    sim_.run_for(seconds(61));
    EXPECT_EQ(send("GET", "/me").status, 200);
    EXPECT_EQ(send(wrong).status, 401) << "one failure after a success is one failure";
    EXPECT_EQ(send("GET", "/me").status, 200);
}

TEST_F(AdminApi, AnAuditorReadsAndOnlyAnApproverMakesApprovers) {
    make("ann", Role::auditor);
    const std::int64_t before = audit_rows();
    EXPECT_EQ(send("GET", "/merchants", "", "ann").status, 200);
    for (const api::admin::Route& route : api::admin::routes()) {
        if (route.needs == api::admin::Needs::read) continue;
        std::string path(route.path);
        for (std::size_t at = 0; (at = path.find('{')) != std::string::npos;)
            path.replace(at, path.find('}') - at + 1, "1");
        const Answer refused = send(std::string(route.method), path, "", "ann");
        EXPECT_EQ(refused.status, 403) << route.id << " " << refused.problem();
    }
    EXPECT_EQ(audit_rows(), before);
    make("bob", Role::approver);
    EXPECT_EQ(send("POST", "/operators", R"({"name":"eve","role":"approver"})").problem(),
              "403 approver_needed");
    make("cid", Role::approver, "bob");
    EXPECT_EQ(send("PATCH", "/operators/cid", R"({"is_active":false})").status, 200);
    EXPECT_EQ(send("GET", "/me", "", "cid").problem(), "401 bad_operator");
    EXPECT_EQ(send("PATCH", "/operators/cid", R"({"is_active":true})").problem(), "403 approver_needed");
    EXPECT_EQ(send("PATCH", "/operators/cid", R"({"is_active":true})", "bob").status, 200);
}

TEST_F(AdminApi, WhatIsWrongIsNamedAndChangesNothing) {
    const std::int64_t before = audit_rows();
    const auto problem_of = [&](const std::string& body) {
        const Answer answer = send("POST", "/merchants", body);
        return answer.problem() + " " + answer.text("field");
    };
    EXPECT_EQ(problem_of("{"), "400 bad_json ");
    EXPECT_EQ(problem_of("[]"), "400 bad_json ");
    EXPECT_EQ(problem_of(R"({"name":"a","name":"b"})"), "400 bad_json ");
    EXPECT_EQ(problem_of("{}"), "400 missing_field name");
    EXPECT_EQ(problem_of(R"({"name":"M","colour":"red"})"), "400 unknown_field colour");
    EXPECT_EQ(problem_of(R"({"name":7})"), "400 invalid_field name");
    EXPECT_EQ(problem_of(R"({"name":""})"), "400 invalid_field name");
    EXPECT_EQ(problem_of(R"({"name":"a\u0000b"})"), "400 invalid_field name");
    EXPECT_EQ(problem_of(R"({"name":")" + std::string(65, 'x') + "\"}"), "400 invalid_field name");
    EXPECT_EQ(problem_of(R"({"name":"M","merchant_sn":"12"})"), "422 bad_sn ");
    EXPECT_EQ(problem_of(R"({"name":"Demo merchant"})"), "409 name_taken ");
    EXPECT_EQ(problem_of(R"({"name":")" + std::string(300'000, 'x') + "\"}"), "413 body_too_large ");
    net::Request plain;
    plain.target = "/admin/v1/merchants";
    plain.body = R"({"name":"M"})";
    plain.headers.set("Authorization", "Bearer demo:" + keys_["demo"]);
    EXPECT_EQ(send(plain).problem(), "415 not_json");
    EXPECT_EQ(send("GET", "/nothing").problem(), "404 no_such_path");
    EXPECT_EQ(send("GET", "/merchants/a%2Fb").problem(), "404 no_merchant");
    EXPECT_EQ(send("GET", "/merchants/%zz").problem(), "404 no_such_path");
    EXPECT_EQ(send("GET", "/merchants/%00").problem(), "404 no_such_path");
    const Answer method = send("PUT", "/merchants", "{}");
    EXPECT_EQ(method.problem(), "405 no_such_method");
    EXPECT_EQ(method.headers.find("Allow"), "GET, POST");
    EXPECT_EQ(send("GET", "/merchants?limit=0").problem(), "400 invalid_field");
    EXPECT_EQ(send("GET", "/merchants?limit=x").problem(), "400 invalid_field");
    EXPECT_EQ(send("GET", "/merchants?colour=red").problem(), "400 unknown_field");
    EXPECT_EQ(send("GET", "/merchants?limit=%").problem(), "400 bad_query");
    EXPECT_EQ(send("POST", "/merchants/1/", "{}").problem(), "404 no_such_path");
    EXPECT_EQ(audit_rows(), before);
    sim_.run_for(seconds(1));
}

TEST_F(AdminApi, TheLifeOfADirectory) {
    const std::int64_t before = audit_rows();
    const Answer vendor = send("POST", "/vendors", R"({"name":"Tills Ltd"})");
    EXPECT_EQ(vendor.status, 201);
    EXPECT_EQ(vendor.text("vendor_key").size(), 32U);
    EXPECT_EQ(send("POST", "/vendors", R"({"name":"Tills Ltd"})").problem(), "409 name_taken");
    const std::string vendor_path = "/vendors/" + vendor.text("vendor_sn");
    EXPECT_EQ(send("GET", vendor_path).text("vendor_key"), "") << "shown once";
    const Answer app =
        send("POST", "/apps", R"({"name":"till","vendor_sn":")" + vendor.text("vendor_sn") + "\"}");
    EXPECT_EQ(app.status, 201);
    EXPECT_EQ(send("POST", "/apps", R"({"name":"x","vendor_sn":"00000000"})").problem(), "404 no_vendor");
    const Answer merchant = send("POST", "/merchants", R"({"name":"Bakery","merchant_sn":"1680000000777"})");
    EXPECT_EQ(merchant.text("merchant_sn"), "1680000000777");
    EXPECT_EQ(send("POST", "/merchants", R"({"name":"Other","merchant_sn":"1680000000777"})").problem(),
              "409 exists");
    const Answer store = send("POST", "/stores", R"({"name":"Main Street","merchant_sn":"1680000000777"})");
    EXPECT_EQ(store.status, 201);
    const std::string store_sn = store.text("store_sn");
    const Answer code =
        send("POST", "/activation-codes", R"({"store_sn":")" + store_sn + R"(","uses":2,"valid_days":1})");
    EXPECT_EQ(code.status, 201);
    EXPECT_EQ(send("POST", "/activation-codes",
                   R"({"store_sn":")" + store_sn + R"(","uses":2,"is_unlimited":true})")
                  .problem(),
              "400 invalid_field");

    Till first(sim_.network(), SimPlatform::gateway_origin(),
               {vendor.text("vendor_sn"), vendor.text("vendor_key")});
    Till second = first;
    EXPECT_EQ(sim_.run(first.activate(app.text("app_id"), code.text("code"), "A"))->result_code, "200");
    EXPECT_EQ(count("/terminals?merchant_sn=1680000000777"), 1U);
    const std::string code_path = "/activation-codes/" + code.text("code");
    EXPECT_EQ(codec::write_json(*send("GET", code_path).body.find("uses_left")), "1");
    EXPECT_EQ(send("POST", code_path + "/end").status, 200);
    EXPECT_EQ(send("POST", code_path + "/end").problem(), "409 code_expired");
    sim_.run_for(seconds(1));
    EXPECT_NE(sim_.run(second.activate(app.text("app_id"), code.text("code"), "B"))->result_code, "200");

    // A till whose key is lost: off, and its payments are refused.
    const std::string terminal_path = "/terminals/" + first.identity().sn;
    EXPECT_EQ(send("PATCH", terminal_path, R"({"is_active":false})").status, 200);
    EXPECT_EQ(codec::write_json(*send("GET", terminal_path).body.find("is_active")), "false");
    EXPECT_EQ(send("PATCH", terminal_path, R"({"is_active":true})").status, 200);
    for (const std::string& path : {vendor_path, "/apps/" + app.text("app_id"),
                                    std::string("/merchants/1680000000777"), "/stores/" + store_sn}) {
        const Answer off = send("PATCH", path, R"({"is_active":false})");
        EXPECT_EQ(off.status, 200) << path;
        EXPECT_EQ(codec::write_json(*off.body.find("is_active")), "false") << path;
    }
    EXPECT_EQ(send("PATCH", "/merchants/0", R"({"is_active":false})").problem(), "404 not_found");
    // 2 + 1 + 1 + 1 creations that worked, the end of the code, six switches.
    EXPECT_EQ(audit_rows() - before, 12);
}

TEST_F(AdminApi, PagesTogetherAreTheWhole) {
    for (int n = 0; n < 7; ++n)
        ASSERT_EQ(send("POST", "/merchants", R"({"name":"M)" + std::to_string(n) + "\"}").status, 201);
    for (const std::string& of : {std::string("/merchants"), std::string("/audit")}) {
        const std::size_t all = count(of + "?limit=1000");
        std::size_t seen = 0;
        std::string after;
        for (int page = 0; page < 20; ++page) {
            const Answer answer = send("GET", of + "?limit=3" + (after.empty() ? "" : "&after=" + after));
            seen += answer.body.find("items")->as_array()->size();
            after = answer.text("next");
            if (after.empty()) break;
        }
        EXPECT_EQ(seen, all) << of;
    }
}

TEST_F(AdminApi, AccountsShowWhichKeysTheyHaveAndNoKey) {
    const std::string secret = "0123456789abcdef0123456789abcdef";
    const std::string body =
        R"({"id":"wx-new","channel":"wechat","merchant_sn":")" + sim_.data().merchant_sn +
        R"(","app_id":"wx0123456789abcdef","mch_id":"1230000109","priority":9,"api_key":")" + secret + "\"}";
    const Answer made = send("POST", "/channel-accounts", body);
    ASSERT_EQ(made.status, 201) << made.problem() << made.text("detail");
    EXPECT_EQ(made.text("base_url"), "https://api.mch.weixin.qq.com");
    EXPECT_EQ(made.text("sign_type"), "HMAC-SHA256");
    EXPECT_EQ(*made.body.find("secrets")->find("api_key")->as_string(), "set");
    EXPECT_EQ(*made.body.find("secrets")->find("app_private_key")->as_string(), "not_set");
    EXPECT_EQ(send("POST", "/channel-accounts", body).problem(), "409 exists");
    const std::string bad = R"({"id":"wx-bad","channel":"wechat","merchant_sn":")" + sim_.data().merchant_sn +
                            R"(","app_id":"wx0123456789abcdef","api_key":"short"})";
    EXPECT_EQ(send("POST", "/channel-accounts", bad).problem(), "422 bad_account");
    for (const char* path : {"/channel-accounts", "/channel-accounts/wx-new", "/audit?limit=1000"})
        EXPECT_EQ(codec::write_json(send("GET", path).body).find(secret), std::string::npos) << path;
    EXPECT_EQ(send("PATCH", "/channel-accounts/wx-new", R"({"is_active":false})").status, 200);
}

TEST_F(AdminApi, LimitsHoldAndAreRemoved) {
    const std::string path = "/limits/merchant/" + sim_.data().merchant_sn;
    EXPECT_EQ(send("GET", path).problem(), "404 no_limit");
    EXPECT_EQ(send("PATCH", path, "{}").problem(), "422 bad_limit");
    EXPECT_EQ(send("PATCH", path, R"({"per_day":{"minor":100}})").problem(), "400 invalid_field");
    EXPECT_EQ(send("PATCH", path, R"({"per_day":{"minor":100,"currency":"USD"}})").problem(),
              "422 bad_limit");
    EXPECT_EQ(send("PATCH", "/limits/planet/1", R"({"per_day":{"minor":100,"currency":"CNY"}})").problem(),
              "404 no_limit");
    EXPECT_EQ(send("PATCH", path, R"({"per_payment":{"minor":500,"currency":"CNY"}})").status, 200);
    EXPECT_EQ(send("PATCH", path, R"({"per_day":{"minor":90000,"currency":"CNY"}})").status, 200);
    const auto pay = [&](const char* number, std::int64_t fen) {
        return sim_.run(
            sim_.till().pay({.client_sn = number, .amount_fen = fen, .payment_code = sim_.payment_code()}));
    };
    EXPECT_EQ(pay("a", 501)->biz_result_code, "FAIL");
    EXPECT_EQ(pay("b", 500)->biz_result_code, "PAY_SUCCESS");
    const Answer shown = send("GET", path);
    EXPECT_EQ(codec::write_json(*shown.body.find("used_today")), R"({"minor":500,"currency":"CNY"})");
    EXPECT_EQ(codec::write_json(*shown.body.find("per_payment")), R"({"minor":500,"currency":"CNY"})")
        << "left";
    EXPECT_EQ(count("/limits"), 1U);
    EXPECT_EQ(send("DELETE", path).status, 204);
    EXPECT_EQ(send("DELETE", path).problem(), "404 no_limit");
    EXPECT_EQ(pay("c", 501)->biz_result_code, "PAY_SUCCESS");
}

TEST_F(AdminApi, APaymentIsFoundByEveryNumberAndShownByRole) {
    make("ann", Role::auditor);
    ASSERT_EQ(
        sim_.run(sim_.till().pay({.client_sn = "p1", .amount_fen = 900, .payment_code = sim_.payment_code()}))
            ->biz_result_code,
        "PAY_SUCCESS");
    (void)sim_.run(sim_.till().refund("p1", "r1", 100));
    sim_.run_for(minutes(3));
    const Answer listed = send("GET", "/payments?state=partially_refunded");
    const Json& payment = listed.body.find("items")->as_array()->at(0);
    const auto value = [&](std::string_view name) { return *payment.find(name)->as_string(); };
    const std::string in_merchant = "&merchant_sn=" + sim_.data().merchant_sn;
    for (const std::string& by :
         {"sn=" + value("sn"), "client_sn=p1" + in_merchant, "trade_no=" + value("trade_no") + in_merchant,
          "channel_number=" + value("channel_number"), "sn=" + value("sn") + in_merchant})
        EXPECT_EQ(count("/payments?" + by), 1U) << by;
    for (const std::string& by :
         {std::string("sn=7800000000000000"), std::string("sn=x"), "client_sn=p2" + in_merchant,
          "channel_number=" + value("channel_number") + "x", "sn=" + value("sn") + "&merchant_sn=1"})
        EXPECT_EQ(count("/payments?" + by), 0U) << by;
    EXPECT_EQ(send("GET", "/payments?client_sn=p1").problem(), "400 missing_field");
    EXPECT_EQ(send("GET", "/payments?client_sn=p1&sn=1").problem(), "400 invalid_field");
    EXPECT_EQ(send("GET", "/payments/7800000000000000").problem(), "404 no_payment");

    const std::string path = "/payments/" + value("sn");
    const auto exchanges = [&](const std::string& who) {
        std::size_t count = 0;
        const Answer dossier = send("GET", path, "", who);
        for (const Json& row : *dossier.body.find("timeline")->as_array())
            count += row.find("exchange")->is_null() ? 0 : 1;
        return count;
    };
    EXPECT_GE(exchanges("demo"), 2U);
    EXPECT_EQ(exchanges("ann"), 0U) << "an auditor sees the timeline only";
    const Answer dossier = send("GET", path);
    EXPECT_GE(dossier.body.find("operations")->as_array()->size(), 2U);
    EXPECT_GE(dossier.body.find("postings")->as_array()->size(), 2U);
    const Answer ledger = send("GET", "/ledger/verification");
    EXPECT_EQ(codec::write_json(*ledger.body.find("is_whole")), "true");
    EXPECT_EQ(codec::write_json(*send("GET", "/audit/verification").body.find("is_whole")), "true");
}

TEST_F(AdminApi, ADecisionUpToTheAmountTakesOnePerson) {
    const std::string sn = make_review("small", 100'000);
    const std::string path = "/payments/" + sn + "/decision";
    EXPECT_EQ(send("POST", path, R"({"verdict":"closed"})").problem(), "400 missing_field");
    EXPECT_EQ(send("POST", path, R"({"verdict":"closed","reason":"r"})").problem(), "409 seen_paid");
    const Answer done = send("POST", path, R"({"verdict":"paid","reason":"in the statement"})");
    ASSERT_EQ(done.status, 200) << done.problem();
    EXPECT_EQ(codec::write_json(*done.body.find("is_done")), "true");
    EXPECT_EQ(state_of(sn), "paid");
    EXPECT_EQ(send("POST", path, R"({"verdict":"paid","reason":"r"})").problem(), "409 not_in_review");
}

TEST_F(AdminApi, AboveItTheSecondPersonDecides) {
    make("bob", Role::approver);
    make("cid", Role::approver, "bob");
    const std::string sn = make_review("great", 100'001);
    const std::string path = "/payments/" + sn + "/decision";
    const std::string paid = R"({"verdict":"paid","reason":"in the statement"})";
    const Answer proposed = send("POST", path, paid, "bob");
    ASSERT_EQ(proposed.status, 200) << proposed.problem();
    EXPECT_EQ(codec::write_json(*proposed.body.find("is_done")), "false");
    EXPECT_EQ(state_of(sn), "manual_review") << "nothing has happened yet";
    EXPECT_EQ(send("POST", path, paid).problem(), "409 already_proposed");
    const std::string id = *proposed.body.find("proposal")->find("id")->as_string();
    const std::string proposal = "/proposals/" + id;
    EXPECT_EQ(count("/proposals"), 1U);

    EXPECT_EQ(send("POST", proposal + "/confirm").problem(), "403 approver_needed") << "an operator";
    EXPECT_EQ(send("POST", proposal + "/confirm", "", "bob").problem(), "403 same_person");
    EXPECT_EQ(send("POST", proposal + "/reject", R"({"reason":"r"})", "bob").problem(), "403 same_person");
    EXPECT_EQ(send("POST", proposal + "/withdraw").problem(), "403 not_proposer");
    EXPECT_EQ(send("POST", "/proposals/" + sn + "-000000/confirm", "", "cid").problem(), "404 no_proposal");
    EXPECT_EQ(state_of(sn), "manual_review");

    EXPECT_EQ(send("POST", proposal + "/reject", R"({"reason":"look again"})", "cid").text("state"),
              "rejected");
    EXPECT_EQ(send("POST", proposal + "/confirm", "", "cid").problem(), "409 not_open");
    EXPECT_EQ(state_of(sn), "manual_review");

    const Answer again = send("POST", path, paid);
    const std::string second = "/proposals/" + *again.body.find("proposal")->find("id")->as_string();
    EXPECT_EQ(send("POST", second + "/withdraw").text("state"), "withdrawn");
    EXPECT_EQ(send("POST", second + "/confirm", "", "cid").problem(), "409 not_open");

    const Answer third = send("POST", path, paid);
    const std::string last = "/proposals/" + *third.body.find("proposal")->find("id")->as_string();
    const Answer confirmed = send("POST", last + "/confirm", "", "bob");
    ASSERT_EQ(confirmed.status, 200) << confirmed.problem();
    EXPECT_EQ(state_of(sn), "paid");
    EXPECT_EQ(count("/proposals"), 0U);
    EXPECT_EQ(count("/proposals?with_answered=true"), 3U);
    const Answer dossier = send("GET", "/payments/" + sn);
    EXPECT_EQ(dossier.body.find("proposals")->as_array()->size(), 3U);
    EXPECT_NE(codec::write_json(dossier.body).find("decided by demo, confirmed by bob"), std::string::npos);
    std::string acts;
    const Answer audit = send("GET", "/audit?limit=1000");
    for (const Json& row : *audit.body.find("items")->as_array()) {
        const std::string act = *row.find("act")->as_string();
        if (act.starts_with("payment.")) acts += *row.find("actor")->as_string() + " " + act.substr(8) + ", ";
    }
    EXPECT_EQ(acts, "bob propose, cid reject, demo propose, demo withdraw, demo propose, bob confirm, ");
}

TEST_F(AdminApi, AChangedPaymentMustBeLookedAtAgain) {
    make("bob", Role::approver);
    const std::string sn = make_review("changed", 200'000);
    const std::string path = "/payments/" + sn + "/decision";
    const Answer proposed = send("POST", path, R"({"verdict":"paid","reason":"in the statement"})");
    const std::string id = *proposed.body.find("proposal")->find("id")->as_string();
    // The till cancels once more, and machines fail once more.
    (void)sim_.run(sim_.till().cancel("changed"));
    sim_.run_for(minutes(45));
    ASSERT_EQ(state_of(sn), "manual_review");
    EXPECT_EQ(send("POST", "/proposals/" + id + "/confirm", "", "bob").problem(), "409 payment_changed");
    EXPECT_EQ(state_of(sn), "manual_review");
    const Answer again = send("POST", path, R"({"verdict":"paid","reason":"in the statement"})");
    ASSERT_EQ(again.status, 200) << "the old one lapses: " << again.problem();
    EXPECT_EQ(send("GET", "/proposals/" + id).text("state"), "lapsed");
    const std::string second = *again.body.find("proposal")->find("id")->as_string();
    EXPECT_EQ(send("POST", "/proposals/" + second + "/confirm", "", "bob").status, 200);
    EXPECT_EQ(state_of(sn), "paid");
}

class AdminApiAlone : public AdminApi {
  protected:
    AdminApiAlone() : AdminApi(-1) {}
};

TEST_F(AdminApiAlone, WithoutTheRuleOneIsEnough) {
    const std::string sn = make_review("one", 10'000'000);
    EXPECT_EQ(send("POST", "/payments/" + sn + "/decision", R"({"verdict":"paid","reason":"r"})").status,
              200);
    EXPECT_EQ(state_of(sn), "paid");
    EXPECT_EQ(count("/proposals?with_answered=true"), 0U);
}

class AdminApiNever : public AdminApi {
  protected:
    AdminApiNever() : AdminApi(0) {}
};

TEST_F(AdminApiNever, WithZeroNobodyDecidesAlone) {
    const std::string sn = make_review("fen", 1);
    const Answer proposed =
        send("POST", "/payments/" + sn + "/decision", R"({"verdict":"paid","reason":"r"})");
    EXPECT_EQ(codec::write_json(*proposed.body.find("is_done")), "false");
    EXPECT_EQ(state_of(sn), "manual_review");
}

TEST_F(AdminApi, AlertsAreAcknowledgedOnce) {
    const std::string sn = make_review("alert", 100);
    const Answer listed = send("GET", "/alerts");
    ASSERT_FALSE(listed.body.find("items")->as_array()->empty());
    const Json& alert = listed.body.find("items")->as_array()->front();
    EXPECT_EQ(*alert.find("sn")->as_string(), sn);
    const std::string path = "/alerts/" + *alert.find("id")->as_string() + "/acknowledge";
    EXPECT_EQ(send("POST", path).status, 204);
    EXPECT_EQ(send("POST", path).problem(), "404 no_alert");
}

TEST(NoAdminApi, UnlessItIsAskedFor) {
    SimPlatform sim(SimOptions{.seed = 22});
    net::Request request;
    request.target = "/admin/v1/me";
    const auto response = sim.run(sim.network().send(SimPlatform::gateway_origin(), std::move(request), {}));
    EXPECT_EQ(response->status, 404);
}

}  // namespace
}  // namespace huitong::app
