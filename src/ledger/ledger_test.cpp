// Entries: who owes whom, what the fees take out of it, and that a reversal mirrors its payment exactly.
#include "ledger/ledger.hpp"

#include <gtest/gtest.h>

#include <map>

namespace huitong::ledger {
namespace {

using core::fen;

const core::PaymentSn sn{7'842'000'000'000'001};
const Parties parties{.channel_account = "wx-1", .merchant_sn = "M1"};
const core::Instant at = core::from_us(7);

Amounts amounts(std::int64_t gross, std::int64_t channel_fee = 0, std::int64_t merchant_fee = 0) {
    return {.gross = fen(gross), .channel_fee = fen(channel_fee), .merchant_fee = fen(merchant_fee)};
}

// Debits less credits by account.
std::map<std::string, std::int64_t> net_of(const std::vector<Entry>& entries) {
    std::map<std::string, std::int64_t> net;
    for (const Entry& entry : entries) {
        for (const Transfer& transfer : entry.transfers) {
            net[transfer.debit.text()] += transfer.amount.minor();
            net[transfer.credit.text()] -= transfer.amount.minor();
        }
    }
    return net;
}

TEST(Ledger, PaymentMakesTheChannelOweUsAndUsOweTheMerchant) {
    const Entry entry = make_payment_entry(sn, parties, amounts(1234), at);
    ASSERT_EQ(entry.transfers.size(), 1U);
    EXPECT_EQ(entry.payment, sn);
    EXPECT_EQ(entry.kind, EntryKind::payment);
    EXPECT_EQ(entry.ordinal, 1);
    EXPECT_EQ(entry.at, at);
    EXPECT_EQ(entry.transfers[0].debit.text(), "channel_receivable:wx-1");
    EXPECT_EQ(entry.transfers[0].credit.text(), "merchant_payable:M1");
    EXPECT_EQ(entry.transfers[0].amount, fen(1234));
}

TEST(Ledger, FeesComeOutOfWhatTheChannelAndThePlatformOwe) {
    const std::map<std::string, std::int64_t> wanted{{"channel_receivable:wx-1", 10'000 - 38},
                                                     {"merchant_payable:M1", -(10'000 - 60)},
                                                     {"fee_income:M1", -60},
                                                     {"channel_fee:wx-1", 38}};
    EXPECT_EQ(net_of({make_payment_entry(sn, parties, amounts(10'000, 38, 60), at)}), wanted);
}

TEST(Ledger, AFeeOfNothingIsNotWritten) {
    EXPECT_EQ(make_payment_entry(sn, parties, amounts(10, 0, 1), at).transfers.size(), 2U);
    EXPECT_EQ(make_payment_entry(sn, parties, amounts(10, 1, 0), at).transfers.size(), 2U);
    EXPECT_EQ(make_refund_entry(sn, 3, parties, amounts(10), at).transfers.size(), 1U);
}

TEST(Ledger, ReversalIsTheMirrorSoEveryAccountIsBackToZero) {
    const Entry payment = make_payment_entry(sn, parties, amounts(1234, 5, 7), at);
    const Entry reversal = make_reversal_entry(sn, parties, amounts(1234, 5, 7), core::from_us(8));
    EXPECT_EQ(reversal.kind, EntryKind::reversal);
    EXPECT_EQ(reversal.ordinal, 1);
    EXPECT_EQ(reversal.at, core::from_us(8));
    ASSERT_EQ(reversal.transfers.size(), payment.transfers.size());
    for (const auto& [account, minor] : net_of({payment, reversal})) EXPECT_EQ(minor, 0) << account;
    EXPECT_NE(to_string(payment.kind), to_string(reversal.kind));
}

TEST(Ledger, RefundGivesBackItsPartAndItsShareOfTheFees) {
    const Entry refund = make_refund_entry(sn, 4, parties, amounts(300, 1, 2), at);
    EXPECT_EQ(refund.kind, EntryKind::refund);
    EXPECT_EQ(refund.ordinal, 4);
    const std::map<std::string, std::int64_t> wanted{{"channel_receivable:wx-1", -(300 - 1)},
                                                     {"merchant_payable:M1", 300 - 2},
                                                     {"fee_income:M1", 2},
                                                     {"channel_fee:wx-1", -1}};
    EXPECT_EQ(net_of({refund}), wanted);
}

TEST(LedgerDeathTest, NothingIsNotATransfer) {
    EXPECT_DEATH((void)make_payment_entry(sn, parties, amounts(0), at), "more than nothing");
    EXPECT_DEATH((void)make_reversal_entry(sn, parties, amounts(-1), at), "more than nothing");
    EXPECT_DEATH((void)make_refund_entry(sn, 2, parties, amounts(0), at), "more than nothing");
}

}  // namespace
}  // namespace huitong::ledger
