#include "simulate/forgery.hpp"

#include <algorithm>

namespace huitong::simulate {

namespace {

bool is_of_value(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.';
}

// The flat fields of an answer, changed where they stand.
class Answer {
  public:
    Answer(std::string_view side, std::string& body) : is_xml_(side == "wechat"), body_(body) {}

    [[nodiscard]] bool is_signed() const { return begin_of("sign") != std::string::npos; }
    [[nodiscard]] std::string get(std::string_view name) const {
        const auto begin = begin_of(name);
        return begin == std::string::npos ? std::string() : body_.substr(begin, end_from(begin) - begin);
    }
    void set(std::string_view name, std::string_view value) {
        const std::string field(name);
        if (const auto begin = begin_of(name); begin != std::string::npos) {
            body_.replace(begin, end_from(begin) - begin, value);
        } else if (is_xml_) {
            insert_before("</xml>", "<" + field + "><![CDATA[" + std::string(value) + "]]></" + field + ">");
        } else {
            insert_before("\"code\":", "\"" + field + "\":\"" + std::string(value) + "\",");
        }
    }
    // Of JSON, where it is not the first.
    void remove(std::string_view name) {
        const auto begin = begin_of(name);
        if (begin == std::string::npos) return;
        const auto comma = body_.rfind(",\"", begin);
        body_.erase(comma, end_from(begin) + 1 - comma);
    }

  private:
    [[nodiscard]] std::size_t begin_of(std::string_view name) const {
        const std::string field(name);
        const std::string mark = is_xml_ ? "<" + field + ">" : "\"" + field + "\":\"";
        const auto at = body_.find(mark);
        if (at == std::string::npos) return at;
        constexpr std::string_view cdata = "<![CDATA[";
        const auto begin = at + mark.size();
        const bool is_cdata = is_xml_ && std::string_view(body_).substr(begin).starts_with(cdata);
        return is_cdata ? begin + cdata.size() : begin;
    }
    [[nodiscard]] std::size_t end_from(std::size_t begin) const {
        return std::min(body_.find_first_of(is_xml_ ? "]<" : "\"", begin), body_.size());
    }
    void insert_before(std::string_view mark, const std::string& text) {
        if (const auto at = body_.find(mark); at != std::string::npos) body_.insert(at, text);
    }

