// Matching, authentication, roles and the checks that are the same for every endpoint, in this order: path
// 404, method 405, draining 503, operator 401 or 429, role 403, type and size of the body 415 and 413, fields
// 400.
#include "api/admin/routes.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "codec/form.hpp"
#include "core/assert.hpp"

namespace huitong::api::admin {

namespace {

constexpr std::size_t most_body = 256 << 10;

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    for (std::size_t from = 0; from < path.size();) {
        const std::size_t end = std::min(path.find('/', from + 1), path.size());
        segments.push_back(path.substr(from + 1, end - from - 1));
        from = end;
    }
    return segments;
}

bool is_name(std::string_view segment) {
    return segment.starts_with('{');
}

// What stands for the names; none: another path.
std::optional<std::vector<std::string>> match(std::string_view pattern,
                                              const std::vector<std::string_view>& path) {
    const auto wanted = segments_of(pattern);
    if (wanted.size() != path.size()) return std::nullopt;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!is_name(wanted[i])) {
            if (wanted[i] != path[i]) return std::nullopt;
            continue;
        }
        // Read as the one value of a form, in which only '+' is another thing.
        std::string escaped = "v=";
        for (const char c : path[i]) escaped += c == '+' ? std::string("%2B") : std::string(1, c);
        const auto form = codec::parse_form(escaped);
        if (!form || form->size() != 1) return std::nullopt;
        std::string value = form->front().second;
        if (value.empty() || value.size() > most_text || !is_clean(value, false)) return std::nullopt;
        values.push_back(std::move(value));
    }
    return values;
}

struct Matched {
    const Route* route = nullptr;
    std::vector<std::string> path;
    std::string allowed;  // methods of that path
};

Matched find_route(std::string_view method, std::string_view whole_path) {
    const auto path = segments_of(whole_path.substr(prefix.size()));
    Matched matched;
    for (const Route& route : routes()) {
        auto values = match(route.path, path);
        if (!values) continue;
        matched.allowed += (matched.allowed.empty() ? "" : ", ") + std::string(route.method);
        if (route.method != method || matched.route != nullptr) continue;
        matched.route = &route;
        matched.path = std::move(*values);
    }
    return matched;
}

task::Awaitable<std::expected<ports::Operator, Problem>> authenticate(const Services& services,
                                                                      const net::Request& request) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view said = request.headers.find("Authorization").value_or(std::string_view{});
    const auto colon = said.find(':');
    const bool is_form = said.starts_with(scheme) && colon != std::string_view::npos && said.size() <= 300;
    if (!is_form)
        co_return std::unexpected(Problem{.status = 401,
                                          .code = "not_signed_in",
                                          .detail = "Authorization: Bearer NAME:KEY, of an operator"});
    std::string name(said.substr(scheme.size(), colon - scheme.size()));
    core::Secret key{std::string(said.substr(colon + 1))};
    if (!is_clean(name, false)) co_return std::unexpected(Problem{.status = 401, .code = "bad_operator"});
    auto person = co_await services.sign_in.check(name, std::move(key), request.peer_ip);
    if (person) co_return std::move(*person);
    auto problem = problem_of(person.error());
    if (problem.error().code == "bad_operator") problem.error().status = 401;
    problem.error().retry_after = services.sign_in.pause_of(name, request.peer_ip);
    co_return problem;
}

bool may(Needs needs, ports::Role role) {
    switch (needs) {
        case Needs::read:
            return true;
        case Needs::act:
            return flows::may_act(role);
        case Needs::approve:
            return role == ports::Role::approver;
    }
    return false;
}

