// A hand-made day for the witness: tills, gateway and channels as the tests say they speak, and a database in
// memory with the columns that are compared.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "auditor/auditor.hpp"
#include "codec/form.hpp"
#include "codec/json.hpp"
#include "codec/xml.hpp"
#include "core/money.hpp"
#include "crypto/digest.hpp"
#include "sql/sqlite_database.hpp"

namespace huitong::auditor {

using namespace std::chrono_literals;

struct HandClock final : core::Clock {
    core::Instant at = core::from_us(1'772'676'000'000'000);
    [[nodiscard]] core::Instant now() const override { return at; }
};

struct Sale {
    std::string client_sn = "c1";
    std::int64_t amount = 1000;
    std::string code = "130000000000007781";
    std::string number = "P1";
    std::string sn = "7800000000000001";
};

using Fields = std::vector<std::pair<std::string, std::string>>;

class Day : public testing::Test {
  protected:
    Day() : auditor(clock, {.gateway = gateway, .wechat = wechat, .alipay = alipay}) {
        auditor.know_terminal({.sn = "T1", .merchant_sn = "M1", .store_sn = "S1"});
        make_tables();
    }

    void pass(core::Duration duration) { clock.at += duration; }

    // --- tills. A call that is asked has arrived at the gateway.
    std::uint64_t ask(const std::string& name, const Fields& fields) {
        const std::uint64_t id = send_till(name, fields);
        auditor.on_arrived(id, false);
        return id;
    }
    std::uint64_t send_till(const std::string& name, const Fields& fields) {
        codec::JsonObject body{{"terminal_sn", "T1"}};
        for (const auto& [key, value] : fields) body.emplace_back(key, value);
        net::Request request;
        request.target = "/upay/v2/" + name;
        request.body = codec::write_json(std::move(body));
        auditor.on_sent(++calls, gateway, request);
        return calls;
    }
    std::uint64_t ask_pay(const Sale& sale) {
        return ask("pay", {{"client_sn", sale.client_sn},
                           {"total_amount", std::to_string(sale.amount)},
                           {"dynamic_id", sale.code},
                           {"subject", "coffee"}});
    }
    std::uint64_t ask_query(const Sale& sale) { return ask("query", {{"client_sn", sale.client_sn}}); }
    std::uint64_t ask_cancel(const Sale& sale) { return ask("cancel", {{"client_sn", sale.client_sn}}); }
    std::uint64_t ask_refund(const Sale& sale, const std::string& request_no, std::int64_t amount) {
        return ask("refund", {{"client_sn", sale.client_sn},
                              {"refund_request_no", request_no},
                              {"refund_amount", std::to_string(amount)}});
    }

    static std::string fail(const std::string& error) {
        return R"({"result_code":"200","biz_response":{"result_code":"FAIL","error_code":")" + error + "\"}}";
    }
    // Net is the whole amount unless it is said.
    static std::string biz(const Sale& sale, const std::string& code, const std::string& order_status,
                           const Fields& more = {}) {
        Fields data{{"terminal_sn", "T1"},
                    {"sn", sale.sn},
                    {"client_sn", sale.client_sn},
                    {"status", "SUCCESS"},
                    {"order_status", order_status},
                    {"total_amount", std::to_string(sale.amount)},
                    {"net_amount", order_status == "CANCELED" ? "0" : std::to_string(sale.amount)}};
        for (const auto& [key, value] : more) {
            const auto known = std::ranges::find(data, key, &Fields::value_type::first);
            if (known != data.end()) {
                known->second = value;
            } else {
                data.emplace_back(key, value);
            }
        }
        codec::JsonObject object;
        for (const auto& [key, value] : data) object.emplace_back(key, value);
        return codec::write_json(codec::JsonObject{
            {"result_code", "200"},
            {"biz_response", codec::JsonObject{{"result_code", code}, {"data", std::move(object)}}}});
    }
    static net::Response response(const std::string& body) {
        return net::make_response(200, "text/plain", body);
    }
    void tell(std::uint64_t id, const std::string& body) {
        auditor.on_answered(id, response(body), false);
        auditor.on_heard(id, response(body));
    }
    void told(const Sale& sale, const std::string& order_status, const Fields& more = {}) {
        tell(ask_query(sale), biz(sale, "SUCCESS", order_status, more));
    }