    bool is_xml_;
    std::string& body_;
};

void say_paid_wechat(Answer& answer, const Seen& call) {
    answer.set("result_code", "SUCCESS");
    answer.set("out_trade_no", call.number);
    answer.set("transaction_id", "4200000001202603050000000001");
    answer.set("total_fee", call.amount);
    answer.set("time_end", "20260305120000");
}

void refuse_wechat(Answer& answer, std::string_view code) {
    answer.set("result_code", "FAIL");
    answer.set("err_code", code);
}

void forge_wechat(Answer& answer, const Seen& call, std::string_view state) {
    const bool is_success = answer.get("result_code") == "SUCCESS";
    if (call.op == "pay") {
        if (is_success) return refuse_wechat(answer, "NOTENOUGH");
        return say_paid_wechat(answer, call);
    }
    if (call.op == "query") {
        const bool is_paid = answer.get("trade_state") == "SUCCESS";
        say_paid_wechat(answer, call);
        return answer.set("trade_state", is_paid ? "CLOSED" : state);
    }
    if (call.op == "reverse") {
        const bool is_done = is_success && answer.get("recall") != "Y";
        answer.set("recall", "N");
        if (is_done) return refuse_wechat(answer, "REVERSE_EXPIRE");
        return answer.set("result_code", "SUCCESS");
    }
    if (call.op == "refund") {
        if (is_success) return refuse_wechat(answer, "NOTENOUGH");
        answer.set("result_code", "SUCCESS");
        answer.set("out_trade_no", call.number);
        answer.set("out_refund_no", call.refund_number);
        answer.set("refund_id", "50300008262026030500000000001");
        return answer.set("refund_fee", call.amount);
    }
    answer.set("result_code", "SUCCESS");
    answer.set("out_trade_no", call.number);
    answer.set("out_refund_no_0", call.refund_number);
    answer.set("refund_status_0", answer.get("refund_status_0") == "SUCCESS" ? "REFUNDCLOSE" : "SUCCESS");
}

void say_success_alipay(Answer& answer, const Seen& call) {
    answer.set("code", "10000");
    answer.remove("sub_code");
    answer.set("out_trade_no", call.number);
}

void say_paid_alipay(Answer& answer, const Seen& call, std::string_view time_name) {
    say_success_alipay(answer, call);
    answer.set("trade_no", "2026030522001400000000000001");
    answer.set("total_amount", call.amount);
    answer.set(time_name, "2026-03-05 12:00:00");
}

void refuse_alipay(Answer& answer, std::string_view sub_code) {
    answer.set("code", "40004");
    answer.set("sub_code", sub_code);
}

void forge_alipay(Answer& answer, const Seen& call, std::string_view state) {
    const bool is_success = answer.get("code") == "10000";
    if (call.op == "pay") {
        if (is_success) return refuse_alipay(answer, "ACQ.BUYER_BALANCE_NOT_ENOUGH");
        return say_paid_alipay(answer, call, "gmt_payment");
    }
    if (call.op == "query") {
        const bool is_paid = answer.get("trade_status") == "TRADE_SUCCESS";
        if (!is_paid && state == "SUCCESS") {
            say_paid_alipay(answer, call, "send_pay_date");
            return answer.set("trade_status", "TRADE_SUCCESS");
        }
        say_success_alipay(answer, call);
        answer.remove("send_pay_date");
        return answer.set("trade_status", "TRADE_CLOSED");
    }
    if (call.op == "reverse") {
        if (is_success && answer.get("retry_flag") == "N")
            return refuse_alipay(answer, "ACQ.TRADE_CANCEL_TIME_OUT");
        say_success_alipay(answer, call);
        answer.set("action", "close");
        return answer.set("retry_flag", "N");
    }
    if (call.op == "refund") {
        if (is_success && answer.get("fund_change") == "Y")
            return refuse_alipay(answer, "ACQ.SELLER_BALANCE_NOT_ENOUGH");
        say_success_alipay(answer, call);
        return answer.set("fund_change", "Y");
    }
    if (answer.get("refund_status") == "REFUND_SUCCESS") return refuse_alipay(answer, "ACQ.TRADE_NOT_EXIST");
    say_success_alipay(answer, call);
    answer.set("out_request_no", call.refund_number);
    answer.set("refund_amount", call.amount);
    answer.set("refund_status", "REFUND_SUCCESS");
}

}  // namespace

std::string value_after(std::string_view body, std::string_view name) {
    const auto at = body.find(name);
    if (at == body.npos) return {};
    std::string_view rest = body.substr(at + name.size());
    for (const std::string_view noise : {"%22%3A%22", "\":\"", "><![CDATA[", ">"}) {
        if (!rest.starts_with(noise)) continue;
        rest.remove_prefix(noise.size());
        break;
    }
    return {rest.begin(), std::ranges::find_if_not(rest, is_of_value)};
}

bool forge_answer(const Seen& call, std::string_view state, std::string& body) {
    Answer answer(call.side, body);
    if (!answer.is_signed()) return false;
    if (call.side == "wechat") {
        forge_wechat(answer, call, state);
    } else {
        forge_alipay(answer, call, state);
    }
    return true;
}

bool spoil_signature(std::string_view side, std::string& body) {
    Answer answer(side, body);
    std::string signature = answer.get("sign");
    if (signature.empty()) return false;
    signature[0] = signature[0] == 'A' ? 'B' : 'A';
    answer.set("sign", signature);
    return true;
}

}  // namespace huitong::simulate
