// The table of endpoints and rows 1 to 5 of spec/upay 5.0, which are the same for all of them.
#include "api/upay/routes.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "api/upay/auth.hpp"
#include "api/upay/endpoint.hpp"
#include "api/upay/envelope.hpp"
#include "api/upay/fields.hpp"

namespace huitong::api::upay {

namespace {

enum class Signer { vendor, terminal };

struct Route {
    std::string_view path;
    Signer signer;
    task::Awaitable<std::string> (*endpoint)(const Services&, Call);
    bool takes_bytes = false;  // the body is no JSON
};

constexpr std::array<Route, 9> routes{{
    {"/terminal/activate", Signer::vendor, activate},
    {"/terminal/checkin", Signer::terminal, checkin},
    {"/terminal/uploadLog", Signer::terminal, upload_log, true},
    {"/upay/v2/pay", Signer::terminal, pay},
    {"/upay/v2/precreate", Signer::terminal, precreate},
    {"/upay/v2/query", Signer::terminal, query},
    {"/upay/v2/refund", Signer::terminal, refund},
    {"/upay/v2/cancel", Signer::terminal, cancel},
    {"/upay/v2/revoke", Signer::terminal, cancel},
}};

net::Response answer(int status, std::string body) {
    return net::make_response(status, "application/json;charset=UTF-8", std::move(body));
}

std::string signer_failure(const core::Error& error) {
    if (error.code == core::Code::not_found) return outer_error(OuterError::invalid_terminal);
    return story_failure(error);
}

// Rows 2 and 3. The signer is put into `call`; what comes back is the refusal, empty when there is none.
task::Awaitable<std::string> authenticate_vendor(const Services& services, const std::string& body,
                                                 Authorization claimed, Call& call) {
    auto vendor = co_await services.stories.find_vendor(claimed.sn);
    if (!vendor) co_return signer_failure(vendor.error());
    if (match_key(body, claimed.sign, vendor->key, {}) == KeyMatch::none) {
        co_return outer_error(OuterError::illegal_sign);
    }
    if (!vendor->is_active) co_return outer_error(OuterError::invalid_terminal, "服务商已停用");
    call.vendor = std::move(*vendor);
    co_return std::string{};
}

task::Awaitable<std::string> authenticate_terminal(const Services& services, const std::string& body,
                                                   Authorization claimed, Call& call) {
    auto view = co_await services.stories.find_terminal(claimed.sn);
    if (!view) co_return signer_failure(view.error());
    const ports::Terminal& terminal = view->terminal;
    const KeyMatch match = match_key(body, claimed.sign, terminal.current_key, terminal.previous_key);
    if (match == KeyMatch::none) co_return outer_error(OuterError::illegal_sign);
    call.used_previous_key = match == KeyMatch::previous;
    call.terminal = std::move(*view);
    co_return std::string{};
}

task::Awaitable<std::string> serve_route(const Services& services, const Route& route, net::Request request) {
    Call call;
    call.arrived_at = services.clock->now();
    call.terminal_ip = client_ip_of(request);
    if (services.is_draining && services.is_draining()) co_return outer_error(OuterError::maintenance);

    auto claimed = parse_authorization(request.headers.find("Authorization").value_or(std::string_view{}));
    if (!claimed) co_return outer_error(OuterError::illegal_sign);
    const auto authenticate = route.signer == Signer::vendor ? authenticate_vendor : authenticate_terminal;
    std::string refusal = co_await authenticate(services, request.body, std::move(*claimed), call);
    if (!refusal.empty()) co_return refusal;

    if (route.takes_bytes) {
        call.raw_body = std::move(request.body);
        co_return co_await route.endpoint(services, std::move(call));
    }
    auto body = parse_body(request.body);
    if (!body) co_return params_failure(body.error());
    call.body = std::move(*body);
    if (route.signer == Signer::terminal) {
        Fields fields(call.body);
        if (fields.text("terminal_sn", {.most = 64}) != call.terminal.terminal.sn) {
            co_return outer_error(OuterError::invalid_terminal, "terminal_sn与签名的终端不一致");
        }
    }
    co_return co_await route.endpoint(services, std::move(call));
}

task::Awaitable<net::Response> serve(std::shared_ptr<const Services> services, net::Request request) {
    if (request.path() == "/upay/qrcode") co_return qr_image(request);
    if (request.path() == "/upay/v2/public_key") co_return public_key(*services, request);
    const auto route = std::ranges::find(routes, request.path(), &Route::path);
    if (route == routes.end()) co_return answer(404, outer_error(OuterError::invalid_params, "接口不存在"));
    if (request.method != "POST") {
        net::Response response = answer(405, outer_error(OuterError::invalid_params, "请使用POST方法"));
        response.headers.set("Allow", "POST");
        co_return response;
    }
    co_return answer(200, co_await serve_route(*services, *route, std::move(request)));
}

}  // namespace

net::Handler make_handler(Services services) {
    return [shared = std::make_shared<const Services>(std::move(services))](net::Request request) {
        return serve(shared, std::move(request));
    };
}

}  // namespace huitong::api::upay
