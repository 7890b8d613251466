// The tables behind funding.hpp.
#include "api/upay/funding.hpp"

#include <algorithm>
#include <iterator>

namespace huitong::api::upay {

namespace {

struct FundingRow {
    std::string_view fund_channel;
    std::string_view type;
};

// Alipay's fund channels, and the kinds of card behind BANKCARD.
constexpr FundingRow alipay_rows[] = {
    {"ALIPAYACCOUNT", "WALLET_ALIPAY"},
    {"MONEYFUND", "WALLET_ALIPAY_FINANCE"},
    {"FINANCEACCOUNT", "WALLET_ALIPAY_FINANCE"},
    {"PCREDIT", "ALIPAY_HUABEI"},
    {"POINT", "ALIPAY_POINT"},
    {"BANKCARD", "BANKCARD_DEBIT"},
    {"DEBIT_CARD", "BANKCARD_DEBIT"},
    {"DEBIT", "BANKCARD_DEBIT"},
    {"CREDIT_CARD", "BANKCARD_CREDIT"},
    {"CREDIT", "BANKCARD_CREDIT"},
    {"COUPON", "HONGBAO_CHANNEL"},
    {"DISCOUNT", "DISCOUNT_CHANNEL"},
    {"MCOUPON", "HONGBAO_CHANNEL_MCH"},
    {"MDISCOUNT", "DISCOUNT_CHANNEL_MCH"},
    {"PCARD", "CARD_PRE"},
    {"MCARD", "CARD_BALANCE"},
};

std::string_view alipay_type(std::string_view funding) {
    const auto* const row = std::ranges::find(alipay_rows, funding, &FundingRow::fund_channel);
    return row == std::end(alipay_rows) ? "WALLET_ALIPAY" : row->type;
}

// Bank types are "<BANK>_DEBIT" and "<BANK>_CREDIT"; the wallet's own are "CFT", "LQT", "OTHERS".
std::string_view wechat_type(std::string_view funding) {
    if (funding.ends_with("_DEBIT")) return "BANKCARD_DEBIT";
    if (funding.ends_with("_CREDIT")) return "BANKCARD_CREDIT";
    return "WALLET_WEIXIN";
}

}  // namespace

std::string_view funding_type(payments::ChannelKind channel, std::string_view funding) {
    switch (channel) {
        case payments::ChannelKind::wechat:
            return wechat_type(funding);
        case payments::ChannelKind::alipay:
            return alipay_type(funding);
    }
    return {};
}

}  // namespace huitong::api::upay
