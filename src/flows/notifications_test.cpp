// When a notification is tried again, what counts as its confirmation, and which rows a change leaves.
#include "flows/notifications.hpp"

#include <gtest/gtest.h>

#include "flows/apply.hpp"

namespace huitong::flows {
namespace {

using namespace std::chrono_literals;

TEST(NotificationSchedule, FourWaitsThenAPerson) {
    EXPECT_EQ(next_try_after(1), 1s);
    EXPECT_EQ(next_try_after(2), 5s);
    EXPECT_EQ(next_try_after(3), 30s);
    EXPECT_EQ(next_try_after(4), 600s);
    EXPECT_EQ(next_try_after(5), std::nullopt);
    EXPECT_EQ(next_try_after(60), std::nullopt);
}

TEST(NotificationAnswer, IsSuccessAndNothingElse) {
    for (const char* const body : {"success", "SUCCESS", "Success\r\n", " \tsuccess \n"}) {
        EXPECT_TRUE(is_confirmed({.status = 200, .body = body})) << body;
        EXPECT_TRUE(is_confirmed({.status = 204, .body = body})) << body;
    }
    for (const char* const body : {"", " ", "ok", "fail", "successful", "\"success\"", "success success",
                                   "{\"result\":\"success\"}", "succes"})
        EXPECT_FALSE(is_confirmed({.status = 200, .body = body})) << body;
    for (const int status : {100, 199, 300, 301, 302, 307, 400, 404, 500, 503})
        EXPECT_FALSE(is_confirmed({.status = status, .body = "success"})) << status;
}

TEST(NotificationReceiver, IsSchemeHostAndPort) {
    EXPECT_EQ(receiver_of("http://a.example:81/x?y"), "http://a.example:81");
    EXPECT_EQ(receiver_of("https://a.example?y"), "https://a.example");
    EXPECT_EQ(receiver_of("https://a.example"), "https://a.example");
}

TEST(NotificationsOfAChange, HaveOrdinalsOfTheirOwnAndAreDueAtItsTime) {
    payments::Change change;
    payments::Payment& payment = change.after.payment;
    payment.sn = {7'842'000'000'000'001};
    payment.version = 5;
    payment.terminal_sn = "100042000000000001";
    payment.notify_url = "http://a.example/n";
    payment.notify_flags = payments::notify_refunded | payments::notify_sn_prefixed;
    change.moves = {{payments::PaymentState::pending, payments::PaymentEvent::paid},
                    {payments::PaymentState::paid, payments::PaymentEvent::refunded_in_full}};
    change.timeline = {{.at = core::from_us(7), .happening = {}, .finding = {}, .exchange = {}}};
    const auto rows = notifications_of(change);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].ordinal, 80);
    EXPECT_EQ(rows[1].ordinal, 81);
    EXPECT_EQ(rows[0].event, payments::NotifyEvent::paid);
    EXPECT_EQ(rows[1].event, payments::NotifyEvent::refunded);
    for (const ports::Notification& row : rows) {
        EXPECT_EQ(row.payment, payment.sn);
        EXPECT_EQ(row.url, "http://a.example/n");
        EXPECT_EQ(row.signed_as, "100042000000000001");
        EXPECT_EQ(row.created_at, core::from_us(7));
        EXPECT_EQ(row.next_at, core::from_us(7));
    }
    payment.notify_flags = 0;
    ASSERT_EQ(notifications_of(change).size(), 1U);
    EXPECT_EQ(notifications_of(change)[0].signed_as, "");
}

}  // namespace
}  // namespace huitong::flows
