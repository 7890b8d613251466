#include "api/notify/routes.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace huitong::api::notify {

namespace {

constexpr std::string_view root = "/notify/";

struct Target {
    payments::ChannelKind channel;
    std::string account_id;
};

std::optional<Target> target_of(std::string_view path) {
    path.remove_prefix(root.size());
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view name = path.substr(0, slash);
    for (const auto channel : {payments::ChannelKind::wechat, payments::ChannelKind::alipay}) {
        if (name == payments::to_string(channel)) return Target{channel, std::string(path.substr(slash + 1))};
    }
    return std::nullopt;
}

ports::RawNotice raw_of(net::Request request) {
    ports::RawNotice raw;
    for (const net::Header& header : request.headers.all()) {
        std::string name = header.name;
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        raw.headers.emplace_back(std::move(name), header.value);
    }
    raw.body = std::move(request.body);
    return raw;
}

task::Awaitable<net::Response> serve(std::shared_ptr<const TakeNotice> take_notice, net::Request request) {
    if (request.method != "POST") {
        net::Response response = net::make_response(405, "text/plain", "fail");
        response.headers.set("Allow", "POST");
        co_return response;
    }
    auto target = target_of(request.path());
    if (!target) co_return net::make_response(404, "text/plain", "fail");
    auto reply =
        co_await (*take_notice)(target->channel, std::move(target->account_id), raw_of(std::move(request)));
    co_return net::make_response(reply.status, reply.content_type, std::move(reply.body));
}

}  // namespace

bool is_mine(std::string_view path) {
    return path.starts_with(root);
}

net::Handler make_handler(TakeNotice take_notice) {
    return [shared = std::make_shared<const TakeNotice>(std::move(take_notice))](net::Request request) {
        return serve(shared, std::move(request));
    };
}

}  // namespace huitong::api::notify
