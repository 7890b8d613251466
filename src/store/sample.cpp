#include "store/sample.hpp"

namespace huitong::store::sample {

namespace {

core::Instant at(std::int64_t second) {
    return core::from_us(1'709'600'000'000'000 + second * 1'000'007);
}

payments::Exchange make_exchange() {
    return payments::Exchange{
        .call = "micropay",
        .request = "<xml><out_trade_no>P1</out_trade_no></xml>" + std::string(400, 'q'),
        .response = "<xml><return_code>SUCCESS</return_code></xml>" + std::string(900, 'r'),
        .started_at = at(31),
        .ended_at = at(32)};
}

}  // namespace

core::PaymentSn make_sn(const std::string& merchant_sn, std::int64_t n) {
    constexpr std::int64_t start_of_2024_us = 1'704'067'200'000'000;
    const std::int64_t ticks = (core::to_us(at(n)) - start_of_2024_us) / 200;
    return core::PaymentSn{7'800'000'000'000'000 + core::shard_of(merchant_sn) * 1'000'000'000'000 + ticks};
}

payments::Aggregate make_intent(const std::string& merchant_sn, const std::string& client_sn, std::int64_t n,
                                const std::string& owner) {
    payments::Payment payment;
    payment.sn = make_sn(merchant_sn, n);
    payment.merchant_sn = merchant_sn;
    payment.store_sn = "1700000000002";
    payment.terminal_sn = "100000000000000003";
    payment.client_sn = client_sn;
    payment.channel = payments::ChannelKind::alipay;
    payment.channel_account = "ali-main";
    payment.channel_number = "P" + payment.sn.text() + "k3f9z0";
    payment.amount = core::Money(1234, core::Currency::USD);
    payment.subject = "一杯咖啡";
    payment.operator_name = "cashier-5";
    payment.reflect = R"({"table":6})";
    payment.created_at = at(n);
    payment.deadline_at = at(n + 30);
    payment.in_flight_until = at(n + 90);
    payments::Operation pay;
    pay.payment = payment.sn;
    pay.state = payments::OperationState::sent;
    pay.number = payment.channel_number;
    pay.amount = payment.amount;
    pay.operator_name = payment.operator_name;
    pay.terminal_sn = payment.terminal_sn;
    pay.attempt = 1;
    pay.owner = owner;
    pay.next_act = payments::Act::query;
    pay.next_at = at(n + 15);
    pay.lease_until = at(n + 45);
    pay.created_at = payment.created_at;
    pay.sent_at = at(n + 1);
    return payments::Aggregate{.payment = std::move(payment), .operations = {std::move(pay)}};
}

payments::Change make_paid(const payments::Aggregate& before) {
    payments::Change change{.after = before, .entries{}, .alarms{}, .timeline{}};
    payments::Payment& payment = change.after.payment;
    ++payment.version;
    payment.state = payments::PaymentState::paid;
    payment.trade.trade_no = "4200001234202403051234567890";
    payment.trade.amount = payment.amount;
    payment.trade.paid_at = payment.created_at + std::chrono::seconds(2);
    payment.trade.payer_id = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
    payment.is_seen_paid = payment.is_booked = true;
    payment.finished_at = payment.created_at + std::chrono::seconds(3);
    payments::Operation& pay = change.after.operations.front();
    pay.state = payments::OperationState::succeeded;
    pay.next_act = payments::Act::none;
    pay.next_at.reset();
    pay.finished_at = payment.finished_at;
    pay.last_outcome = payments::Outcome::done;
    const ledger::Parties parties{.channel_account = payment.channel_account,
                                  .merchant_sn = payment.merchant_sn};
    change.entries.push_back(
        ledger::make_payment_entry(payment.sn, parties, payment.amount, *payment.finished_at));
    change.timeline.push_back({.at = *payment.finished_at,
                               .seq = 1,
                               .happening = "pay answered",
                               .finding = "done SUCCESS",
                               .state_after = payment.state,
                               .exchange = make_exchange()});
    return change;
}

payments::Change make_full_change(const payments::Aggregate& before) {
    payments::Change change = make_paid(before);
    payments::Payment& payment = change.after.payment;
    payment.state = payments::PaymentState::manual_review;
    payment.trade.amount = core::Money(4321, core::Currency::JPY);
    payment.trade.payer_login = "138****0000";
    payment.trade.funding = "ICBC_DEBIT";
    payment.is_booked = false;  // differs from is_seen_paid
    payment.arrived_at = at(41);
    payment.may_be_older = true;
    payment.refusal = payments::Refusal::merchant_funds;
    payment.channel_code = "NOTENOUGH";
    payment.reversal_by = payments::ReversalBy::merchant;
    payment.was_paid_before_reversal = true;
    payment.effect = payments::Effect::not_known;
    payment.review_reason = "no_proof";
    payment.is_reopened = true;
    payments::Operation reverse;
    reverse.payment = payment.sn;
    reverse.seq = 2;
    reverse.kind = payments::OperationKind::reverse;
    reverse.state = payments::OperationState::unknown;
    reverse.number = "V-number";
    reverse.amount = core::Money(77, core::Currency::EUR);
    reverse.operator_name = "cashier-8";
    reverse.terminal_sn = "100000000000000009";
    reverse.attempt = 3;
    reverse.owner = "process-2";
    reverse.lease_until = at(51);
    reverse.tries = 4;
    reverse.next_act = payments::Act::send;
    reverse.next_at = at(52);
    reverse.created_at = at(53);
    reverse.sent_at = at(54);
    reverse.asked_at = at(56);
    reverse.finished_at = at(55);
    reverse.last_outcome = payments::Outcome::pending;
    reverse.channel_code = "SYSTEMERROR";
    change.after.operations.push_back(std::move(reverse));
    const ledger::Parties parties{.channel_account = payment.channel_account,
                                  .merchant_sn = payment.merchant_sn};
    change.entries.push_back(ledger::make_reversal_entry(payment.sn, parties, payment.amount, at(56)));
    change.timeline.push_back({.at = at(57),
                               .seq = 2,
                               .happening = "alarm manual_review",
                               .finding = "no_proof after 4 tries",
                               .state_after = payments::PaymentState::reversing,
                               .exchange = std::nullopt});
    return change;
}

ports::Vendor make_vendor() {
    return {.sn = "91800001",
            .name = "Vendor",
            .key = core::Secret("0123456789abcdef0123456789abcdef"),
            .is_active = true};
}

ports::App make_app() {
    return {.id = "2024030500000001", .vendor_sn = "91800001", .name = "App", .is_active = true};
}

ports::Merchant make_merchant() {
    return {.sn = "1680000000001", .name = "Merchant 商户", .is_active = true};
}

ports::Store make_store() {
    return {.sn = "1700000000002", .merchant_sn = "1680000000001", .name = "Store", .is_active = true};
}

ports::ActivationCode make_code() {
    return {.code = "12345678",
            .store_sn = "1700000000002",
            .merchant_sn = "1680000000001",
            .uses_left = 2,
            .expires_at = at(61)};
}

ports::Terminal make_terminal() {
    const int shard = core::shard_of("1680000000001");
    return {.sn = "1000" + std::string(shard < 10 ? "0" : "") + std::to_string(shard) + "123456789012",
            .app_id = "2024030500000001",
            .merchant_sn = "1680000000001",
            .store_sn = "1700000000002",
            .device_id = "device-1",
            .client_sn = "till-2",
            .name = "till name",
            .os_info = "Android 9",
            .sdk_version = "sdk 1.2",
            .current_key = core::Secret("current0current0current0current0"),
            .previous_key = core::Secret("previousPreviouspreviousPrevious"),
            .is_active = true,
            .version = 7,
            .created_at = at(71),
            .last_checkin_at = at(72)};
}

ports::ChannelAccount make_account() {
    return {.id = "wx-main",
            .channel = payments::ChannelKind::alipay,
            .merchant_sn = "1680000000001",
            .base_url = "https://channel.example",
            .app_id = "wxappid",
            .mch_id = "1900000109",
            .sub_app_id = "wxsubappid",
            .sub_mch_id = "1900000110",
            .sign_type = "HMAC-SHA256",
            .api_key = core::Secret("apikeyapikeyapikeyapikeyapikey12"),
            .client_certificate_pem = "-----BEGIN CERTIFICATE-----",
            .client_key_pem = core::Secret("-----BEGIN PRIVATE KEY----- clientkey"),
            .server_ip = "10.0.0.8",
            .is_active = true};
}

ports::Operator make_operator() {
    return {
        .name = "alice", .role = ports::Role::approver, .key_hash = std::string(64, 'a'), .is_active = true};
}

ports::AuditRow make_audit_row(std::int64_t id) {
    return {.id = id,
            .at = at(id),
            .actor = "alice",
            .act = "payment.decide",
            .subject = "payment/1",
            .detail = R"({"verdict":"paid"})",
            .previous_hash = "hash" + std::to_string(id - 1),
            .hash = "hash" + std::to_string(id)};
}

}  // namespace huitong::store::sample
