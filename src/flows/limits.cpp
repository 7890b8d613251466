#include "flows/limits.hpp"

#include <algorithm>

#include "flows/audit.hpp"
#include "flows/operators.hpp"

namespace huitong::flows {

using core::Code;
using core::fail;
using ports::Limit;
using ports::LimitKind;
using ports::Operator;
using ports::Tx;

namespace {

constexpr std::int64_t most_fen = 1'000'000'000'000;

bool is_bound(const std::optional<core::Money>& bound) {
    if (!bound) return true;
    return bound->currency() == core::Currency::CNY && bound->minor() >= 1 && bound->minor() <= most_fen;
}

// The limit of that subject as it stands, without bounds when there is none.
core::Result<Limit> find_limit(Tx& tx, LimitKind kind, const std::string& subject) {
    ports::LimitSubjects subjects;
    switch (kind) {
        case LimitKind::merchant:
            if (!tx.directory().find_merchant(subject)) return fail(Code::not_found, "no_merchant");
            subjects.merchant_sn = subject;
            break;
        case LimitKind::store: {
            const auto store = tx.directory().find_store(subject);
            if (!store) return fail(Code::not_found, "no_store");
            subjects.merchant_sn = store->merchant_sn;
            subjects.store_sn = subject;
            break;
        }
        case LimitKind::terminal: {
            const auto view = tx.directory().find_terminal(subject);
            if (!view) return fail(Code::not_found, "no_terminal");
            subjects.merchant_sn = view->terminal.merchant_sn;
            subjects.terminal_sn = subject;
            break;
        }
    }
    for (Limit& limit : tx.limits().find(subjects)) {
        if (limit.kind == kind && limit.subject == subject) return std::move(limit);
    }
    return Limit{.kind = kind,
                 .subject = subject,
                 .merchant_sn = subjects.merchant_sn,
                 .per_payment = std::nullopt,
                 .per_day = std::nullopt};
}

std::string describe(const Limit& limit) {
    const auto text = [](const std::optional<core::Money>& bound) {
        return bound ? core::to_string(*bound) : std::string("none");
    };
    return "per payment " + text(limit.per_payment) + ", per day " + text(limit.per_day);
}

AuditAct act_of(const Operator& by, std::string what, const Limit& limit, std::string detail) {
    return {.actor = by.name,
            .act = std::move(what),
            .subject = std::string(ports::to_string(limit.kind)) + " " + limit.subject,
            .detail = std::move(detail)};
}

}  // namespace

task::Task<Limit> Desk::set_limit(Operator by, LimitChange change) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    if ((!change.per_payment && !change.per_day) || !is_bound(change.per_payment) ||
        !is_bound(change.per_day))
        co_return fail(Code::invalid, "bad_limit", "per payment, per day or both, 1 to 1000000000000 fen");
    const core::Instant now = time_.now();
    co_return co_await store_.write([by, change, now](Tx& tx) -> core::Result<Limit> {
        auto limit = find_limit(tx, change.kind, change.subject);
        if (!limit) return limit;
        if (change.per_payment) limit->per_payment = change.per_payment;
        if (change.per_day) limit->per_day = change.per_day;
        tx.limits().set(*limit);
        append_audit(tx, act_of(by, "limit.set", *limit, describe(*limit)), now);
        return limit;
    });
}

task::Task<void> Desk::remove_limit(Operator by, LimitKind kind, std::string subject) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    co_return co_await store_.write([by, kind, subject, now](Tx& tx) -> core::Result<void> {
        auto limit = find_limit(tx, kind, subject);
        if (!limit) return std::unexpected(std::move(limit.error()));
        if (!limit->per_payment && !limit->per_day) return fail(Code::not_found, "no_limit");
        append_audit(tx, act_of(by, "limit.remove", *limit, "was " + describe(*limit)), now);
        limit->per_payment.reset();
        limit->per_day.reset();
        tx.limits().set(*limit);
        return {};
    });
}

task::Task<void> Desk::resend_notification(Operator by, core::PaymentSn payment, int ordinal) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    co_return co_await store_.write([by, payment, ordinal, now](Tx& tx) -> core::Result<void> {
        const auto told = tx.notifications().find(payment, ordinal);
        if (!told) return fail(Code::not_found, "no_notification");
        tx.notifications().send_again(*told, now);
        append_audit(tx,
                     {.actor = by.name,
                      .act = "notification.resend",
                      .subject = payment.text() + " " + std::to_string(ordinal),
                      .detail = told->url},
                     now);
        return {};
    });
}

task::Task<void> Desk::acknowledge_alert(Operator by, std::string id) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    auto done = co_await store_.write([by, id, now](Tx& tx) -> core::Result<void> {
        tx.alerts().acknowledge(id, by.name, now);
        append_audit(tx, {.actor = by.name, .act = "alert.acknowledge", .subject = id, .detail = {}}, now);
        return {};
    });
    const bool is_unknown = !done && done.error().reason == "not_found";
    if (is_unknown) co_return fail(Code::not_found, "no_alert", "none of that id is open");
    co_return done;
}

}  // namespace huitong::flows
