// Entries: who owes whom, and that a reversal mirrors its payment exactly.
#include "ledger/ledger.hpp"

#include <gtest/gtest.h>

namespace huitong::ledger {
namespace {

const core::PaymentSn sn{7'842'000'000'000'001};
const Parties parties{.channel_account = "wx-1", .merchant_sn = "M1"};

TEST(Ledger, PaymentMakesTheChannelOweUsAndUsOweTheMerchant) {
    const Entry entry = make_payment_entry(sn, parties, core::fen(1234), core::from_us(7));
    ASSERT_EQ(entry.transfers.size(), 1U);
    EXPECT_EQ(entry.payment, sn);
    EXPECT_EQ(entry.kind, EntryKind::payment);
    EXPECT_EQ(entry.ordinal, 1);
    EXPECT_EQ(entry.at, core::from_us(7));
    EXPECT_EQ(entry.transfers[0].debit.text(), "channel_receivable:wx-1");
    EXPECT_EQ(entry.transfers[0].credit.text(), "merchant_payable:M1");
    EXPECT_EQ(entry.transfers[0].amount, core::fen(1234));
}

TEST(Ledger, ReversalIsTheMirrorSoEveryAccountIsBackToZero) {
    const Entry payment = make_payment_entry(sn, parties, core::fen(1234), core::from_us(7));
    const Entry reversal = make_reversal_entry(sn, parties, core::fen(1234), core::from_us(8));
    EXPECT_EQ(reversal.kind, EntryKind::reversal);
    EXPECT_EQ(reversal.at, core::from_us(8));
    ASSERT_EQ(reversal.transfers.size(), payment.transfers.size());
    EXPECT_EQ(reversal.transfers[0].debit, payment.transfers[0].credit);
    EXPECT_EQ(reversal.transfers[0].credit, payment.transfers[0].debit);
    EXPECT_EQ(reversal.transfers[0].amount, payment.transfers[0].amount);
    EXPECT_NE(to_string(payment.kind), to_string(reversal.kind));
}

TEST(LedgerDeathTest, NothingIsNotATransfer) {
    EXPECT_DEATH((void)make_payment_entry(sn, parties, core::fen(0), core::from_us(7)), "more than nothing");
    EXPECT_DEATH((void)make_reversal_entry(sn, parties, core::fen(-1), core::from_us(7)),
                 "more than nothing");
}

}  // namespace
}  // namespace huitong::ledger
