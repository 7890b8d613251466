// The fields of payments and operations with the columns they are kept in. The structured bindings name every
// field of a struct: a field added to it does not compile here until it has a column.
#pragma once

#include "payments/payment.hpp"

namespace huitong::store {

// Who and what: written once.
template <class P, class V>
void visit_fixed(P& payment, V& visit) {
    auto& [sn, version, state, merchant_sn, store_sn, terminal_sn, client_sn, channel, product,
           channel_account, channel_number, amount, subject, operator_name, reflect, notify_url, notify_flags,
           channel_fee_ppm, merchant_fee_ppm, refund_days, is_limited, created_at, expires_at, deadline_at,
           in_flight_until, launch, trade, is_seen_paid, is_booked, refunded, arrived_at, may_be_older,
           refusal, channel_code, reversal_by, was_paid_before_reversal, effect, review_reason, finished_at,
           is_reopened] = payment;
    visit("id", sn);
    visit("merchant_sn", merchant_sn);
    visit("store_sn", store_sn);
    visit("terminal_sn", terminal_sn);
    visit("client_sn", client_sn);
    visit("channel", channel);
    visit("product", product);
    visit("channel_account", channel_account);
    visit("channel_number", channel_number);
    visit("amount", amount);
    visit("subject", subject);
    visit("operator_name", operator_name);
    visit("reflect", reflect);
    visit("notify_url", notify_url);
    visit("notify_flags", notify_flags);
    visit("channel_fee_ppm", channel_fee_ppm);
    visit("merchant_fee_ppm", merchant_fee_ppm);
    visit("refund_days", refund_days);
    visit("is_limited", is_limited);
    visit("created_at", created_at);
    visit("expires_at", expires_at);
    visit("deadline_at", deadline_at);
    visit("in_flight_until", in_flight_until);
}

// What became of it: written with every change.
template <class P, class V>
void visit_changing(P& payment, V& visit) {
    auto& [sn, version, state, merchant_sn, store_sn, terminal_sn, client_sn, channel, product,
           channel_account, channel_number, amount, subject, operator_name, reflect, notify_url, notify_flags,
           channel_fee_ppm, merchant_fee_ppm, refund_days, is_limited, created_at, expires_at, deadline_at,
           in_flight_until, launch, trade, is_seen_paid, is_booked, refunded, arrived_at, may_be_older,
           refusal, channel_code, reversal_by, was_paid_before_reversal, effect, review_reason, finished_at,
           is_reopened] = payment;
    auto& [trade_no, trade_amount, trade_paid_at, payer_id, payer_login, funding] = trade;
    visit("version", version);
    visit("state", state);
    visit("launch", launch);
    visit("trade_no", trade_no);
    visit("trade_amount", trade_amount);
    visit("trade_paid_at", trade_paid_at);
    visit("payer_id", payer_id);
    visit("payer_login", payer_login);
    visit("funding", funding);
    visit("is_seen_paid", is_seen_paid);
    visit("is_booked", is_booked);
    visit("refunded", refunded);
    visit("arrived_at", arrived_at);
    visit("may_be_older", may_be_older);
    visit("refusal", refusal);
    visit("channel_code", channel_code);
    visit("reversal_by", reversal_by);
    visit("was_paid_before_reversal", was_paid_before_reversal);
    visit("effect", effect);
    visit("review_reason", review_reason);
    visit("finished_at", finished_at);
    visit("is_reopened", is_reopened);
}

template <class O, class V>
void visit_key(O& operation, V& visit) {
    visit("id", operation.payment);
    visit("seq", operation.seq);
}

template <class O, class V>
void visit_changing_operation(O& operation, V& visit) {
    auto& [payment, seq, kind, state, number, request_no, amount, reason, operator_name, terminal_sn, attempt,
           owner, lease_until, tries, next_act, next_at, created_at, sent_at, asked_at, finished_at,
           last_outcome, channel_code, refusal, channel_ref, channel_at, is_restored] = operation;
    visit("kind", kind);
    visit("state", state);
    visit("number", number);
    visit("request_no", request_no);
    visit("amount", amount);
    visit("reason", reason);
    visit("operator_name", operator_name);
    visit("terminal_sn", terminal_sn);
    visit("attempt", attempt);
    visit("owner", owner);
    visit("lease_until", lease_until);
    visit("tries", tries);
    visit("next_act", next_act);
    visit("next_at", next_at);
    visit("created_at", created_at);
    visit("sent_at", sent_at);
    visit("asked_at", asked_at);
    visit("finished_at", finished_at);
    visit("last_outcome", last_outcome);
    visit("channel_code", channel_code);
    visit("refusal", refusal);
    visit("channel_ref", channel_ref);
    visit("channel_at", channel_at);
    visit("is_restored", is_restored);
}

}  // namespace huitong::store
