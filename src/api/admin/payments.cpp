// payments: found by any number somebody holds, listed, shown with all that is known, and decided upon where
// machines could not.
#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using codec::Json;
using codec::JsonObject;
using payments::Payment;
using payments::PaymentState;

constexpr std::string_view numbers[] = {"sn", "client_sn", "trade_no", "channel_number"};

std::optional<PaymentState> parse_state(std::string_view text) {
    for (int value = 0; value <= static_cast<int>(PaymentState::manual_review); ++value) {
        const auto state = static_cast<PaymentState>(value);
        if (payments::to_string(state) == text) return state;
    }
    return std::nullopt;
}

// Of a number that is none, nothing is known.
std::expected<core::PaymentSn, Problem> parse_sn(const std::string& text) {
    const auto sn = core::parse_payment_sn(text);
    if (!sn) return std::unexpected(Problem{.status = 404, .code = "no_payment"});
    return *sn;
}

Json show_payments(const std::vector<Payment>& rows, std::size_t most) {
    return list_answer(
        rows, most, [](const Payment& row) { return show(row); },
        [](const Payment& row) { return row.sn.text(); });
}

task::Awaitable<Reply> search(const Services& services, Call call) {
    const auto found =
        co_await flows::find_payments(services.reader, {.sn = call.query.text("sn"),
                                                        .client_sn = call.query.text("client_sn"),
                                                        .trade_no = call.query.text("trade_no"),
                                                        .channel_number = call.query.text("channel_number"),
                                                        .merchant_sn = call.query.text("merchant_sn")});
    if (!found && found.error().reason == "merchant_needed")
        co_return bad_field("missing_field", "merchant_sn", "this number is the merchant's own");
    if (!found) co_return problem_of(found.error());
    co_return show_payments(*found, found->size());
}

task::Awaitable<Reply> list(const Services& services, Call call) {
    int given = 0;
    for (const std::string_view number : numbers) given += call.query.has(number) ? 1 : 0;
    if (given > 1) co_return bad_field("invalid_field", "sn", "one number at a time");
    if (given == 1) co_return co_await search(services, std::move(call));
    const std::size_t most = call.most();
    ports::PaymentRepository::Filter filter{.merchant_sn = call.query.text("merchant_sn"),
                                            .state = parse_state(call.query.text("state")),
                                            .only_unresolved = call.query.boolean("is_open").value_or(false),
                                            .created_from = call.query.time("created_from"),
                                            .created_before = call.query.time("created_before"),
                                            .most = most + 1};
    if (call.query.has("after")) {
        const auto after = core::parse_payment_sn(call.after());
        if (!after) co_return bad_field("invalid_field", "after", "`next` of the page before");
        filter.older_than = *after;
    }
    const auto rows = co_await services.reader.read(
        [filter](ports::Tx& tx) -> core::Result<std::vector<Payment>> { return tx.payments().list(filter); });
    if (!rows) co_return problem_of(rows.error());
    co_return show_payments(*rows, most);
}

task::Awaitable<Reply> find(const Services& services, Call call) {
    const auto sn = parse_sn(call.path.front());
    if (!sn) co_return std::unexpected(sn.error());
    const auto dossier =
        co_await flows::read_dossier(services.reader, *sn, flows::may_see_exchanges(call.by.role));
    co_return reply(dossier, [](const flows::Dossier& each) { return show(each); });
}

task::Awaitable<Reply> list_refunds(const Services& services, Call call) {
    const std::size_t most = call.most();
    core::PaymentSn after;
    if (call.query.has("after")) {
        const auto given = core::parse_payment_sn(call.after());
        if (!given) co_return bad_field("invalid_field", "after", "`next` of the page before");
        after = *given;
    }
    // One more payment than the page has, to know whether there is a next page.
    const auto refunds = co_await flows::list_refunds_in_review(services.reader, after, most + 1);
    if (!refunds) co_return problem_of(refunds.error());
    codec::JsonArray items;
    std::size_t orders = 0;
    core::PaymentSn last;
    for (const flows::RefundInReview& each : *refunds) {
        if (each.payment.sn != last && ++orders > most) break;
        last = each.payment.sn;
        items.emplace_back(show(each));
    }
    co_return JsonObject{{"items", std::move(items)}, {"next", orders > most ? Json(last.text()) : Json()}};
}

