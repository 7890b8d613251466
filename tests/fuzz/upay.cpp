// Fuzz target: requests of the upay face, through its real handler over faked stories. The input is the path,
// what signs it ("terminal", "previous", "vendor", "stranger", or a whole Authorization header), the
// X-Forwarded-For header, each on a line of its own, then the body. No story that moves money is told without
// a good signature and fields within their rules; every answer is an envelope of spec/upay 1.3 and shows no
// key.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "api/upay/routes.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;
using payments::Aggregate;

constexpr std::string_view terminal_sn = "100042000000000001";
constexpr std::string_view vendor_sn = "91000001";
constexpr std::string_view merchant_sn = "1680000000001";
const std::string terminal_key(32, 'a');
const std::string previous_key(32, 'b');
const std::string vendor_key(32, 'c');
constexpr core::Instant now = core::from_us(1'700'000'000'000'000);

class FixedClock final : public core::Clock {
  public:
    [[nodiscard]] core::Instant now() const override { return ::now; }
};

template <class T>
task::Task<T> give(core::Result<T> result) {
    co_return result;
}

// The stories as the face sees them. `shape`, from the input, chooses how they end.
struct Stage {
    unsigned shape = 0;
    int money_stories = 0;  // pay, cancel, refund
    int terminal_stories = 0;
    bool is_refunded = false;  // a story showed a refund as proven

    template <class T>
    task::Task<T> end(T value) {
        using core::Code;
        switch (shape % 8) {
            case 1:
                return give(core::Result<T>(core::fail(Code::conflict, "client_sn_taken")));
            case 2:
                return give(core::Result<T>(core::fail(Code::not_found, "no_payment")));
            case 3:
                return give(core::Result<T>(core::fail(Code::conflict, "not_cancellable")));
            case 4:
                return give(core::Result<T>(core::fail(Code::unknown_outcome, "store")));
            case 5:
                return give(core::Result<T>(core::fail(Code::conflict, "already_refunded")));
            default:
                return give(core::Result<T>(std::move(value)));
        }
    }

    [[nodiscard]] Aggregate order() const {
        Aggregate made;
        made.payment.sn = {7'842'000'000'000'001};
        made.payment.client_sn = "A1";
        made.payment.merchant_sn = merchant_sn;
        made.payment.terminal_sn = terminal_sn;
        made.payment.amount = core::fen(100 + shape);
        made.payment.state = static_cast<payments::PaymentState>(shape / 8 % 10);
        made.payment.deadline_at = now + std::chrono::seconds(30);
        made.operations.emplace_back();
        return made;
    }

    // The order with a refund of that number, in any state.
    [[nodiscard]] flows::FoundRefund refund(std::string request_no) {
        flows::FoundRefund found{.order = order(), .seq = 2};
        payments::Operation& operation = found.order.operations.emplace_back();
        operation.seq = found.seq;
        operation.kind = payments::OperationKind::refund;
        operation.state = static_cast<payments::OperationState>(shape / 8 % 6);
        operation.request_no = std::move(request_no);
        operation.amount = core::fen(1);
        is_refunded = operation.state == payments::OperationState::succeeded;
        return found;
    }
};

Stage stage;

task::Task<ports::TerminalView> find_terminal(std::string sn) {
    if (sn != terminal_sn) {
        return give(core::Result<ports::TerminalView>(core::fail(core::Code::not_found, "no_terminal")));
    }
    ports::TerminalView view;
    view.terminal.sn = terminal_sn;
    view.terminal.merchant_sn = merchant_sn;
    view.terminal.store_sn = "1580000000001";
    view.terminal.current_key = core::Secret(terminal_key);
    view.terminal.previous_key = core::Secret(previous_key);
    return give(core::Result<ports::TerminalView>(std::move(view)));
}

task::Task<ports::Vendor> find_vendor(std::string sn) {
    if (sn != vendor_sn) {
        return give(core::Result<ports::Vendor>(core::fail(core::Code::not_found, "no_vendor")));
    }
    return give(core::Result<ports::Vendor>(
        ports::Vendor{.sn = std::move(sn), .name = {}, .key = core::Secret(vendor_key)}));
}

Aggregate begin(const flows::OrderCommand& order) {
    ++stage.money_stories;
    require(order.amount.minor() > 0 && order.amount.currency() == core::Currency::CNY,
            "a payment has an amount");
    require(!order.client_sn.empty() && order.client_sn.size() <= 32, "a payment has its number");
    require(order.merchant_sn == merchant_sn && order.terminal_sn == terminal_sn,
            "a payment is the merchant's who signed");
    require(codec::is_utf8(order.subject) && !order.subject.empty(), "a payment has a subject");
    require(codec::utf8_length(order.reflect) <= 64, "reflect is short");
    require(order.notify_url.empty() || order.notify_url.contains("://"), "a notify_url has a scheme");
    require(order.wait_until > order.arrived_at, "a payment has time");
    Aggregate made = stage.order();
    made.payment.amount = order.amount;
    made.payment.client_sn = order.client_sn;
    made.payment.subject = order.subject;
    made.payment.reflect = order.reflect;
    made.payment.operator_name = order.operator_name;
    return made;
}

task::Task<Aggregate> pay(flows::PayCommand command) {
    require(!command.payment_code.empty() && command.payment_code.size() <= 4 * 32, "a payment has a code");
    return stage.end(begin(command.order));
}

task::Task<Aggregate> launch(flows::LaunchCommand command) {
    require(command.product != payments::Product::barcode, "a payer begins in a way of his own");
    Aggregate made = begin(command.order);
    made.payment.product = command.product;
    if (stage.shape % 2 == 0) made.payment.launch = "weixin://wxpay/bizpayurl?pr=1";
    return stage.end(std::move(made));
}

task::Task<Aggregate> cancel(flows::CancelCommand command) {
    ++stage.money_stories;
    require(command.sn.value > 0, "a cancel names a payment that was found");
    return stage.end(stage.order());
}

task::Task<Aggregate> find(std::string merchant, std::string sn, std::string client_sn) {
    require(merchant == merchant_sn, "nobody looks into another merchant");
    require(!sn.empty() || !client_sn.empty(), "a search has a number");
    if (stage.shape % 8 == 2) {
        return give(core::Result<Aggregate>(core::fail(core::Code::not_found, "no_payment")));
    }
    return give(core::Result<Aggregate>(stage.order()));
}

task::Task<flows::FoundRefund> refund(flows::RefundCommand command) {
    ++stage.money_stories;
    require(command.sn.value > 0, "a refund names a payment that was found");
    require(command.amount.minor() > 0 && command.amount.currency() == core::Currency::CNY,
            "a refund has an amount");
    require(!command.request_no.empty() && command.request_no.size() <= 20, "a refund has its number");
    require(command.terminal_sn == terminal_sn, "a refund is the terminal's who signed");
    return stage.end(stage.refund(command.request_no));
}

task::Task<flows::FoundRefund> find_refund(std::string merchant, std::string, std::string,
                                           std::string request_no) {
    require(merchant == merchant_sn, "nobody looks into another merchant");
    require(!request_no.empty(), "a search for a refund has its number");
    return stage.end(stage.refund(std::move(request_no)));
}

net::Handler make_face() {
    static const FixedClock clock;
    api::upay::Services services;
    services.clock = &clock;
    services.stories.find_vendor = find_vendor;
    services.stories.find_terminal = find_terminal;
    services.stories.activate = [](flows::ActivateCommand command) {
        ++stage.terminal_stories;
        require(command.vendor_sn == vendor_sn, "an activation is the vendor's who signed");
        return find_terminal(std::string(terminal_sn));
    };
    services.stories.checkin = [](flows::CheckinCommand) {
        ++stage.terminal_stories;
        return find_terminal(std::string(terminal_sn));
    };
    services.stories.pay = pay;
    services.stories.launch = launch;
    services.stories.cancel = cancel;
    services.stories.find = find;
    services.stories.refund = refund;
    services.stories.find_for_refund = find;
    services.stories.find_refund = find_refund;
    return api::upay::make_handler(std::move(services));
}

std::string take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

net::Request read_request(std::string_view text) {
    net::Request request;
    request.target = take_line(text);
    std::string authorization = take_line(text);
    request.headers.set("X-Forwarded-For", take_line(text));
    request.body = text;
    request.peer_ip = "10.0.0.9";
    const auto sign = [&](std::string_view sn, std::string_view key) {
        return std::string(sn) + " " + crypto::md5_hex(request.body, key);
    };
    if (authorization == "terminal") authorization = sign(terminal_sn, terminal_key);
    if (authorization == "previous") authorization = sign(terminal_sn, previous_key);
    if (authorization == "stranger") authorization = sign(terminal_sn, "x");
    if (authorization == "vendor") authorization = sign(vendor_sn, vendor_key);
    request.headers.set("Authorization", std::move(authorization));
    return request;
}

net::Response send(net::Request request) {
    static const net::Handler face = make_face();
    static boost::asio::io_context io;
    net::Response response;
    response.status = 0;
    boost::asio::co_spawn(io, face(std::move(request)), [&](std::exception_ptr failure, net::Response got) {
        require(failure == nullptr, "no exception leaves the face");
        response = std::move(got);
    });
    io.restart();
    io.run();
    return response;
}

// Whether a key of ours signed the body: written apart from api/upay/auth.
bool is_signed(const net::Request& request, bool by_terminal) {
    const std::string header(request.headers.find("Authorization").value_or(""));
    const auto has = [&](std::string_view sn, std::string_view key) {
        return header.contains(sn) && crypto::to_lower(header).contains(crypto::md5_hex(request.body, key));
    };
    if (!by_terminal) return has(vendor_sn, vendor_key);
    return has(terminal_sn, terminal_key) || has(terminal_sn, previous_key);
}

void check_envelope(const net::Response& response, bool is_terminal_path) {
    require(response.status == 200 || response.status == 404 || response.status == 405,
            "one of three statuses");
    const auto body = codec::parse_json(response.body);
    require(body && body->as_object() != nullptr, "an answer is a JSON object");
    const auto* code = body->find("result_code");
    require(code != nullptr && code->as_string() != nullptr, "an answer has a result_code");
    const bool is_good = *code->as_string() == "200";
    require(is_good || *code->as_string() == "400" || *code->as_string() == "500", "200, 400 or 500");
    require(is_good == (body->find("biz_response") != nullptr), "biz_response exactly with 200");
    require(response.status == 200 || !is_good, "no success without HTTP 200");
    require(
        is_terminal_path || (!response.body.contains(terminal_key) && !response.body.contains(previous_key)),
        "no key in an answer");
    require(!response.body.contains(vendor_key), "no vendor key in an answer");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    net::Request request = read_request(text_of(data, size));
    stage = {};
    stage.shape = static_cast<unsigned char>(crypto::sha256(request.body)[0]);
    const bool is_json_object = [&] {
        const auto json = codec::parse_json(request.body);
        return json && json->as_object() != nullptr;
    }();
    const bool is_terminal_path = request.path().starts_with("/terminal/");
    const bool by_terminal = request.path() != "/terminal/activate";
    const bool is_good = is_json_object && is_signed(request, by_terminal);
    const bool is_picture = request.path() == "/upay/qrcode";
    const net::Response response = send(std::move(request));
    if (is_picture) {
        require(response.status == 405, "a picture is only got");
        return 0;
    }
    check_envelope(response, is_terminal_path);
    require(stage.money_stories == 0 || is_good, "no money moves without a good signature and a JSON object");
    require(stage.terminal_stories == 0 || is_good, "no terminal changes without a good signature");
    require(stage.money_stories + stage.terminal_stories <= 1, "one request, one story");
    require(stage.is_refunded || !response.body.contains("REFUND_SUCCESS"), "refunded only with proof");
    require(stage.money_stories == 0 || !is_terminal_path, "a terminal's own endpoints move no money");
    return 0;
}
