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

ledger::Amounts zero_fees(core::Money gross) {
    const core::Money nothing(0, gross.currency());
    return {.gross = gross, .channel_fee = nothing, .merchant_fee = nothing};
}

payments::Operation make_refund(core::PaymentSn payment) {
    payments::Operation refund;
    refund.payment = payment;
    refund.seq = 2;
    refund.kind = payments::OperationKind::refund;
    refund.state = payments::OperationState::unknown;
    refund.number = "V-number";
    refund.request_no = "refund-1";
    refund.amount = core::Money(77, core::Currency::EUR);
    refund.reason = "凉了";
    refund.operator_name = "cashier-8";
    refund.terminal_sn = "100000000000000009";
    refund.attempt = 3;
    refund.owner = "process-2";
    refund.lease_until = at(51);
    refund.tries = 4;
    refund.next_act = payments::Act::send;
    refund.next_at = at(52);
    refund.created_at = at(53);
    refund.sent_at = at(54);
    refund.asked_at = at(56);
    refund.finished_at = at(55);
    refund.is_restored = true;
    refund.last_outcome = payments::Outcome::pending;
    refund.channel_code = "SYSTEMERROR";
    refund.refusal = payments::Refusal::refund_closed;
    refund.channel_ref = "50000000382019052709732678859";
    refund.channel_at = at(58);
    return refund;
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
    payment.channel_fee_ppm = 6'000;
    payment.merchant_fee_ppm = 3'800;
    payment.refund_days = 90;
    payment.is_limited = true;
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
        ledger::make_payment_entry(payment.sn, parties, zero_fees(payment.amount), *payment.finished_at));
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
    payment.refunded = core::Money(555, core::Currency::GBP);
    payment.arrived_at = at(41);
    payment.may_be_older = true;
    payment.refusal = payments::Refusal::merchant_funds;
    payment.channel_code = "NOTENOUGH";
    payment.reversal_by = payments::ReversalBy::merchant;
    payment.was_paid_before_reversal = true;
    payment.effect = payments::Effect::not_known;
    payment.review_reason = "no_proof";
    payment.is_reopened = true;
    change.after.operations.push_back(make_refund(payment.sn));
    const ledger::Parties parties{.channel_account = payment.channel_account,
                                  .merchant_sn = payment.merchant_sn};
    change.entries.push_back(ledger::make_refund_entry(payment.sn, 2, parties,
                                                       {.gross = core::Money(77, core::Currency::USD),
                                                        .channel_fee = core::Money(4, core::Currency::USD),
                                                        .merchant_fee = core::Money(3, core::Currency::USD)},
                                                       at(56)));
    change.alarms = {{.name = "older_payment", .detail = "paid before it was sent"},
                     {.name = "manual_review", .detail = "no_proof"}};
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
    return {.id = "2024030500000001",
            .vendor_sn = "91800001",
            .name = "App",
            .is_active = true,
            .switches = {.notify_header = ports::NotifyHeader::sn_prefixed,
                         .notify_canceled = true,
                         .notify_refunded = false,
                         .wap_as_object = true,
                         .long_client_sn = false,
                         .unique_device = true}};
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
            .app_private_key = core::Secret("-----BEGIN PRIVATE KEY----- appprivatekey"),
            .channel_public_key = "-----BEGIN PUBLIC KEY-----",
            .app_certificate_pem = "-----BEGIN CERTIFICATE----- app",
            .root_certificates_pem = "-----BEGIN CERTIFICATE----- root",
            .app_auth_token = core::Secret("appauthtoken-201611BB"),
            .server_ip = "10.0.0.8",
            .priority = 3,
            .refund_days = 31,
            .channel_fee_ppm = 2'000,
            .merchant_fee_ppm = 6'000,
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
