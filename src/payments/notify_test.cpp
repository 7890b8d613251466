// Which changes are told, and to whom: by the moves the rules make.
#include "payments/notify.hpp"

#include <gtest/gtest.h>

#include "payments/test_support.hpp"

namespace huitong::payments {
namespace {

constexpr int all = notify_canceled | notify_refunded;

std::string told(Change change, int flags = all, std::string url = "http://merchant.example") {
    change.after.payment.notify_url = std::move(url);
    change.after.payment.notify_flags = flags;
    std::string text;
    for (const NotifyEvent event : notify_events(change))
        text += (text.empty() ? "" : " ") + std::string(to_string(event));
    return text;
}

Change after(std::vector<Move> moves) {
    Change change;
    change.moves = std::move(moves);
    return change;
}

TEST(Notify, PaidIsToldOfEveryWayToBePaid) {
    using E = PaymentEvent;
    using S = PaymentState;
    for (const Move& move :
         {Move{S::created, E::paid}, Move{S::pending, E::paid}, Move{S::reversing, E::reversal_refused},
          Move{S::manual_review, E::decided_paid}})
        EXPECT_EQ(told(after({move}), 0), "paid");
    const auto change = on_pay_answer(test_intent(), {.seq = 1, .attempt = 1}, pay_done(), test_start, {});
    ASSERT_TRUE(change);
    EXPECT_EQ(told(*change, 0), "paid");
}

TEST(Notify, PaidIsToldOnce) {
    Change back = after({{PaymentState::reversing, PaymentEvent::reversal_refused}});
    back.after.payment.was_paid_before_reversal = true;
    EXPECT_EQ(told(back), "");
}

TEST(Notify, TheRestOnlyWhenAskedFor) {
    using E = PaymentEvent;
    using S = PaymentState;
    for (const Move& move : {Move{S::created, E::refused}, Move{S::reversing, E::reversal_proven},
                             Move{S::reversing, E::nothing_to_reverse}, Move{S::pending, E::expired},
                             Move{S::manual_review, E::decided_failed}}) {
        EXPECT_EQ(told(after({move}), notify_canceled), "canceled");
        EXPECT_EQ(told(after({move}), notify_refunded), "");
    }
    for (const Move& move :
         {Move{S::paid, E::refunded_in_part}, Move{S::partially_refunded, E::refunded_in_part},
          Move{S::partially_refunded, E::refunded_in_full}}) {
        EXPECT_EQ(told(after({move}), notify_refunded), "refunded");
        EXPECT_EQ(told(after({move}), notify_canceled), "");
    }
    EXPECT_EQ(told(after({{S::pending, E::paid}, {S::paid, E::refunded_in_full}})), "paid refunded");
}

TEST(Notify, NothingWithoutAnAddressAndNothingThatTheMerchantDoesNotSee) {
    using E = PaymentEvent;
    using S = PaymentState;
    EXPECT_EQ(told(after({{S::pending, E::paid}}), all, ""), "");
    for (const Move& move :
         {Move{S::created, E::waiting}, Move{S::paid, E::reversal_begun}, Move{S::reversing, E::given_up}})
        EXPECT_EQ(told(after({move})), "");
    Change unseen = after({{S::reversing, E::reversal_proven}});
    unseen.after.payment.is_reopened = true;
    EXPECT_EQ(told(unseen), "");
    EXPECT_EQ(told(after({})), "");
}

}  // namespace
}  // namespace huitong::payments
