// Views of whom the platform serves and of who runs it.
#include "api/admin/views.hpp"

namespace huitong::api::admin {

using codec::Json;
using codec::JsonObject;

namespace {

constexpr Field money_fields[] = {
    {.name = "minor",
     .type = Type::integer,
     .about = "In minor units: fen",
     .example = "12800",
     .least = -1'000'000'000'000'000,
     .most = 1'000'000'000'000'000},
    {.name = "currency", .about = "ISO 4217", .example = "\"CNY\"", .least = 3, .most = 3},
};

constexpr Field problem_fields[] = {
    {.name = "type", .about = "Always about:blank", .example = "\"about:blank\"", .is_required = true},
    {.name = "title", .about = "Of the status", .example = "\"Conflict\"", .is_required = true},
    {.name = "status",
     .type = Type::integer,
     .about = "The HTTP status",
     .example = "409",
     .is_required = true,
     .least = 400,
     .most = 599},
    {.name = "code", .about = "Stable, for programs", .example = "\"exists\"", .is_required = true},
    {.name = "detail",
     .about = "For people",
     .example = "\"there is one of that name already\"",
     .most = 4000},
    {.name = "field", .about = "Of the request: what is wrong", .example = "\"name\""},
};

constexpr Field is_active_field{
    .name = "is_active", .type = Type::boolean, .about = "False: it may not be used", .example = "true"};
constexpr Field switch_fields[] = {{.name = "is_active",
                                    .type = Type::boolean,
                                    .about = "False: it may not be used",
                                    .example = "false",
                                    .is_required = true}};
constexpr Field vendor_sn_field{.name = "vendor_sn", .about = "8 digits", .example = "\"91800001\""};
constexpr Field vendor_name_field{.name = "name", .about = "Its name", .example = "\"Tills Ltd\""};
constexpr Field merchant_sn_field{
    .name = "merchant_sn", .about = "13 digits", .example = "\"1680000000001\""};
constexpr Field store_sn_field{.name = "store_sn", .about = "13 digits", .example = "\"1700000000002\""};

constexpr Field vendor_fields[] = {vendor_sn_field, vendor_name_field, is_active_field};
constexpr Field new_vendor_fields[] = {
    vendor_sn_field,
    vendor_name_field,
    is_active_field,
    {.name = "vendor_key", .about = "Shown here only", .example = "\"0123456789abcdef0123456789abcdef\""},
};
constexpr Field app_fields[] = {
    {.name = "app_id", .about = "16 digits", .example = "\"2024030500000001\""},
    vendor_sn_field,
    {.name = "name", .about = "Its name", .example = "\"till\""},
    is_active_field,
};
constexpr Field merchant_fields[] = {
    merchant_sn_field, {.name = "name", .about = "Its name", .example = "\"Bakery\""}, is_active_field};
constexpr Field store_fields[] = {store_sn_field,
                                  merchant_sn_field,
                                  {.name = "name", .about = "Its name", .example = "\"Main Street\""},
                                  is_active_field};
constexpr Field terminal_fields[] = {
    {.name = "terminal_sn", .about = "18 digits", .example = "\"100042000000000001\""},
    merchant_sn_field,
    store_sn_field,
    {.name = "app_id", .about = "The application that activated it", .example = "\"2024030500000001\""},
    {.name = "device_id", .about = "As the till says", .example = "\"POS-1\""},
    {.name = "client_sn", .about = "The vendor's own number", .example = "\"till-1\"", .is_nullable = true},
    {.name = "name", .about = "As the till says", .example = "\"front desk\"", .is_nullable = true},
    {.name = "os_info", .about = "As the till says", .example = "\"Android 9\"", .is_nullable = true},
    {.name = "sdk_version", .about = "As the till says", .example = "\"1.0\"", .is_nullable = true},
    is_active_field,
    {.name = "created_at",
     .type = Type::time,
     .about = "When it was activated",
     .example = "\"2026-03-05T10:00:00.000+08:00\""},
    {.name = "last_checkin_at",
     .type = Type::time,
     .about = "When it last changed its key",
     .example = "\"2026-03-05T10:00:00.000+08:00\""},
};
constexpr Field code_fields[] = {
    {.name = "code", .about = "8 digits", .example = "\"12345678\""},
    store_sn_field,
    merchant_sn_field,
    {.name = "uses_left",
     .type = Type::integer,
     .about = "Terminals it may still activate; null: any number",
     .example = "1",
     .is_nullable = true},
    {.name = "expires_at",
     .type = Type::time,
     .about = "It activates nothing from then on",
     .example = "\"2026-03-12T10:00:00.000+08:00\""},
};

constexpr Field operator_name_field{
    .name = "name", .about = "1 to 32 of a-z 0-9 - _ .", .example = "\"alice\""};
constexpr Field role_field{.name = "role",
                           .about = "What he may do",
                           .example = "\"operator\"",
                           .choices = "operator|approver|auditor"};
constexpr Field operator_fields[] = {operator_name_field, role_field, is_active_field};
constexpr Field new_operator_fields[] = {
    operator_name_field,
    role_field,
    is_active_field,
    {.name = "key", .about = "Shown here only", .example = "\"0123456789abcdef0123456789abcdef\""},
};

constexpr Field alert_fields[] = {
    {.name = "id", .about = "Ours", .example = "\"7842000000000001.3.1\""},
    {.name = "at",
     .type = Type::time,
     .about = "When it was raised",
     .example = "\"2026-03-05T10:00:00.000+08:00\""},
    {.name = "name", .about = "channel_down, manual_review, …", .example = "\"manual_review\""},
    {.name = "detail", .about = "For people", .example = "\"reversal_not_proven\"", .most = 4000},
    {.name = "sn",
     .about = "The payment it is about",
     .example = "\"7842000000000001\"",
     .is_nullable = true},
    {.name = "delivered_at",
     .type = Type::time,
     .about = "To the webhook",
     .example = "null",
     .is_nullable = true},
    {.name = "tries", .type = Type::integer, .about = "Deliveries tried", .example = "1"},
    {.name = "acknowledged_by", .about = "Null: it is open", .example = "null", .is_nullable = true},
    {.name = "acknowledged_at", .type = Type::time, .about = "When", .example = "null", .is_nullable = true},
};
constexpr Field audit_row_fields[] = {
    {.name = "id", .type = Type::integer, .about = "1, 2, 3, …", .example = "42"},
    {.name = "at", .type = Type::time, .about = "When", .example = "\"2026-03-05T10:00:00.000+08:00\""},
    {.name = "actor", .about = "Who", .example = "\"alice\""},
    {.name = "act", .about = "What", .example = "\"merchant.create\""},
    {.name = "subject", .about = "To what", .example = "\"1680000000001\"", .most = 4000},
    {.name = "detail", .about = "For people", .example = "\"Bakery\"", .most = 4000},
    {.name = "previous_hash",
     .about = "Of the row before",
     .example = "\"0000000000000000000000000000000000000000000000000000000000000000\""},
    {.name = "hash",
     .about = "SHA-256 over all this",
     .example = "\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\""},
};
constexpr Field used_limit_fields[] = {
    {.name = "kind", .about = "Of whom", .example = "\"merchant\"", .choices = "merchant|store|terminal"},
    {.name = "subject", .about = "Its number", .example = "\"1680000000001\""},
    merchant_sn_field,
    {.name = "per_payment", .type = Type::money, .about = "Null: no bound", .is_nullable = true},
    {.name = "per_day", .type = Type::money, .about = "Of a UTC+8 day; null: no bound", .is_nullable = true},
    {.name = "used_today", .type = Type::money, .about = "What was counted of this day"},
};

}  // namespace

const Schema money_schema{"Money", "An amount", money_fields};
const Schema problem_schema{"Problem", "RFC 9457", problem_fields};
const Schema switch_schema{"Switch", "On or off", switch_fields};
const Schema vendor_schema{"Vendor", "A vendor of till software", vendor_fields};
const Schema new_vendor_schema{"NewVendor", "A vendor with its key", new_vendor_fields};
const Schema app_schema{"App", "An application of a vendor", app_fields};
const Schema merchant_schema{"Merchant", "A merchant", merchant_fields};
const Schema store_schema{"Store", "A store of a merchant", store_fields};
const Schema terminal_schema{"Terminal", "A till of a store", terminal_fields};
const Schema code_schema{"ActivationCode", "What makes a till a terminal of a store", code_fields};
const Schema operator_schema{"Operator", "Who runs the platform", operator_fields};
const Schema new_operator_schema{"NewOperator", "An operator with the key", new_operator_fields};
const Schema alert_schema{"Alert", "What a person must look at", alert_fields};
const Schema audit_row_schema{"AuditRow", "An act of a person", audit_row_fields};
const Schema used_limit_schema{"Limit", "What may be received", used_limit_fields};

Json show(core::Money money) {
    return JsonObject{{"minor", Json::number(money.minor())},
                      {"currency", core::to_string(money.currency())}};
}

Json show(const std::optional<core::Money>& money) {
    return money ? show(*money) : Json();
}

Json show(core::Instant at) {
    return core::to_rfc3339(at);
}

Json show(const std::optional<core::Instant>& at) {
    return at ? show(*at) : Json();
}

Json or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

JsonObject show(const ports::Vendor& vendor) {
    return {{"vendor_sn", vendor.sn}, {"name", vendor.name}, {"is_active", Json(vendor.is_active)}};
}

JsonObject show_new(const ports::Vendor& vendor) {
    JsonObject shown = show(vendor);
    shown.emplace_back("vendor_key", vendor.key.reveal());
    return shown;
}

JsonObject show(const ports::App& app) {
    return {{"app_id", app.id},
            {"vendor_sn", app.vendor_sn},
            {"name", app.name},
            {"is_active", Json(app.is_active)}};
}

JsonObject show(const ports::Merchant& merchant) {
    return {{"merchant_sn", merchant.sn}, {"name", merchant.name}, {"is_active", Json(merchant.is_active)}};
}

JsonObject show(const ports::Store& store) {
    return {{"store_sn", store.sn},
            {"merchant_sn", store.merchant_sn},
            {"name", store.name},
            {"is_active", Json(store.is_active)}};
}

JsonObject show(const ports::Terminal& terminal) {
    return {{"terminal_sn", terminal.sn},
            {"merchant_sn", terminal.merchant_sn},
            {"store_sn", terminal.store_sn},
            {"app_id", terminal.app_id},
            {"device_id", terminal.device_id},
            {"client_sn", or_null(terminal.client_sn)},
            {"name", or_null(terminal.name)},
            {"os_info", or_null(terminal.os_info)},
            {"sdk_version", or_null(terminal.sdk_version)},
            {"is_active", Json(terminal.is_active)},
            {"created_at", show(terminal.created_at)},
            {"last_checkin_at", show(terminal.last_checkin_at)}};
}

JsonObject show(const ports::ActivationCode& code) {
    return {{"code", code.code},
            {"store_sn", code.store_sn},
            {"merchant_sn", code.merchant_sn},
            {"uses_left", code.uses_left ? Json::number(*code.uses_left) : Json()},
            {"expires_at", show(code.expires_at)}};
}

JsonObject show(const ports::Operator& person) {
    return {{"name", person.name},
            {"role", ports::to_string(person.role)},
            {"is_active", Json(person.is_active)}};
}

JsonObject show_new(const flows::Operators::Created& created) {
    JsonObject shown = show(created.person);
    shown.emplace_back("key", created.key.reveal());
    return shown;
}

JsonObject show(const ports::Alert& alert) {
    return {{"id", alert.id},
            {"at", show(alert.at)},
            {"name", alert.name},
            {"detail", alert.detail},
            {"sn", alert.payment ? Json(alert.payment->text()) : Json()},
            {"delivered_at", show(alert.delivered_at)},
            {"tries", Json::number(alert.tries)},
            {"acknowledged_by", or_null(alert.acknowledged_by)},
            {"acknowledged_at", show(alert.acknowledged_at)}};
}

JsonObject show(const ports::AuditRow& row) {
    return {{"id", Json::number(row.id)},
            {"at", show(row.at)},
            {"actor", row.actor},
            {"act", row.act},
            {"subject", row.subject},
            {"detail", row.detail},
            {"previous_hash", row.previous_hash},
            {"hash", row.hash}};
}

JsonObject show(const flows::UsedLimit& each) {
    return {{"kind", ports::to_string(each.limit.kind)}, {"subject", each.limit.subject},
            {"merchant_sn", each.limit.merchant_sn},     {"per_payment", show(each.limit.per_payment)},
            {"per_day", show(each.limit.per_day)},       {"used_today", show(each.used)}};
}

}  // namespace huitong::api::admin
