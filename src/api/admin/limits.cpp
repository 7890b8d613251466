// limits: what a merchant, a store or a terminal may receive, per payment and per UTC+8 day; one resource for
// each that has any.
#include <algorithm>

#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using flows::UsedLimit;
using ports::LimitKind;

std::string key_of(const UsedLimit& each) {
    return std::string(ports::to_string(each.limit.kind)) + " " + each.limit.subject;
}

std::optional<LimitKind> parse_kind(std::string_view text) {
    for (const LimitKind kind : {LimitKind::terminal, LimitKind::store, LimitKind::merchant}) {
        if (ports::to_string(kind) == text) return kind;
    }
    return std::nullopt;
}

std::unexpected<Problem> no_limit() {
    return std::unexpected(Problem{.status = 404, .code = "no_limit"});
}

task::Awaitable<Reply> list(const Services& services, Call call) {
    auto all = co_await flows::list_used_limits(services.reader, services.clock.now());
    if (!all) co_return problem_of(all.error());
    const auto is_before = [after = call.after()](const UsedLimit& each) { return key_of(each) <= after; };
    all->erase(all->begin(), std::ranges::find_if_not(*all, is_before));
    co_return list_answer(*all, call.most(), [](const UsedLimit& each) { return show(each); }, &key_of);
}

task::Awaitable<Reply> find(const Services& services, Call call) {
    const auto all = co_await flows::list_used_limits(services.reader, services.clock.now());
    if (!all) co_return problem_of(all.error());
    const auto found = std::ranges::find(*all, call.path[0] + " " + call.path[1], key_of);
    if (found == all->end()) co_return no_limit();
    co_return codec::Json(show(*found));
}

task::Awaitable<Reply> set(const Services& services, Call call) {
    const auto kind = parse_kind(call.path[0]);
    if (!kind) co_return no_limit();
    const auto done =
        co_await services.desk.set_limit(call.by, {.kind = *kind,
                                                   .subject = call.path[1],
                                                   .per_payment = call.body.money("per_payment"),
                                                   .per_day = call.body.money("per_day")});
    if (!done) co_return problem_of(done.error());
    co_return co_await find(services, std::move(call));
}

task::Awaitable<Reply> remove(const Services& services, Call call) {
    const auto kind = parse_kind(call.path[0]);
    if (!kind) co_return no_limit();
    const auto done = co_await services.desk.remove_limit(call.by, *kind, call.path[1]);
    if (!done) co_return problem_of(done.error());
    co_return codec::Json();
}

constexpr Field limit_input[] = {
    {.name = "per_payment", .type = Type::money, .about = "In CNY; left out: as it is"},
    {.name = "per_day",
     .type = Type::money,
     .about = "In CNY; left out: as it is. Of the day so far it knows what another limit counted"},
};
const Schema limit_in{"LimitInput", "One bound or both", limit_input};

using enum Needs;
const Route table[] = {
    {"GET",
     "/limits",
     "listLimits",
     "With what was counted today",
     read,
     true,
     {},
     nullptr,
     &used_limit_schema,
     200,
     list},
    {"GET",
     "/limits/{kind}/{subject}",
     "getLimit",
     "Of one merchant, store or terminal",
     read,
     false,
     {},
     nullptr,
     &used_limit_schema,
     200,
     find},
    {"PATCH",
     "/limits/{kind}/{subject}",
     "setLimit",
     "Sets the bounds that are given",
     act,
     false,
     {},
     &limit_in,
     &used_limit_schema,
     200,
     set},
    {"DELETE",
     "/limits/{kind}/{subject}",
     "removeLimit",
     "Both bounds",
     act,
     false,
     {},
     nullptr,
     nullptr,
     204,
     remove},
};

}  // namespace

std::span<const Route> limit_routes() {
    return table;
}

}  // namespace huitong::api::admin