task::Awaitable<Reply> decide(const Services& services, Call call) {
    const auto sn = parse_sn(call.path.front());
    if (!sn) co_return std::unexpected(sn.error());
    const auto decided =
        co_await services.reviews.decide(call.by, {.payment = *sn,
                                                   .request_no = call.path.size() > 1 ? call.path[1] : "",
                                                   .verdict = call.body.text("verdict"),
                                                   .reason = call.body.text("reason")});
    co_return reply(decided, [](const flows::Decided& each) { return show(each); });
}

constexpr Field payment_query[] = {
    {.name = "sn", .about = "Find: our number", .example = "\"7842000000000001\""},
    {.name = "client_sn", .about = "Find: the merchant's number, with merchant_sn", .example = "\"order-1\""},
    {.name = "trade_no",
     .about = "Find: the channel's number, with merchant_sn",
     .example = "\"4200000000000000001\""},
    {.name = "channel_number",
     .about = "Find: our number at the channel, of the payment or of any operation of it",
     .example = "\"P7842000000000001k3f9zq\""},
    {.name = "merchant_sn", .about = "Of this merchant only", .example = "\"1680000000001\""},
    {.name = "state",
     .about = "List: in this state",
     .example = "\"manual_review\"",
     .choices =
         "created|pending|paid|partially_refunded|refunded|reversing|reversed|closed|failed|manual_review"},
    {.name = "is_open",
     .type = Type::boolean,
     .about = "List: neither final nor in review",
     .example = "true"},
    {.name = "created_from",
     .type = Type::time,
     .about = "List: not before",
     .example = "\"2026-03-05T00:00:00+08:00\""},
    {.name = "created_before",
     .type = Type::time,
     .about = "List: before",
     .example = "\"2026-03-06T00:00:00+08:00\""},
};
constexpr Field reason_field{.name = "reason",
                             .about = "Kept in the timeline and the audit log",
                             .example = "\"absent from the statement of the day\"",
                             .is_required = true,
                             .least = 1,
                             .most = 1000};
constexpr Field decision_input[] = {{.name = "verdict",
                                     .about = "What is to become of it",
                                     .example = "\"closed\"",
                                     .is_required = true,
                                     .choices = "paid|reversed|closed|failed|reverse_again"},
                                    reason_field};
constexpr Field refund_decision_input[] = {{.name = "verdict",
                                            .about = "What is to become of it",
                                            .example = "\"refunded\"",
                                            .is_required = true,
                                            .choices = "refunded|not_refunded|again"},
                                           reason_field};

const Schema decision_in{"DecisionInput", "A decision on a payment in manual review", decision_input};
const Schema refund_decision_in{"RefundDecisionInput", "A decision on a refund that is not proven",
                                refund_decision_input};

using enum Needs;
const Route table[] = {
    {"GET", "/payments", "listPayments",
     "Newest first; or the one with a number, which is an empty list when there is none", read, true,
     payment_query, nullptr, &payment_schema, 200, list},
    {"GET",
     "/payments/{sn}",
     "getPayment",
     "With operations, postings, timeline and proposals; the raw exchanges for operators and approvers",
     read,
     false,
     {},
     nullptr,
     &dossier_schema,
     200,
     find},
    {"POST",
     "/payments/{sn}/decision",
     "decidePayment",
     "Of a payment in manual review; above review.second_person_above it is proposed only",
     act,
     false,
     {},
     &decision_in,
     &decided_schema,
     200,
     decide},
    {"POST",
     "/payments/{sn}/refunds/{request_no}/decision",
     "decideRefund",
     "Of a refund in state manual; as of payments",
     act,
     false,
     {},
     &refund_decision_in,
     &decided_schema,
     200,
     decide},
    {"GET",
     "/refunds-in-review",
     "listRefundsInReview",
     "Refunds that wait for a person; `limit` counts payments",
     read,
     true,
     {},
     nullptr,
     &refund_in_review_schema,
     200,
     list_refunds},
};

}  // namespace

std::span<const Route> payment_routes() {
    return table;
}

}  // namespace huitong::api::admin