bool is_json(const net::Request& request) {
    std::string type(request.headers.find("Content-Type").value_or(std::string_view{}));
    type.resize(std::min(type.find(';'), type.size()));
    while (type.ends_with(' ')) type.pop_back();
    std::ranges::transform(type, type.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return type == "application/json";
}

task::Awaitable<Reply> answer(const Services& services, const Route& route, std::vector<std::string> path,
                              const net::Request& request) {
    if (services.is_draining && services.is_draining())
        co_return std::unexpected(Problem{.status = 503, .code = "stopping"});
    auto person = co_await authenticate(services, request);
    if (!person) co_return std::unexpected(std::move(person.error()));
    if (!may(route.needs, person->role))
        co_return std::unexpected(Problem{
            .status = 403, .code = route.needs == Needs::approve ? "approver_needed" : "may_only_read"});
    if (!request.body.empty() && !is_json(request))
        co_return std::unexpected(
            Problem{.status = 415, .code = "not_json", .detail = "Content-Type: application/json"});
    if (request.body.size() > most_body)
        co_return std::unexpected(Problem{.status = 413, .code = "body_too_large"});
    auto query = read_query(query_fields(route), request.query());
    if (!query) co_return std::unexpected(std::move(query.error()));
    auto body = read_body(route.body ? route.body->fields : std::span<const Field>{}, request.body);
    if (!body) co_return std::unexpected(std::move(body.error()));
    co_return co_await route.endpoint(services, Call{.by = std::move(*person),
                                                     .path = std::move(path),
                                                     .query = std::move(*query),
                                                     .body = std::move(*body)});
}

task::Awaitable<net::Response> serve(std::shared_ptr<const Services> services, net::Request request) {
    Matched matched;
    if (is_mine(request.path())) matched = find_route(request.method, request.path());
    net::Response response;
    if (matched.allowed.empty()) {
        response = to_response({.status = 404, .code = "no_such_path"});
    } else if (matched.route == nullptr) {
        response = to_response({.status = 405, .code = "no_such_method"});
        response.headers.set("Allow", matched.allowed);
    } else {
        const Route& route = *matched.route;
        const Reply reply = co_await answer(*services, route, std::move(matched.path), request);
        const std::string text = reply && route.answer ? codec::write_json(*reply) : std::string();
        response =
            reply ? net::make_response(route.status, "application/json", text) : to_response(reply.error());
    }
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

constexpr Field page_fields[] = {
    {.name = "limit",
     .type = Type::integer,
     .about = "How many at most; 100 unless said",
     .example = "100",
     .least = 1,
     .most = 1000},
    {.name = "after", .about = "`next` of the page before", .example = "\"1680000000001\"", .least = 1},
};

constexpr Field names_in_paths[] = {
    {.name = "vendor_sn", .about = "Number of a vendor", .example = "\"91800001\""},
    {.name = "app_id", .about = "Number of an application", .example = "\"2024030500000001\""},
    {.name = "merchant_sn", .about = "Number of a merchant", .example = "\"1680000000001\""},
    {.name = "store_sn", .about = "Number of a store", .example = "\"1700000000002\""},
    {.name = "terminal_sn", .about = "Number of a terminal", .example = "\"100042000000000001\""},
    {.name = "code", .about = "An activation code", .example = "\"12345678\""},
    {.name = "id", .about = "Its id", .example = "\"wx-main\""},
    {.name = "kind", .about = "merchant, store or terminal", .example = "\"merchant\""},
    {.name = "subject", .about = "Number of the merchant, store or terminal", .example = "\"1680000000001\""},
    {.name = "name", .about = "Name of an operator", .example = "\"alice\""},
    {.name = "sn", .about = "Number of a payment", .example = "\"7842000000000001\""},
    {.name = "request_no", .about = "The merchant's number of a refund", .example = "\"r1\""},
};

}  // namespace

bool is_mine(std::string_view path) {
    return path == prefix || path.starts_with(std::string(prefix) + "/");
}

const std::vector<Route>& routes() {
    static const std::vector<Route> all = [] {
        std::vector<Route> table;
        for (const auto part : {directory_routes(), account_routes(), limit_routes(), people_routes(),
                                payment_routes(), review_routes(), book_routes()})
            table.insert(table.end(), part.begin(), part.end());
        return table;
    }();
    return all;
}

std::vector<std::string_view> path_names(std::string_view path) {
    std::vector<std::string_view> names;
    for (const std::string_view segment : segments_of(path)) {
        if (is_name(segment)) names.push_back(segment.substr(1, segment.size() - 2));
    }
    return names;
}

const Field& path_field(std::string_view name) {
    const auto* const found = std::ranges::find(names_in_paths, name, &Field::name);
    HUITONG_ASSERT(found != std::end(names_in_paths), "a name in a path that the table does not know");
    return *found;
}

std::vector<Field> query_fields(const Route& route) {
    std::vector<Field> fields(route.query.begin(), route.query.end());
    if (route.is_list) fields.insert(fields.end(), std::begin(page_fields), std::end(page_fields));
    return fields;
}

net::Handler make_handler(Services services) {
    return [shared = std::make_shared<const Services>(std::move(services))](net::Request request) {
        return serve(shared, std::move(request));
    };
}

}  // namespace huitong::api::admin