    // Of the rows that store() makes.
    void know_account(const std::string& mch_id, std::int64_t fee_ppm = 0) {
        auditor.know_account({.id = "wx-1",
                              .merchant_sn = "M1",
                              .side = Side::wechat,
                              .at_channel = mch_id,
                              .channel_fee_ppm = fee_ppm,
                              .merchant_fee_ppm = fee_ppm});
    }

    // --- channels. A call that is sent has arrived.
    std::uint64_t send(const std::string& path, const Fields& fields) {
        net::Request request;
        request.target = path;
        request.body = codec::write_flat_xml(codec::XmlFields(fields));
        auditor.on_sent(++calls, wechat, request);
        auditor.on_arrived(calls, false);
        return calls;
    }
    std::uint64_t micropay(const Sale& sale) {
        return send("/pay/micropay", {{"out_trade_no", sale.number},
                                      {"total_fee", std::to_string(sale.amount)},
                                      {"body", "coffee"},
                                      {"device_info", "T1"},
                                      {"auth_code", sale.code}});
    }
    std::uint64_t orderquery(const Sale& sale) {
        return send("/pay/orderquery", {{"out_trade_no", sale.number}});
    }
    std::uint64_t reverse(const Sale& sale) {
        return send("/secapi/pay/reverse", {{"out_trade_no", sale.number}});
    }
    std::uint64_t send_refund(const Sale& sale, const std::string& number, std::int64_t amount) {
        return send("/secapi/pay/refund", {{"out_trade_no", sale.number},
                                           {"out_refund_no", number},
                                           {"total_fee", std::to_string(sale.amount)},
                                           {"refund_fee", std::to_string(amount)}});
    }
    std::uint64_t refundquery(const std::string& number) {
        return send("/pay/refundquery", {{"out_refund_no", number}});
    }

    static std::string xml(const Fields& fields) {
        Fields all{{"return_code", "SUCCESS"}};
        all.insert(all.end(), fields.begin(), fields.end());
        return codec::write_flat_xml(codec::XmlFields(all));
    }
    static std::string wx_fail(const std::string& code) {
        return xml({{"result_code", "FAIL"}, {"err_code", code}});
    }
    static std::string wx_paid(const Sale& sale) {
        return xml({{"result_code", "SUCCESS"},
                    {"out_trade_no", sale.number},
                    {"total_fee", std::to_string(sale.amount)},
                    {"trade_state", "SUCCESS"}});
    }
    static std::string wx_state(const Sale& sale, const std::string& state) {
        return xml({{"result_code", "SUCCESS"}, {"out_trade_no", sale.number}, {"trade_state", state}});
    }
    static std::string wx_reversed() { return xml({{"result_code", "SUCCESS"}, {"recall", "N"}}); }
    static std::string wx_refund_accepted(const std::string& number, std::int64_t amount) {
        return xml(
            {{"result_code", "SUCCESS"}, {"out_refund_no", number}, {"refund_fee", std::to_string(amount)}});
    }
    static std::string wx_refund_state(const std::string& number, std::int64_t amount,
                                       const std::string& state) {
        return xml({{"result_code", "SUCCESS"},
                    {"out_refund_no_0", number},
                    {"refund_fee_0", std::to_string(amount)},
                    {"refund_status_0", state}});
    }
    void answer(std::uint64_t id, const std::string& body) { auditor.on_answered(id, response(body), false); }
    void hear(std::uint64_t id, const std::string& body) { auditor.on_heard(id, response(body)); }
    void hear_nothing(std::uint64_t id) {
        auditor.on_heard(id, core::fail(core::Code::unknown_outcome, "read_timeout"));
    }
    void say(std::uint64_t id, const std::string& body) {
        answer(id, body);
        hear(id, body);
    }

