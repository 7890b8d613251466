// What an endpoint of the admin API is given and the row that puts it on the wire. One row is all there is of
// an endpoint outside its function: matching, roles, the checks of its fields and the OpenAPI document follow
// from it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/admin/input.hpp"
#include "flows/audit.hpp"
#include "flows/decide.hpp"
#include "flows/ledger_check.hpp"
#include "flows/limits.hpp"
#include "flows/onboard.hpp"
#include "flows/records.hpp"
#include "flows/sign_in.hpp"

namespace huitong::api::admin {

// The stories this face tells. All outlive it.
struct Services {
    flows::SignIn& sign_in;
    flows::Operators& operators;
    flows::Onboard& onboard;
    flows::Desk& desk;
    flows::Reviews& reviews;
    flows::Reader reader;
    std::function<task::Task<flows::LedgerReport>()> verify_ledger;
    std::function<task::Task<flows::AuditReport>()> verify_audit;
    const core::Clock& clock;
    std::function<bool()> is_draining;  // none: never
    // Set while a verification reads the whole store: one at a time.
    std::shared_ptr<bool> is_verifying = std::make_shared<bool>(false);
};

struct Call {
    ports::Operator by;
    std::vector<std::string> path;  // what stands for the names in the route's path, in their order
    Input query;
    Input body;

    // Of lists.
    [[nodiscard]] std::size_t most() const {
        return static_cast<std::size_t>(query.integer("limit").value_or(100));
    }
    [[nodiscard]] std::string after() const { return query.text("after"); }
};

enum class Needs {
    read,     // any role
    act,      // operator or approver
    approve,  // approver
};

struct Route {
    std::string_view method;
    std::string_view path;  // below /admin/v1; "{name}" stands for one segment
    std::string_view id;    // operationId
    std::string_view about;
    Needs needs = Needs::read;
    bool is_list = false;               // answers {"items", "next"}, takes `limit` and `after`
    std::span<const Field> query = {};  // without those two
    const Schema* body = nullptr;       // none: no field is taken
    const Schema* answer = nullptr;     // of a list: one item; none: 204
    int status = 200;
    task::Awaitable<Reply> (*endpoint)(const Services&, Call);
};

// Each file of endpoints has a part of the table.
[[nodiscard]] std::span<const Route> directory_routes();
[[nodiscard]] std::span<const Route> account_routes();
[[nodiscard]] std::span<const Route> people_routes();
[[nodiscard]] std::span<const Route> limit_routes();
[[nodiscard]] std::span<const Route> payment_routes();
[[nodiscard]] std::span<const Route> review_routes();
[[nodiscard]] std::span<const Route> book_routes();
// The whole table, in the order of the document.
[[nodiscard]] const std::vector<Route>& routes();

inline constexpr std::string_view prefix = "/admin/v1";
// The names in a route's path.
[[nodiscard]] std::vector<std::string_view> path_names(std::string_view path);
// Of every name in a path: what it is, with an example.
[[nodiscard]] const Field& path_field(std::string_view name);
// The fields a query may have: `limit` and `after` of lists, and the route's own.
[[nodiscard]] std::vector<Field> query_fields(const Route& route);

// The page of a list: `rows` holds one more than `most` when there are more.
template <class Row, class Show, class Key>
codec::Json list_answer(const std::vector<Row>& rows, std::size_t most, Show show, Key key) {
    codec::JsonArray items;
    for (const Row& row : rows) {
        if (items.size() == most) break;
        items.emplace_back(show(row));
    }
    codec::Json next;
    if (rows.size() > most) next = codec::Json(std::string(std::invoke(key, rows[most - 1])));
    return codec::JsonObject{{"items", std::move(items)}, {"next", std::move(next)}};
}

// The answer of a story, shown.
template <class T, class Show>
Reply reply(const core::Result<T>& done, Show show) {
    if (!done) return problem_of(done.error());
    return codec::Json(show(*done));
}

}  // namespace huitong::api::admin
