// Routes of the control plane: one row per path and method.
#include "sim/control.hpp"

#include <algorithm>

#include "core/money.hpp"
#include "sim/control_views.hpp"

namespace huitong::sim {

namespace {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

constexpr std::int64_t default_limit = 1000;

struct Ask {
    Simulators& simulators;
    const net::Request& request;
    std::vector<std::string> path;  // segments after /_sim/, percent-decoded
    Json body;
};

using View = core::Result<Json>;

std::string percent_decode(std::string_view text) {
    const auto hex = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape =
            text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
        out += is_escape ? static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])) : text[i];
        if (is_escape) i += 2;
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        if (end > at) parts.push_back(std::string(text.substr(at, end - at)));
        at = end + 1;
    }
    return parts;
}

std::string query_value(const net::Request& request, std::string_view name) {
    for (const std::string& part : split(request.query(), '&')) {
        const std::size_t equals = std::min(part.find('='), part.size());
        if (part.substr(0, equals) == name)
            return percent_decode(std::string_view(part).substr(equals).substr(equals < part.size() ? 1 : 0));
    }
    return {};
}

core::Result<std::int64_t> query_count(const net::Request& request, std::string_view name,
                                       std::int64_t otherwise) {
    const std::string text = query_value(request, name);
    return text.empty() ? core::Result<std::int64_t>(otherwise) : core::parse_minor(text);
}

View get_clock(Ask& ask) {
    return view_clock(ask.simulators.clock());
}

View post_clock(Ask& ask) {
    if (auto changed = change_clock(ask.simulators.clock(), ask.body); !changed) {
        return std::unexpected(changed.error());
    }
    return view_clock(ask.simulators.clock());
}

View get_options(Ask& ask) {
    return view_options(ask.simulators.options());
}

View post_options(Ask& ask) {
    Options& options = ask.simulators.options();
    if (auto changed = change_options(options, ask.body); !changed) return std::unexpected(changed.error());
    ask.simulators.journal().set_limit(options.journal_limit);
    return view_options(options);
}

View get_faults(Ask& ask) {
    JsonArray faults;
    for (const Fault& fault : ask.simulators.faults().list()) faults.push_back(view_fault(fault));
    return JsonObject{{"faults", Json(std::move(faults))}};
}

View post_fault(Ask& ask) {
    auto fault = parse_fault(ask.simulators, ask.body);
    if (!fault) return std::unexpected(fault.error());
    Json view = view_fault(*fault);
    ask.simulators.add_fault(std::move(*fault));
    return view;
}

View delete_faults(Ask& ask) {
    ask.simulators.faults().clear();
    return get_faults(ask);
}

View get_journal(Ask& ask) {
    const std::string number = query_value(ask.request, "out_trade_no");
    const auto since = query_count(ask.request, "since", 0);
    const auto limit = query_count(ask.request, "limit", default_limit);
    if (!since || !limit) return core::fail(core::Code::invalid, "bad_query", "since, limit");
    JsonArray entries;
    for (const JournalEntry& entry : ask.simulators.journal().entries()) {
        if (entry.seq <= static_cast<std::uint64_t>(*since)) continue;
        if (!number.empty() && entry.out_trade_no != number) continue;
        if (static_cast<std::int64_t>(entries.size()) >= *limit) break;
        entries.push_back(view_entry(entry));
    }
    return JsonObject{{"entries", Json(std::move(entries))}};
}

View get_summary(Ask& ask) {
    return view_summary(ask.simulators);
}

View get_violations(Ask& ask) {
    JsonArray violations;
    for (const Violation& violation : ask.simulators.violations().all()) {
        violations.push_back(view_violation(violation));
    }
    return JsonObject{{"count", Json::number(static_cast<std::int64_t>(ask.simulators.violations().count()))},
                      {"violations", Json(std::move(violations))}};
}

View post_reset(Ask& ask) {
    ask.simulators.reset();
    return JsonObject{{"reset", Json(true)}};
}

core::Result<Service*> named_channel(Ask& ask) {
    Service* const channel = ask.simulators.find_channel(ask.path[1]);
    if (channel == nullptr) return core::fail(core::Code::not_found, "no_channel", ask.path[1]);
    return channel;
}

View get_orders(Ask& ask) {
    const auto channel = named_channel(ask);
    if (!channel) return std::unexpected(channel.error());
    const auto limit = query_count(ask.request, "limit", default_limit);
    const auto since = query_count(ask.request, "since", 0);
    if (!limit || !since) return core::fail(core::Code::invalid, "bad_query", "since, limit");
    JsonArray orders;
    std::int64_t skipped = 0;
    for (const Order& order : (*channel)->settled_orders()) {
        if (!order.is_known()) continue;
        if (skipped++ < *since) continue;
        if (static_cast<std::int64_t>(orders.size()) >= *limit) break;
        orders.push_back(view_order(order, **channel));
    }
    return JsonObject{{"orders", Json(std::move(orders))}};
}

