// Which payments stand in the day's sums: from their creation until they come to nothing, once.
#include "flows/apply.hpp"

#include <gtest/gtest.h>

namespace huitong::flows {
namespace {

using payments::PaymentState;

payments::Payment payment_in(PaymentState state) {
    payments::Payment payment;
    payment.is_limited = true;
    payment.state = state;
    return payment;
}

TEST(Counted, UntilItComesToNothing) {
    for (const PaymentState state :
         {PaymentState::created, PaymentState::pending, PaymentState::paid, PaymentState::partially_refunded,
          PaymentState::refunded, PaymentState::reversing, PaymentState::manual_review})
        EXPECT_TRUE(is_counted(payment_in(state))) << payments::to_string(state);
    for (const PaymentState state : {PaymentState::failed, PaymentState::closed, PaymentState::reversed})
        EXPECT_FALSE(is_counted(payment_in(state))) << payments::to_string(state);
}

TEST(Counted, NotWithoutALimitAndNotAgainWhenItIsUndoneAgain) {
    payments::Payment unlimited = payment_in(PaymentState::paid);
    unlimited.is_limited = false;
    EXPECT_FALSE(is_counted(unlimited));
    payments::Payment reopened = payment_in(PaymentState::reversing);
    reopened.is_reopened = true;
    EXPECT_FALSE(is_counted(reopened));
}

}  // namespace
}  // namespace huitong::flows
