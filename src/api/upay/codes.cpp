// Tables behind codes.hpp; a switch without default makes a new code fail to compile until it has its row.
#include "api/upay/codes.hpp"

namespace huitong::api::upay {

const OuterRow& row_of(OuterError error) {
    static constexpr OuterRow invalid_params{"400", "INVALID_PARAMS", "参数错误"};
    static constexpr OuterRow invalid_terminal{"400", "INVALID_TERMINAL", "终端错误"};
    static constexpr OuterRow illegal_sign{"400", "ILLEGAL_SIGN", "签名错误"};
    static constexpr OuterRow unknown{"500", "UNKNOWN_SYSTEM_ERROR", "未知的系统错误"};
    static constexpr OuterRow maintenance{"500", "MAINTENANCE_INPROGRESS", "服务端正在升级维护，稍候5分钟"};
    static constexpr OuterRow request_fail{"500", "REQUEST_FAIL", "业务繁忙，请稍后重试"};
    static constexpr OuterRow closed{"500", "PAY_STATUS_CLOSED", "商户收款权限被关闭，请联系您的客户经理"};
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
    }
    return unknown;
}

const BizRow& row_of(BizError error) {
    static constexpr BizRow none{"", ""};
    static constexpr BizRow invalid_barcode{"INVALID_BARCODE", "不合法的支付条码"};
    static constexpr BizRow expired_barcode{"EXPIRED_BARCODE", "过期的支付条码"};
    static constexpr BizRow insufficient_fund{"INSUFFICIENT_FUND", "账户金额不足"};
    static constexpr BizRow daily_limit{"BUYER_OVER_DAILY_LIMIT", "付款人当日付款金额超过上限"};
    static constexpr BizRow seller_balance{"SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足"};
    static constexpr BizRow trade_failed{"TRADE_FAILED", "交易失败"};
    static constexpr BizRow unexpected_provider{"UNEXPECTED_PROVIDER_ERROR", "不认识的支付通道"};
    static constexpr BizRow trade_timeout{"TRADE_TIMEOUT", "交易超时自动撤单"};
    static constexpr BizRow conflict{"CLIENT_SN_CONFLICT", "client_sn在系统中已存在"};
    static constexpr BizRow not_exists{"UPAY_ORDER_NOT_EXISTS", "订单不存在"};
    static constexpr BizRow terminal_status{"UPAY_TERMINAL_STATUS_ABNORMAL", "终端未激活"};
    static constexpr BizRow noop{"UPAY_CANCEL_ORDER_NOOP", "无效操作，订单已经是撤单状态了"};
    static constexpr BizRow invalid_state{"UPAY_CANCEL_INVALID_ORDER_STATE", "当前订单状态不可撤销"};
    switch (error) {
        case BizError::none:
            return none;
        case BizError::invalid_barcode:
            return invalid_barcode;
        case BizError::expired_barcode:
            return expired_barcode;
        case BizError::insufficient_fund:
            return insufficient_fund;
        case BizError::buyer_over_daily_limit:
            return daily_limit;
        case BizError::seller_balance_not_enough:
            return seller_balance;
        case BizError::trade_failed:
            return trade_failed;
        case BizError::unexpected_provider:
            return unexpected_provider;
        case BizError::trade_timeout:
            return trade_timeout;
        case BizError::client_sn_conflict:
            return conflict;
        case BizError::order_not_exists:
            return not_exists;
        case BizError::terminal_status_abnormal:
            return terminal_status;
        case BizError::cancel_order_noop:
            return noop;
        case BizError::cancel_invalid_order_state:
            return invalid_state;
    }
    return none;
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
        case Refusal::not_sent_in_time:
            return BizError::trade_timeout;
        case Refusal::none:
        case Refusal::payer_account:
        case Refusal::merchant_funds:
        case Refusal::too_late:
        case Refusal::wrong_state:
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
    return refusal == payments::Refusal::merchant_funds ? BizError::seller_balance_not_enough
                                                        : BizError::trade_failed;
}

}  // namespace huitong::api::upay