// orders/<channel>/<number>, narrowed by ?mch_id= or ?app_id=.
core::Result<std::pair<Service*, Order*>> named_order(Ask& ask) {
    const auto channel = named_channel(ask);
    if (!channel) return std::unexpected(channel.error());
    const std::string account = query_value(ask.request, (*channel)->desk().profile().account_name);
    Order* const order = (*channel)->find_order(account, ask.path[2]);
    if (order == nullptr) return core::fail(core::Code::not_found, "no_order", ask.path[2]);
    return std::pair(*channel, order);
}

View get_order(Ask& ask) {
    const auto found = named_order(ask);
    if (!found) return std::unexpected(found.error());
    return view_order(*found->second, *found->first);
}

View post_order_act(Ask& ask) {
    const auto found = named_order(ask);
    if (!found) return std::unexpected(found.error());
    const auto [channel, order] = *found;
    const std::string& act = ask.path[3];
    core::Result<void> done = core::fail(core::Code::not_found, "no_act", act);
    if (act == "scan") done = channel->scan(*order);
    if (act == "pay") done = channel->pay(*order);
    if (act == "cancel") done = channel->cancel(*order);
    if (act == "wrong-password") done = channel->enter_wrong_password(*order);
    if (!done) return std::unexpected(done.error());
    return view_order(*order, *channel);
}

// {"as": "forged"} spoils it; no body: as it is.
View post_resend(Ask& ask) {
    const auto found = named_order(ask);
    if (!found) return std::unexpected(found.error());
    NoticeScript play;
    if (!ask.request.body.empty()) {
        const auto body = codec::parse_json(ask.request.body);
        const Json* const as = body ? body->find("as") : nullptr;
        if (as == nullptr || as->as_string() == nullptr) {
            return core::fail(core::Code::invalid, "bad_resend", "as");
        }
        const auto script = parse_notice_script(*as->as_string());
        if (!script || !script->is_spoiled()) return core::fail(core::Code::invalid, "bad_resend", "as");
        play = *script;
    }
    const auto sent = found->first->resend(*found->second, play);
    if (!sent) return std::unexpected(sent.error());
    return view_notice(**sent);
}

View get_wechat(Ask& ask) {
    return view_wechat(ask.simulators);
}

View post_wechat(Ask& ask) {
    if (auto changed = change_wechat(ask.simulators, ask.body); !changed) {
        return std::unexpected(changed.error());
    }
    return view_wechat(ask.simulators);
}

struct Route {
    std::string_view method;
    std::string_view path;  // "*" stands for any one segment
    View (*handle)(Ask&);
    bool has_body = false;
};

constexpr Route routes[] = {
    {"GET", "clock", get_clock},
    {"POST", "clock", post_clock, true},
    {"GET", "options", get_options},
    {"POST", "options", post_options, true},
    {"GET", "faults", get_faults},
    {"POST", "faults", post_fault, true},
    {"DELETE", "faults", delete_faults},
    {"GET", "journal", get_journal},
    {"GET", "summary", get_summary},
    {"GET", "violations", get_violations},
    {"POST", "reset", post_reset},
    {"GET", "orders/*", get_orders},
    {"GET", "orders/*/*", get_order},
    {"POST", "orders/*/*/*", post_order_act},
    {"POST", "notify/*/*/resend", post_resend},
    {"GET", "wechat", get_wechat},
    {"POST", "wechat", post_wechat, true},
};

bool matches(std::string_view pattern, const std::vector<std::string>& path) {
    const auto parts = split(pattern, '/');
    return std::ranges::equal(parts, path,
                              [](const auto& part, const auto& is) { return part == "*" || part == is; });
}

net::Response to_error(int status, std::string_view reason, std::string_view detail) {
    const JsonObject body{{"error", reason}, {"detail", detail}};
    return net::make_response(status, "application/json", codec::write_json(body) + "\n");
}

int status_of(core::Code code) {
    if (code == core::Code::not_found) return 404;
    return code == core::Code::conflict ? 409 : 400;
}

net::Response run(const Route& route, Ask& ask) {
    if (route.has_body) {
        auto body = codec::parse_json(ask.request.body);
        if (!body) return to_error(400, body.error().reason, body.error().detail);
        ask.body = std::move(*body);
    }
    const View view = route.handle(ask);
    if (!view) return to_error(status_of(view.error().code), view.error().reason, view.error().detail);
    return net::make_response(200, "application/json", codec::write_json(*view) + "\n");
}

}  // namespace

net::Response control(Simulators& simulators, const net::Request& request) {
    Ask ask{.simulators = simulators, .request = request, .path = {}, .body = {}};
    for (const std::string& part : split(request.path().substr(control_prefix.size()), '/')) {
        ask.path.push_back(percent_decode(part));
    }
    bool is_known_path = false;
    for (const Route& route : routes) {
        if (!matches(route.path, ask.path)) continue;
        if (route.method == request.method) return run(route, ask);
        is_known_path = true;
    }
    if (is_known_path) return to_error(405, "bad_method", request.method);
    return to_error(404, "no_such_path", request.path());
}

}  // namespace huitong::sim
