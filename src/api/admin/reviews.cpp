// proposals: decisions that take a second person.
#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using ports::Proposal;

codec::JsonObject show_proposal(const Proposal& proposal) {
    return show(proposal);
}

task::Awaitable<Reply> list(const Services& services, Call call) {
    using Rows = std::vector<Proposal>;
    const std::size_t most = call.most();
    const ports::ReviewRepository::Filter filter{
        .only_open = !call.query.boolean("with_answered").value_or(false),
        .older_than = call.after(),
        .most = most + 1};
    const auto rows = co_await services.reader.read(
        [filter](ports::Tx& tx) -> core::Result<Rows> { return tx.reviews().list(filter); });
    if (!rows) co_return problem_of(rows.error());
    co_return list_answer(*rows, most, show_proposal, &Proposal::id);
}

task::Awaitable<Reply> find(const Services& services, Call call) {
    const auto row =
        co_await services.reader.read([id = call.path.front()](ports::Tx& tx) -> core::Result<Proposal> {
            auto found = tx.reviews().find(id);
            if (!found) return core::fail(core::Code::not_found, "no_proposal");
            return std::move(*found);
        });
    co_return reply(row, show_proposal);
}

task::Awaitable<Reply> confirm(const Services& services, Call call) {
    const auto done = co_await services.reviews.confirm(call.by, call.path.front());
    co_return reply(done, [](const flows::Decided& each) { return show(each); });
}

task::Awaitable<Reply> reject(const Services& services, Call call) {
    co_return reply(co_await services.reviews.reject(call.by, call.path.front(), call.body.text("reason")),
                    show_proposal);
}

task::Awaitable<Reply> withdraw(const Services& services, Call call) {
    co_return reply(co_await services.reviews.withdraw(call.by, call.path.front()), show_proposal);
}

constexpr Field list_query[] = {{.name = "with_answered",
                                 .type = Type::boolean,
                                 .about = "Those too that are not open any more",
                                 .example = "true"}};
constexpr Field reject_input[] = {{.name = "reason",
                                   .about = "Why",
                                   .example = "\"it is in the statement\"",
                                   .is_required = true,
                                   .least = 1,
                                   .most = 1000}};
const Schema reject_in{"RejectionInput", "Why it is rejected", reject_input};

using enum Needs;
const Route table[] = {
    {"GET", "/proposals", "listProposals", "Open ones, newest first", read, true, list_query, nullptr,
     &proposal_schema, 200, list},
    {"GET",
     "/proposals/{id}",
     "getProposal",
     "One proposal",
     read,
     false,
     {},
     nullptr,
     &proposal_schema,
     200,
     find},
    {"POST",
     "/proposals/{id}/confirm",
     "confirmProposal",
     "It takes effect; by an approver who did not propose it",
     approve,
     false,
     {},
     nullptr,
     &decided_schema,
     200,
     confirm},
    {"POST",
     "/proposals/{id}/reject",
     "rejectProposal",
     "By an approver who did not propose it",
     approve,
     false,
     {},
     &reject_in,
     &proposal_schema,
     200,
     reject},
    {"POST",
     "/proposals/{id}/withdraw",
     "withdrawProposal",
     "By whoever proposed it",
     act,
     false,
     {},
     nullptr,
     &proposal_schema,
     200,
     withdraw},
};

}  // namespace

std::span<const Route> review_routes() {
    return table;
}

}  // namespace huitong::api::admin
