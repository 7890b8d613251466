// operators, and whoever asks.
#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using ports::Operator;

task::Awaitable<Reply> list(const Services& services, Call call) {
    using Rows = std::vector<Operator>;
    const std::size_t most = call.most();
    const ports::Page page{.after = call.after(), .most = most + 1};
    const auto rows = co_await services.reader.read(
        [page](ports::Tx& tx) -> core::Result<Rows> { return tx.directory().list_operators(page); });
    if (!rows) co_return problem_of(rows.error());
    co_return list_answer(*rows, most, [](const Operator& row) { return show(row); }, &Operator::name);
}

task::Awaitable<Reply> find(const Services& services, Call call) {
    const auto row =
        co_await services.reader.read([name = call.path.front()](ports::Tx& tx) -> core::Result<Operator> {
            auto found = tx.directory().find_operator(name);
            if (!found) return core::fail(core::Code::not_found, "no_such_operator");
            return std::move(*found);
        });
    co_return reply(row, [](const Operator& person) { return show(person); });
}

task::Awaitable<Reply> create(const Services& services, Call call) {
    const auto role = flows::parse_role(call.body.text("role"));
    if (!role) co_return problem_of(role.error());
    const auto made = co_await services.operators.create(call.by, call.body.text("name"), *role);
    co_return reply(made, [](const flows::Operators::Created& created) { return show_new(created); });
}

task::Awaitable<Reply> change(const Services& services, Call call) {
    const auto done =
        co_await services.operators.set_active(call.by, call.path.front(), *call.body.boolean("is_active"));
    if (!done) co_return problem_of(done.error());
    co_return co_await find(services, std::move(call));
}

task::Awaitable<Reply> who_am_i(const Services&, Call call) {
    co_return codec::Json(show(call.by));
}

constexpr Field operator_input[] = {
    {.name = "name", .about = "1 to 32 of a-z 0-9 - _ .", .example = "\"alice\"", .is_required = true},
    {.name = "role",
     .about = "An auditor reads only; an approver also confirms",
     .example = "\"operator\"",
     .is_required = true,
     .choices = "operator|approver|auditor"},
};
const Schema operator_in{"OperatorInput", "A new operator", operator_input};

using enum Needs;
const Route table[] = {
    {"GET", "/me", "whoAmI", "Who asks", read, false, {}, nullptr, &operator_schema, 200, who_am_i},
    {"GET",
     "/operators",
     "listOperators",
     "People who run the platform",
     read,
     true,
     {},
     nullptr,
     &operator_schema,
     200,
     list},
    {"POST",
     "/operators",
     "createOperator",
     "The only answer with the key; while there is an approver, only an approver makes another",
     act,
     false,
     {},
     &operator_in,
     &new_operator_schema,
     201,
     create},
    {"GET",
     "/operators/{name}",
     "getOperator",
     "One operator",
     read,
     false,
     {},
     nullptr,
     &operator_schema,
     200,
     find},
    {"PATCH",
     "/operators/{name}",
     "changeOperator",
     "On or off",
     act,
     false,
     {},
     &switch_schema,
     &operator_schema,
     200,
     change},
};

}  // namespace

std::span<const Route> people_routes() {
    return table;
}

}  // namespace huitong::api::admin
