// Tables behind codes.hpp; a new code fails to compile until it has its row.
#include "api/upay/codes.hpp"

#include <array>

namespace huitong::api::upay {

namespace {

struct CodedRow {
    BizError error;
    BizRow row;
};

using enum BizError;
constexpr std::array biz_rows{
    CodedRow{none, {"", ""}},
    CodedRow{invalid_barcode, {"INVALID_BARCODE", "不合法的支付条码"}},
    CodedRow{expired_barcode, {"EXPIRED_BARCODE", "过期的支付条码"}},
    CodedRow{insufficient_fund, {"INSUFFICIENT_FUND", "账户金额不足"}},
    CodedRow{buyer_over_daily_limit, {"BUYER_OVER_DAILY_LIMIT", "付款人当日付款金额超过上限"}},
    CodedRow{buyer_over_transaction_limit, {"BUYER_OVER_TRANSACTION_LIMIT", "付款人单笔付款金额超过上限"}},
    CodedRow{seller_over_daily_limit, {"SELLER_OVER_DAILY_LIMIT", "收款账户当日收款金额超过上限"}},
    CodedRow{store_over_daily_limit, {"UPAY_STORE_OVER_DAILY_LIMIT", "商户日收款额超过上限"}},
    CodedRow{seller_balance_not_enough, {"SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"}},
    CodedRow{refund_amount_invalid, {"REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额无效"}},
    CodedRow{trade_failed, {"TRADE_FAILED", "交易失败"}},
    CodedRow{unexpected_provider, {"UNEXPECTED_PROVIDER_ERROR", "不认识的支付通道"}},
    CodedRow{trade_timeout, {"TRADE_TIMEOUT", "交易超时自动撤单"}},
    CodedRow{client_sn_conflict, {"CLIENT_SN_CONFLICT", "client_sn在系统中已存在"}},
    CodedRow{order_not_exists, {"UPAY_ORDER_NOT_EXISTS", "订单不存在"}},
    CodedRow{refundable_amount_not_enough, {"REFUNDABLE_AMOUNT_NOT_ENOUGH", "订单可退金额不足"}},
    CodedRow{refund_request_conflict, {"REFUND_REQUEST_CONFLICT", "重复的退款请求"}},
    CodedRow{terminal_status_abnormal, {"UPAY_TERMINAL_STATUS_ABNORMAL", "终端未激活"}},
    CodedRow{cancel_order_noop, {"UPAY_CANCEL_ORDER_NOOP", "无效操作，订单已经是撤单状态了"}},
    CodedRow{cancel_invalid_order_state, {"UPAY_CANCEL_INVALID_ORDER_STATE", "当前订单状态不可撤销"}},
    CodedRow{refund_order_noop, {"UPAY_REFUND_ORDER_NOOP", "无效操作，本次退款退款已经完成了"}},
    CodedRow{refund_invalid_order_state, {"UPAY_REFUND_INVALID_ORDER_STATE", "当前订单状态不可退款"}},
    CodedRow{order_not_refundable, {"UPAY_TCP_ORDER_NOT_REFUNDABLE", "订单参与了活动并且无法撤销"}},
};
static_assert(static_cast<std::size_t>(order_not_refundable) + 1 == biz_rows.size());
static_assert([] {
    for (std::size_t i = 0; i < biz_rows.size(); ++i) {
        if (biz_rows[i].error != static_cast<BizError>(i)) return false;
    }
    return true;
}());

}  // namespace

const OuterRow& row_of(OuterError error) {
    static constexpr OuterRow invalid_params{"400", "INVALID_PARAMS", "参数错误"};
    static constexpr OuterRow invalid_terminal{"400", "INVALID_TERMINAL", "终端错误"};
    static constexpr OuterRow illegal_sign{"400", "ILLEGAL_SIGN", "签名错误"};
    static constexpr OuterRow unknown{"500", "UNKNOWN_SYSTEM_ERROR", "未知的系统错误"};
    static constexpr OuterRow maintenance{"500", "MAINTENANCE_INPROGRESS", "服务端正在升级维护，稍候5分钟"};
    static constexpr OuterRow request_fail{"500", "REQUEST_FAIL", "业务繁忙，请稍后重试"};
    static constexpr OuterRow closed{"500", "PAY_STATUS_CLOSED", "商户收款权限被关闭，请联系您的客户经理"};
    static constexpr OuterRow external{"500", "EXTERNAL_SERVICE_EXCEPTION",
                                       "支付通道暂时不可用，本次没有扣款，请稍后重试"};
    switch (error) {
        case OuterError::invalid_params:
            return invalid_params;
        case OuterError::invalid_terminal:
            return invalid_terminal;
        case OuterError::illegal_sign:
            return illegal_sign;
        case OuterError::unknown_system_error:
            return unknown;
        case OuterError::maintenance:
            return maintenance;
        case OuterError::request_fail:
            return request_fail;
        case OuterError::pay_status_closed:
            return closed;
        case OuterError::external_service:
            return external;
    }
    return unknown;
}

const BizRow& row_of(BizError error) {
    return biz_rows[static_cast<std::size_t>(error)].row;
}

BizError pay_error_of(payments::Refusal refusal) {
    using payments::Refusal;
    switch (refusal) {
        case Refusal::code_expired:
            return BizError::expired_barcode;
        case Refusal::code_invalid:
            return BizError::invalid_barcode;
        case Refusal::insufficient_funds:
            return BizError::insufficient_fund;
        case Refusal::payer_limit:
            return BizError::buyer_over_daily_limit;
        case Refusal::payer_single_limit:
            return BizError::buyer_over_transaction_limit;
        case Refusal::seller_limit:
            return BizError::seller_over_daily_limit;
        case Refusal::not_sent_in_time:
            return BizError::trade_timeout;
        case Refusal::none:
        case Refusal::payer_account:
        case Refusal::merchant_funds:
        case Refusal::too_late:
        case Refusal::wrong_state:
        case Refusal::refund_amount:
        case Refusal::refund_closed:
        case Refusal::not_refundable:
        case Refusal::no_such_trade:
        case Refusal::trade_refused:
        case Refusal::number_used_up:
        case Refusal::configuration:
        case Refusal::rate_limited:
            return BizError::trade_failed;
    }
    return BizError::trade_failed;
}

BizError cancel_error_of(payments::Refusal refusal) {
    using payments::Refusal;
    if (refusal == Refusal::merchant_funds) return BizError::seller_balance_not_enough;
    if (refusal == Refusal::not_refundable) return BizError::order_not_refundable;
    return BizError::trade_failed;
}

BizError refund_error_of(payments::Refusal refusal) {
    if (refusal == payments::Refusal::refund_amount) return BizError::refund_amount_invalid;
    return cancel_error_of(refusal);
}

}  // namespace huitong::api::upay
