// Enumerations as columns: stored as the text of to_string, read back by trying each value, so that no name
// stands twice. A name that no value has is a Failure internal/bad_row.
#pragma once

#include <string>
#include <string_view>

#include "ledger/ledger.hpp"
#include "payments/notify.hpp"
#include "payments/payment.hpp"
#include "ports/directory.hpp"
#include "ports/limits.hpp"
#include "ports/review.hpp"
#include "store/failure.hpp"

namespace huitong::store {

template <class E>
inline constexpr E last_of = E::the_last_value_must_be_named_here;
template <>
inline constexpr auto last_of<payments::PaymentState> = payments::PaymentState::manual_review;
template <>
inline constexpr auto last_of<payments::ReversalBy> = payments::ReversalBy::merchant;
template <>
inline constexpr auto last_of<payments::ChannelKind> = payments::ChannelKind::alipay;
template <>
inline constexpr auto last_of<payments::Product> = payments::Product::h5;
template <>
inline constexpr auto last_of<payments::OperationKind> = payments::OperationKind::refund;
template <>
inline constexpr auto last_of<payments::OperationState> = payments::OperationState::manual;
template <>
inline constexpr auto last_of<payments::Act> = payments::Act::close;
template <>
inline constexpr auto last_of<payments::Outcome> = payments::Outcome::not_sent;
template <>
inline constexpr auto last_of<payments::Refusal> = payments::Refusal::not_sent_in_time;
template <>
inline constexpr auto last_of<payments::Effect> = payments::Effect::not_known;
template <>
inline constexpr auto last_of<ledger::EntryKind> = ledger::EntryKind::refund;
template <>
inline constexpr auto last_of<ledger::AccountKind> = ledger::AccountKind::channel_fee;
template <>
inline constexpr auto last_of<ports::Role> = ports::Role::auditor;
template <>
inline constexpr auto last_of<ports::NotifyHeader> = ports::NotifyHeader::sn_prefixed;
template <>
inline constexpr auto last_of<payments::NotifyEvent> = payments::NotifyEvent::refunded;
template <>
inline constexpr auto last_of<ports::LimitKind> = ports::LimitKind::merchant;
template <>
inline constexpr auto last_of<ports::ProposalState> = ports::ProposalState::lapsed;

template <class E>
[[nodiscard]] std::string_view name_of(E value) {
    return to_string(value);
}
template <class E>
[[nodiscard]] E parse_enum(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(last_of<E>); ++i) {
        if (name_of(static_cast<E>(i)) == name) return static_cast<E>(i);
    }
    throw Failure(core::Code::internal, "bad_row", "no such value: " + std::string(name));
}

// "channel_receivable:wx-1", as ledger::Account::text() writes it.
[[nodiscard]] inline ledger::Account parse_account(std::string_view text) {
    const auto colon = text.find(':');
    const std::string_view owner =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    for (int i = 0; i <= static_cast<int>(last_of<ledger::AccountKind>); ++i) {
        ledger::Account account{static_cast<ledger::AccountKind>(i), std::string(owner)};
        if (account.text() == text) return account;
    }
    throw Failure(core::Code::internal, "bad_row", "no such account: " + std::string(text));
}

}  // namespace huitong::store