    // --- pieces of stories
    void pay_and_tell(const Sale& sale) {
        const auto asked = ask_pay(sale);
        say(micropay(sale), wx_paid(sale));
        tell(asked, biz(sale, "PAY_SUCCESS", "PAID"));
    }
    void refund_and_tell(const Sale& sale, const std::string& request_no, const std::string& number,
                         std::int64_t amount, std::int64_t net) {
        const auto asked = ask_refund(sale, request_no, amount);
        say(send_refund(sale, number, amount), wx_refund_accepted(number, amount));
        pass(1s);
        say(refundquery(number), wx_refund_state(number, amount, "SUCCESS"));
        const std::string status = net == 0 ? "REFUNDED" : "PARTIAL_REFUNDED";
        tell(asked, biz(sale, "REFUND_SUCCESS", status, {{"net_amount", std::to_string(net)}}));
    }
    // Reversed without anybody asking, at the deadline.
    void time_out(const Sale& sale) {
        pass(31s);
        say(orderquery(sale), wx_state(sale, "USERPAYING"));
        say(reverse(sale), wx_reversed());
    }

    // --- rows, and the statement
    struct Payment {
        std::string state = "paid";
        std::int64_t refunded = 0;
        std::string review_reason = {};
        bool is_limited = false;
        bool is_reopened = false;
        std::int64_t fee_ppm = 0;
        core::Duration age = 10min;
    };
    struct Operation {
        std::string kind;
        std::string state;
        std::string number;
        std::string request_no = {};
        std::int64_t amount = 0;
        std::optional<core::Duration> next_in = {};
        core::Duration lease_in = 0s;
    };
    // With a pay operation before those given. Returns the row's id.
    std::int64_t store(const Sale& sale, const Payment& payment, std::vector<Operation> operations = {}) {
        const std::int64_t id = ++payments;
        const std::int64_t now = core::to_us(clock.now());
        const std::int64_t created = core::to_us(clock.now() - payment.age);
        write(
            "insert into payment values "
            "($1,$2,'M1','S1','T1',$3,'wechat','wx-1',$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
            {id, std::int64_t{7'800'000'000'000'000 + id}, sale.client_sn, sale.number, sale.amount,
             payment.fee_ppm, payment.fee_ppm, std::int64_t{payment.is_limited}, created, payment.state,
             payment.refunded, payment.review_reason, std::int64_t{payment.is_reopened}});
        operations.insert(operations.begin(), {"pay", "succeeded", sale.number});
        std::int64_t seq = 0;
        for (const Operation& one : operations) {
            sql::Value next = sql::Null{};
            if (one.next_in) next = now + one.next_in->count();
            write("insert into operation values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
                  {id, ++seq, one.kind, one.state, one.number, one.request_no, one.amount,
                   now + one.lease_in.count(), next, created});
        }
        return id;
    }
    void book(std::int64_t id, const std::string& kind, std::int64_t ordinal, const std::string& debit,
              const std::string& credit, std::int64_t amount) {
        write("insert into posting values ($1,$2,$3,$4,$5,$6,$7,$8,'CNY')",
              {id, kind, ordinal, ++legs, core::to_us(clock.now()), debit, credit, amount});
    }
    void book_payment(std::int64_t id, std::int64_t amount) {
        book(id, "payment", 1, "channel_receivable:wx-1", "merchant_payable:M1", amount);
    }
    void book_refund(std::int64_t id, std::int64_t ordinal, std::int64_t amount) {
        book(id, "refund", ordinal, "merchant_payable:M1", "channel_receivable:wx-1", amount);
    }
    ChannelOrder& state(const Sale& sale, std::int64_t returned = 0) {
        return statement.emplace_back(ChannelOrder{.side = Side::wechat,
                                                   .number = sale.number,
                                                   .amount_fen = sale.amount,
                                                   .was_paid = true,
                                                   .returned_fen = returned});
    }
    void state_unpaid(const Sale& sale, bool is_open = false) {
        ChannelOrder& order = state(sale);
        order.was_paid = false;
        order.is_open = is_open;
    }
    // A person's word, with its audit row.
    void decide(const std::string& verdict) {
        auditor.on_decision("M1", "c1", verdict);
        const std::string id = std::to_string(++acts);
        const std::string hash = crypto::sha256_hex(last_hash + std::to_string(id.size()) + ":" + id +
                                                    "1:04:demo14:payment.decide0:0:");
        write("insert into audit values ($1, 0, 'demo', 'payment.decide', '', '', $2, $3)",
              {acts, last_hash, hash});
        last_hash = hash;
    }
    void write(std::string_view sql, sql::Values values) {
        const sql::Write one{.sql = sql, .values = std::move(values)};
        ASSERT_FALSE(database->write({&one, 1}));
    }
    void compare() { auditor.compare(statement, *database); }

    // --- what was found
    [[nodiscard]] std::vector<std::string> rules() const {
        std::vector<std::string> rules;
        for (const Finding& finding : auditor.findings()) rules.push_back(finding.rule);
        return rules;
    }
    [[nodiscard]] std::string all() const {
        std::string text;
        for (const Finding& finding : auditor.findings()) {
            text +=
                finding.rule + " " + finding.client_sn + " " + finding.number + ": " + finding.text + "\n";
            for (const std::string& line : auditor.story(finding)) text += "    " + line + "\n";
        }
        return text;
    }
    void expect_clean() { EXPECT_TRUE(auditor.findings().empty()) << all(); }
    void expect_only(const std::string& rule) { EXPECT_EQ(rules(), std::vector{rule}) << all(); }
    void expect_found(const std::string& rule) {
        const auto found = rules();
        EXPECT_NE(std::ranges::find(found, rule), found.end()) << rule << " not in:\n" << all();
    }

    const net::Origin gateway{.host = "gateway", .port = 80};
    const net::Origin wechat{.host = "wechat", .port = 80};
    const net::Origin alipay{.host = "alipay", .port = 80};
    HandClock clock;
    Auditor auditor;
    std::unique_ptr<sql::Session> database = sql::make_memory_session();
    Statement statement;
    std::uint64_t calls = 0;
    std::int64_t payments = 0;
    std::int64_t legs = 0;
    std::int64_t acts = 0;
    std::string last_hash = std::string(64, '0');

  private:
    void make_tables() {
        database->run_script(
            "create table payment (id integer, sn integer, merchant_sn text, store_sn text, terminal_sn text,"
            " client_sn text, channel text, channel_account text, channel_number text, amount_minor integer,"
            " channel_fee_ppm integer, merchant_fee_ppm integer, is_limited integer, created_at integer,"
            " state text, refunded_minor integer, review_reason text, is_reopened integer);"
            "create view payments as select * from payment;"
            "create table operation (id integer, seq integer, kind text, state text, number text,"
            " request_no text, amount_minor integer, lease_until integer, next_at integer,"
            " created_at integer);"
            "create table posting (id integer, kind text, ordinal integer, leg integer, at integer,"
            " debit text, credit text, amount_minor integer, amount_currency text);"
            "create table alert (id text, name text, at integer, delivered_at integer, tries integer,"
            " next_at integer, payment integer);"
            "create table audit (id integer, at integer, actor text, act text, subject text, detail text,"
            " previous_hash text, hash text);"
            "create table limit_usage (kind text, subject text, day integer, amount_minor integer)");
    }
};

}  // namespace huitong::auditor
