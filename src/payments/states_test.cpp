// The state table against the diagram of the design, written a second time: for each state, what each event
// leads to.
#include "payments/states.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace huitong::payments {
namespace {

using S = PaymentState;
using E = PaymentEvent;

const std::map<S, std::map<E, S>>& diagram() {
    static const std::map<S, std::map<E, S>> moves{
        {S::created,
         {{E::waiting, S::pending},
          {E::paid, S::paid},
          {E::refused, S::failed},
          {E::reversal_begun, S::reversing}}},
        {S::pending,
         {{E::paid, S::paid},
          {E::refused, S::failed},
          {E::reversal_begun, S::reversing},
          {E::given_up, S::manual_review},
          {E::expired, S::closed}}},
        {S::paid,
         {{E::reversal_begun, S::reversing},
          {E::refunded_in_part, S::partially_refunded},
          {E::refunded_in_full, S::refunded}}},
        {S::partially_refunded,
         {{E::refunded_in_part, S::partially_refunded}, {E::refunded_in_full, S::refunded}}},
        {S::reversing,
         {{E::reversal_proven, S::reversed},
          {E::nothing_to_reverse, S::closed},
          {E::reversal_refused, S::paid},
          {E::given_up, S::manual_review}}},
        {S::reversed, {{E::reversal_begun, S::reversing}}},
        {S::closed, {{E::reversal_begun, S::reversing}}},
        {S::failed, {{E::reversal_begun, S::reversing}}},
        {S::manual_review,
         {{E::reversal_begun, S::reversing},
          {E::reversal_proven, S::reversed},
          {E::decided_paid, S::paid},
          {E::decided_reversed, S::reversed},
          {E::decided_closed, S::closed},
          {E::decided_failed, S::failed}}},
    };
    return moves;
}

TEST(PaymentStates, EveryStateAndEventIsAsInTheDiagram) {
    for (std::size_t from = 0; from < payment_state_count; ++from) {
        for (std::size_t event = 0; event < payment_event_count; ++event) {
            const auto state = static_cast<S>(from);
            std::optional<S> expected;
            if (const auto row = diagram().find(state); row != diagram().end()) {
                const auto move = row->second.find(static_cast<E>(event));
                if (move != row->second.end()) expected = move->second;
            }
            EXPECT_EQ(next_state(state, static_cast<E>(event)), expected)
                << to_string(state) << " x " << event;
        }
    }
}

TEST(PaymentStates, PaidIsReachedOnlyBeforeAReversalOrByRefusalOrByAPerson) {
    for (std::size_t from = 0; from < payment_state_count; ++from) {
        for (std::size_t event = 0; event < payment_event_count; ++event) {
            if (next_state(static_cast<S>(from), static_cast<E>(event)) != S::paid) continue;
            const auto state = static_cast<S>(from);
            const bool is_first = state == S::created || state == S::pending;
            const bool is_refused = state == S::reversing && static_cast<E>(event) == E::reversal_refused;
            const bool is_decided = state == S::manual_review && static_cast<E>(event) == E::decided_paid;
            EXPECT_TRUE(is_first || is_refused || is_decided) << to_string(state) << " x " << event;
        }
    }
}

TEST(PaymentStates, EveryUnfinishedStateLeadsToAFinalOne) {
    for (std::size_t from = 0; from < payment_state_count; ++from) {
        if (is_final(static_cast<S>(from))) continue;
        bool is_left = false;
        for (std::size_t event = 0; event < payment_event_count; ++event) {
            const auto to = next_state(static_cast<S>(from), static_cast<E>(event));
            is_left = is_left || (to && is_final(*to));
        }
        EXPECT_TRUE(is_left) << to_string(static_cast<S>(from));
    }
}

TEST(PaymentStates, NamesAreDistinctAndWhole) {
    std::set<std::string_view> names;
    for (std::size_t state = 0; state < payment_state_count; ++state)
        names.insert(to_string(static_cast<S>(state)));
    EXPECT_EQ(names.size(), payment_state_count);
    EXPECT_FALSE(names.contains("?"));
}

}  // namespace
}  // namespace huitong::payments
