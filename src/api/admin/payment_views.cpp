// Views of payments: what became of one, with its evidence.
#include "api/admin/views.hpp"
#include "crypto/digest.hpp"

namespace huitong::api::admin {

using codec::Json;
using codec::JsonObject;

namespace {

constexpr std::string_view a_time = "\"2026-03-05T10:00:00.000+08:00\"";
constexpr std::int64_t most_bytes = 1'000'000;

constexpr Field payment_fields[] = {
    {.name = "sn", .about = "16 digits", .example = "\"7842000000000001\""},
    {.name = "state",
     .about = "Ours",
     .example = "\"manual_review\"",
     .choices =
         "created|pending|paid|partially_refunded|refunded|reversing|reversed|closed|failed|manual_review"},
    {.name = "merchant_sn", .about = "Whose it is", .example = "\"1680000000001\""},
    {.name = "store_sn", .about = "Where it was made", .example = "\"1700000000002\""},
    {.name = "terminal_sn", .about = "Where it was made", .example = "\"100042000000000001\""},
    {.name = "client_sn", .about = "The merchant's number", .example = "\"order-1\""},
    {.name = "channel",
     .about = "Who holds the payer's money",
     .example = "\"wechat\"",
     .choices = "wechat|alipay"},
    {.name = "channel_account", .about = "Ours there", .example = "\"wx-main\""},
    {.name = "channel_number", .about = "Our number there", .example = "\"P7842000000000001k3f9zq\""},
    {.name = "trade_no",
     .about = "The channel's number",
     .example = "\"4200000000000000001\"",
     .is_nullable = true},
    {.name = "amount", .type = Type::money, .about = "What was asked for"},
    {.name = "refunded", .type = Type::money, .about = "Of it, proven"},
    {.name = "subject", .about = "What was sold", .example = "\"coffee\"", .most = 4000},
    {.name = "operator_name", .about = "The cashier", .example = "\"kay\"", .is_nullable = true},
    {.name = "channel_code", .about = "The channel's word behind it", .example = "null", .is_nullable = true},
    {.name = "review_reason",
     .about = "Why a person must look",
     .example = "\"reversal_not_proven\"",
     .is_nullable = true},
    {.name = "created_at", .type = Type::time, .about = "When it was asked for", .example = a_time},
    {.name = "paid_at",
     .type = Type::time,
     .about = "As the channel says",
     .example = "null",
     .is_nullable = true},
    {.name = "finished_at",
     .type = Type::time,
     .about = "When it became paid, or else final",
     .example = "null",
     .is_nullable = true},
};
constexpr Field operation_fields[] = {
    {.name = "seq", .type = Type::integer, .about = "1 is the pay", .example = "2"},
    {.name = "kind", .about = "What it does", .example = "\"refund\"", .choices = "pay|reverse|watch|refund"},
    {.name = "state",
     .about = "How far it is",
     .example = "\"manual\"",
     .choices = "prepared|sent|unknown|succeeded|refused|manual"},
    {.name = "number", .about = "Our number at the channel", .example = "\"R7842000000000001k3f9zq\""},
    {.name = "request_no",
     .about = "Of a refund: the merchant's number",
     .example = "\"r1\"",
     .is_nullable = true},
    {.name = "amount", .type = Type::money, .about = "What it moves"},
    {.name = "reason", .about = "Of a refund: why", .example = "null", .is_nullable = true, .most = 4000},
    {.name = "operator_name",
     .about = "Who asked; null: the platform",
     .example = "\"kay\"",
     .is_nullable = true},
    {.name = "attempt", .type = Type::integer, .about = "How often it was taken over", .example = "1"},
    {.name = "tries", .type = Type::integer, .about = "Acts done so far", .example = "3"},
    {.name = "next_act", .about = "What is due", .example = "\"none\"", .choices = "none|send|query|close"},
    {.name = "next_at", .type = Type::time, .about = "When", .example = "null", .is_nullable = true},
    {.name = "channel_code", .about = "Of the last answer", .example = "null", .is_nullable = true},
    {.name = "channel_ref",
     .about = "Of a refund: the channel's number",
     .example = "null",
     .is_nullable = true},
    {.name = "created_at", .type = Type::time, .about = "When it was asked for", .example = a_time},
    {.name = "sent_at", .type = Type::time, .about = "When it left", .example = a_time, .is_nullable = true},
    {.name = "finished_at",
     .type = Type::time,
     .about = "When it was over",
     .example = "null",
     .is_nullable = true},
};
constexpr Field posting_fields[] = {
    {.name = "at", .type = Type::time, .about = "When", .example = a_time},
    {.name = "kind",
     .about = "What was booked",
     .example = "\"payment\"",
     .choices = "payment|reversal|refund"},
    {.name = "debit", .about = "The account", .example = "\"channel_receivable:wx-main\""},
    {.name = "credit", .about = "The account", .example = "\"merchant_payable:1680000000001\""},
    {.name = "amount", .type = Type::money, .about = "Above zero"},
};
constexpr Field exchange_fields[] = {
    {.name = "call", .about = "Which", .example = "\"pay\""},
    {.name = "started_at", .type = Type::time, .about = "When it left", .example = a_time},
    {.name = "ended_at", .type = Type::time, .about = "When it was answered", .example = a_time},
    {.name = "request",
     .about = "As sent, with what is secret masked",
     .example = "\"<xml>…</xml>\"",
     .most = most_bytes},
    {.name = "response",
     .about = "As received; what is not UTF-8: base64: and its bytes",
     .example = "\"<xml>…</xml>\"",
     .most = most_bytes},
};
constexpr Field timeline_row_fields[] = {
    {.name = "at", .type = Type::time, .about = "When", .example = a_time},
    {.name = "seq", .type = Type::integer, .about = "Of the operation", .example = "1"},
    {.name = "happening", .about = "What happened", .example = "\"pay answered\"", .most = 4000},
    {.name = "finding",
     .about = "What we made of it",
     .example = "\"unknown read_timeout\"",
     .is_nullable = true,
     .most = 4000},
    {.name = "state_after", .about = "Of the payment", .example = "\"pending\""},
    {.name = "exchange",
     .type = Type::object,
     .about = "The raw bytes; null: none, or not for this role",
     .is_nullable = true,
     .of = &exchange_schema},
};
constexpr Field proposal_fields[] = {
    {.name = "id", .about = "Ours", .example = "\"7842000000000001-0a1b2c\""},
    {.name = "sn", .about = "The payment", .example = "\"7842000000000001\""},
    {.name = "request_no",
     .about = "The refund; null: the payment itself",
     .example = "null",
     .is_nullable = true},
    {.name = "verdict", .about = "What is to become of it", .example = "\"closed\""},
    {.name = "reason", .about = "Why", .example = "\"absent from the statement of the day\"", .most = 4000},
    {.name = "amount", .type = Type::money, .about = "Of the payment or the refund"},
    {.name = "proposed_by", .about = "The first person", .example = "\"alice\""},
    {.name = "proposed_at", .type = Type::time, .about = "When", .example = a_time},
    {.name = "state",
     .about = "Confirmed: it took effect",
     .example = "\"proposed\"",
     .choices = "proposed|confirmed|rejected|withdrawn|lapsed"},
    {.name = "decided_by", .about = "The second person", .example = "null", .is_nullable = true},
    {.name = "decided_at", .type = Type::time, .about = "When", .example = "null", .is_nullable = true},
    {.name = "answer", .about = "Why it was rejected", .example = "null", .is_nullable = true, .most = 4000},
};
constexpr Field dossier_fields[] = {
    {.name = "payment", .type = Type::object, .about = "The payment", .of = &payment_schema},
    {.name = "operations", .type = Type::list, .about = "By seq", .of = &operation_schema},
    {.name = "postings", .type = Type::list, .about = "In the ledger", .of = &posting_schema},
    {.name = "timeline", .type = Type::list, .about = "Oldest first", .of = &timeline_row_schema},
    {.name = "proposals", .type = Type::list, .about = "Newest first", .of = &proposal_schema},
};
constexpr Field refund_in_review_fields[] = {
    {.name = "payment", .type = Type::object, .about = "Its payment", .of = &payment_schema},
    {.name = "refund", .type = Type::object, .about = "What is not proven", .of = &operation_schema},
};

constexpr Field decided_fields[] = {
    {.name = "is_done",
     .type = Type::boolean,
     .about = "False: it waits for a second person",
     .example = "false"},
    {.name = "payment", .type = Type::object, .about = "As it is now", .of = &payment_schema},
    {.name = "proposal",
     .type = Type::object,
     .about = "Null: it took one person",
     .is_nullable = true,
     .of = &proposal_schema},
};

template <class Row>
codec::JsonArray show_all(const std::vector<Row>& rows) {
    codec::JsonArray shown;
    for (const Row& row : rows) shown.emplace_back(show(row));
    return shown;
}

codec::JsonArray show_postings(const std::vector<ledger::Entry>& entries) {
    codec::JsonArray shown;
    for (const ledger::Entry& entry : entries) {
        for (const ledger::Transfer& transfer : entry.transfers) {
            shown.emplace_back(JsonObject{{"at", show(entry.at)},
                                          {"kind", ledger::to_string(entry.kind)},
                                          {"debit", transfer.debit.text()},
                                          {"credit", transfer.credit.text()},
                                          {"amount", show(transfer.amount)}});
        }
    }
    return shown;
}

// A channel may send anything.
std::string as_text(const std::string& bytes) {
    return codec::is_utf8(bytes) ? bytes : "base64:" + crypto::to_base64(bytes);
}

}  // namespace

const Schema payment_schema{"Payment", "The money state of an order", payment_fields};
const Schema operation_schema{"Operation", "One attempt to move or stop money", operation_fields};
const Schema posting_schema{"Posting", "One transfer of the ledger", posting_fields};
const Schema exchange_schema{"Exchange", "What was asked of the channel, and its answer", exchange_fields};
const Schema timeline_row_schema{"TimelineRow", "What happened to a payment", timeline_row_fields};
const Schema proposal_schema{"Proposal", "A decision that takes a second person", proposal_fields};
const Schema dossier_schema{"Dossier", "All that is known of a payment", dossier_fields};
const Schema refund_in_review_schema{"RefundInReview", "A refund that machines could not prove",
                                     refund_in_review_fields};

const Schema decided_schema{"Decided", "What a decision came to", decided_fields};

JsonObject show(const payments::Payment& payment) {
    return {{"sn", payment.sn.text()},
            {"state", payments::to_string(payment.state)},
            {"merchant_sn", payment.merchant_sn},
            {"store_sn", payment.store_sn},
            {"terminal_sn", payment.terminal_sn},
            {"client_sn", payment.client_sn},
            {"channel", payments::to_string(payment.channel)},
            {"channel_account", payment.channel_account},
            {"channel_number", payment.channel_number},
            {"trade_no", or_null(payment.trade.trade_no)},
            {"amount", show(payment.amount)},
            {"refunded", show(payment.refunded)},
            {"subject", payment.subject},
            {"operator_name", or_null(payment.operator_name)},
            {"channel_code", or_null(payment.channel_code)},
            {"review_reason", or_null(payment.review_reason)},
            {"created_at", show(payment.created_at)},
            {"paid_at", show(payment.trade.paid_at)},
            {"finished_at", show(payment.finished_at)}};
}

JsonObject show(const payments::Operation& operation) {
    return {{"seq", Json::number(operation.seq)},
            {"kind", payments::to_string(operation.kind)},
            {"state", payments::to_string(operation.state)},
            {"number", operation.number},
            {"request_no", or_null(operation.request_no)},
            {"amount", show(operation.amount)},
            {"reason", or_null(operation.reason)},
            {"operator_name", or_null(operation.operator_name)},
            {"attempt", Json::number(operation.attempt)},
            {"tries", Json::number(operation.tries)},
            {"next_act", payments::to_string(operation.next_act)},
            {"next_at", show(operation.next_at)},
            {"channel_code", or_null(operation.channel_code)},
            {"channel_ref", or_null(operation.channel_ref)},
            {"created_at", show(operation.created_at)},
            {"sent_at", show(operation.sent_at)},
            {"finished_at", show(operation.finished_at)}};
}

JsonObject show(const payments::TimelineRow& row) {
    Json exchange;
    if (row.exchange)
        exchange = JsonObject{{"call", row.exchange->call},
                              {"started_at", show(row.exchange->started_at)},
                              {"ended_at", show(row.exchange->ended_at)},
                              {"request", as_text(row.exchange->request)},
                              {"response", as_text(row.exchange->response)}};
    return {{"at", show(row.at)},
            {"seq", Json::number(row.seq)},
            {"happening", row.happening},
            {"finding", or_null(row.finding)},
            {"state_after", payments::to_string(row.state_after)},
            {"exchange", std::move(exchange)}};
}

JsonObject show(const ports::Proposal& proposal) {
    return {{"id", proposal.id},
            {"sn", proposal.payment.text()},
            {"request_no", or_null(proposal.request_no)},
            {"verdict", proposal.verdict},
            {"reason", proposal.reason},
            {"amount", show(proposal.amount)},
            {"proposed_by", proposal.proposed_by},
            {"proposed_at", show(proposal.proposed_at)},
            {"state", ports::to_string(proposal.state)},
            {"decided_by", or_null(proposal.decided_by)},
            {"decided_at", show(proposal.decided_at)},
            {"answer", or_null(proposal.answer)}};
}

JsonObject show(const flows::Dossier& dossier) {
    return {{"payment", show(dossier.order.payment)},
            {"operations", show_all(dossier.order.operations)},
            {"postings", show_postings(dossier.entries)},
            {"timeline", show_all(dossier.timeline)},
            {"proposals", show_all(dossier.proposals)}};
}

JsonObject show(const flows::Decided& decided) {
    const bool is_open = decided.proposal && decided.proposal->state == ports::ProposalState::proposed;
    return {{"is_done", Json(!is_open)},
            {"payment", show(decided.order.payment)},
            {"proposal", decided.proposal ? Json(show(*decided.proposal)) : Json()}};
}

JsonObject show(const flows::RefundInReview& each) {
    return {{"payment", show(each.payment)}, {"refund", show(each.refund)}};
}

}  // namespace huitong::api::admin
