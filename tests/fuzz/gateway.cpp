// Fuzz target: requests of the WAP gateway, through its real handler over faked stories. The input is the
// method and path, and who signs ("terminal", "previous", "stranger", or nobody), each on a line of its own,
// then the query as it is, to which the signature is appended. Nothing is begun and no browser is sent
// anywhere without a good signature; whatever is shown is a page of ours with one script, and no key.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "api/gateway/routes.hpp"
#include "codec/form.hpp"
#include "codec/json.hpp"
#include "crypto/digest.hpp"
#include "property.hpp"

namespace {

using namespace huitong;
using namespace huitong::fuzz;
using payments::Aggregate;

constexpr std::string_view terminal_sn = "100042000000000001";
constexpr std::string_view merchant_sn = "1680000000001";
const std::string terminal_key(32, 'a');
const std::string previous_key(32, 'b');
constexpr core::Instant now = core::from_us(1'700'000'000'000'000);

class FixedClock final : public core::Clock {
  public:
    [[nodiscard]] core::Instant now() const override { return ::now; }
};

template <class T>
task::Task<T> give(core::Result<T> result) {
    co_return result;
}

struct Stage {
    unsigned shape = 0;  // from the input: what is found, and in which state
    int launches = 0;
};
Stage stage;

task::Task<ports::TerminalView> find_terminal(std::string sn) {
    if (sn != terminal_sn)
        return give(core::Result<ports::TerminalView>(core::fail(core::Code::not_found, "no_terminal")));
    ports::TerminalView view;
    view.terminal.sn = terminal_sn;
    view.terminal.merchant_sn = merchant_sn;
    view.terminal.current_key = core::Secret(terminal_key);
    view.terminal.previous_key = core::Secret(previous_key);
    return give(core::Result<ports::TerminalView>(std::move(view)));
}

Aggregate order() {
    Aggregate made;
    payments::Payment& payment = made.payment;
    payment.sn = {7'842'000'000'000'001};
    payment.terminal_sn = terminal_sn;
    payment.client_sn = "A1";
    payment.subject = "<script>&\"'";
    payment.amount = core::fen(1);
    payment.product = payments::Product::wap;
    payment.channel = static_cast<payments::ChannelKind>(stage.shape / 4 % 2);
    payment.state = static_cast<payments::PaymentState>(stage.shape / 8 % 10);
    payment.expires_at = now + std::chrono::minutes(4);
    payment.launch = "https://pay.example/begin";
    made.operations.emplace_back();
    return made;
}

task::Task<Aggregate> find(const std::string& merchant, const std::string&) {
    require(merchant == merchant_sn, "nobody looks into another merchant");
    if (stage.shape % 4 == 0 || (stage.shape % 4 == 1 && stage.launches == 0))
        return give(core::Result<Aggregate>(core::fail(core::Code::not_found, "no_payment")));
    return give(core::Result<Aggregate>(order()));
}

task::Task<Aggregate> launch(flows::LaunchCommand command) {
    ++stage.launches;
    require(command.order.amount.minor() > 0, "an order has an amount");
    require(!command.order.client_sn.empty() && command.order.client_sn.size() <= 32, "and its number");
    require(command.order.terminal_sn == terminal_sn, "and is the terminal's who signed");
    require(!command.order.subject.empty() && codec::is_utf8(command.order.subject), "and has a subject");
    require(command.return_url.starts_with("https://gateway.example/gateway/order?"), "wallets lead here");
    if (stage.shape % 4 == 0)
        return give(core::Result<Aggregate>(core::fail(core::Code::limit, "store_day_limit")));
    return give(core::Result<Aggregate>(order()));
}

net::Handler make_face() {
    static const FixedClock clock;
    api::gateway::Services services;
    services.clock = &clock;
    services.public_url = "https://gateway.example";
    services.stories = {.find_terminal = find_terminal,
                        .find_channels =
                            [](const std::string&) {
                                using payments::ChannelKind;
                                return give(core::Result<std::vector<ChannelKind>>(
                                    {ChannelKind::wechat, ChannelKind::alipay}));
                            },
                        .launch = launch,
                        .find = find};
    return api::gateway::make_handler(std::move(services));
}

// The rule of spec/upay 2.3, written apart from api/gateway.
std::string sign(std::string_view query, std::string_view key) {
    auto fields = codec::parse_form(query).value_or(codec::FormFields{});
    std::ranges::sort(fields);
    std::string text;
    for (const auto& [name, value] : fields) {
        if (name != "sign" && name != "sign_type") text += name + "=" + value + "&";
    }
    return crypto::md5_hex(text + "key=" + std::string(key));
}

std::string take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
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

int count(std::string_view text, std::string_view part) {
    int found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool has_key(std::string_view text) {
    return text.contains(terminal_key) || text.contains(previous_key);
}

// Whether the input holds a key itself: what is echoed has not leaked.
bool tells_key(std::string_view query) {
    const auto fields = codec::parse_form(query).value_or(codec::FormFields{});
    return has_key(query) || std::ranges::any_of(fields, [](const codec::FormField& field) {
               return has_key(field.first) || has_key(field.second);
           });
}

void check_answer(const net::Response& response, bool may_show_key) {
    for (const net::Header& header : response.headers.all()) {
        require(std::ranges::all_of(header.value, [](char c) { return c >= ' ' && c < 0x7F; }),
                "a header is printable ASCII");
        require(may_show_key || !has_key(header.value), "no key in a header");
    }
    require(may_show_key || !has_key(response.body), "no key in a page");
    if (!response.body.starts_with("<!DOCTYPE html>")) return;
    require(count(response.body, "<script") == 1, "one script in a page");
    require(count(response.body, "href=\"javascript:") == 0, "a link is an address");
    require(response.headers.find("Content-Security-Policy").has_value(), "a page has its policy");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = text_of(data, size);
    const std::string head = take_line(text);
    const std::string signer = take_line(text);
    const std::string query(text.substr(0, text.find_first_of("\r\n")));
    std::string sign_part;
    const bool is_signer = signer == "terminal" || signer == "previous";
    if (is_signer) sign_part = sign(query, signer == "terminal" ? terminal_key : previous_key);
    if (signer == "stranger") sign_part = sign(query, std::string(32, 'x'));
    net::Request request;
    request.method = head.substr(0, head.find(' '));
    const std::string path = head.substr(std::min(head.find(' ') + 1, head.size()));
    if (!api::gateway::is_mine(path) || path.contains('?')) return 0;
    request.target = path + "?" + query + (sign_part.empty() ? "" : "&sign=" + sign_part);
    stage = {};
    stage.shape = static_cast<unsigned char>(crypto::sha256(query)[0]);
    const net::Response response = send(std::move(request));
    check_answer(response, tells_key(query));
    require(stage.launches <= 1, "one request, one order");
    if (!is_signer) {
        require(stage.launches == 0, "nothing is begun without a good signature");
        require(!response.headers.find("Location"), "and nobody is sent anywhere");
    }
    return 0;
}
