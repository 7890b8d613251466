// How things are shown: for each a schema and the function that writes it, field by field in the same order.
// Keys and certificates of channel accounts are never among them.
#pragma once

#include "api/admin/schema.hpp"
#include "codec/json.hpp"
#include "flows/decide.hpp"
#include "flows/operators.hpp"
#include "flows/records.hpp"

namespace huitong::api::admin {

extern const Schema money_schema, problem_schema;
[[nodiscard]] codec::Json show(core::Money money);
[[nodiscard]] codec::Json show(const std::optional<core::Money>& money);
[[nodiscard]] codec::Json show(core::Instant at);
[[nodiscard]] codec::Json show(const std::optional<core::Instant>& at);
// Null when it is empty.
[[nodiscard]] codec::Json or_null(const std::string& text);

// `is_active`, which every PATCH of the directory takes.
extern const Schema switch_schema;
extern const Schema vendor_schema, new_vendor_schema, app_schema, merchant_schema, store_schema,
    terminal_schema, code_schema;
[[nodiscard]] codec::JsonObject show(const ports::Vendor& vendor);
// With its key, once.
[[nodiscard]] codec::JsonObject show_new(const ports::Vendor& vendor);
[[nodiscard]] codec::JsonObject show(const ports::App& app);
[[nodiscard]] codec::JsonObject show(const ports::Merchant& merchant);
[[nodiscard]] codec::JsonObject show(const ports::Store& store);
[[nodiscard]] codec::JsonObject show(const ports::Terminal& terminal);
[[nodiscard]] codec::JsonObject show(const ports::ActivationCode& code);

extern const Schema operator_schema, new_operator_schema, alert_schema, audit_row_schema, used_limit_schema;
[[nodiscard]] codec::JsonObject show(const ports::Operator& person);
[[nodiscard]] codec::JsonObject show_new(const flows::Operators::Created& created);
[[nodiscard]] codec::JsonObject show(const ports::Alert& alert);
[[nodiscard]] codec::JsonObject show(const ports::AuditRow& row);
[[nodiscard]] codec::JsonObject show(const flows::UsedLimit& limit);

extern const Schema payment_schema, operation_schema, posting_schema, exchange_schema, timeline_row_schema,
    dossier_schema, refund_in_review_schema, proposal_schema, decided_schema;
[[nodiscard]] codec::JsonObject show(const payments::Payment& payment);
[[nodiscard]] codec::JsonObject show(const payments::Operation& operation);
[[nodiscard]] codec::JsonObject show(const payments::TimelineRow& row);
[[nodiscard]] codec::JsonObject show(const flows::Dossier& dossier);
[[nodiscard]] codec::JsonObject show(const flows::RefundInReview& refund);
[[nodiscard]] codec::JsonObject show(const ports::Proposal& proposal);
[[nodiscard]] codec::JsonObject show(const flows::Decided& decided);

}  // namespace huitong::api::admin
