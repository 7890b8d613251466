#include "flows/operators.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "flows/audit.hpp"

namespace huitong::flows {

using core::Code;
using core::fail;
using ports::Operator;
using ports::Role;

namespace {

constexpr std::size_t key_length = 32;

bool is_operator_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    };
    return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, is_allowed);
}

// An approver confirms what others propose, so nobody else may make one for himself.
bool may_make_approver(const Operator& by, const std::vector<Operator>& all) {
    const auto is_approver = [](const Operator& person) {
        return person.is_active && person.role == Role::approver;
    };
    return by.role == Role::approver || std::ranges::none_of(all, is_approver);
}

}  // namespace

bool may_act(Role role) {
    return role != Role::auditor;
}

bool may_see_exchanges(Role role) {
    return role != Role::auditor;
}

core::Result<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::operator_, Role::approver, Role::auditor}) {
        if (text == ports::to_string(role)) return role;
    }
    return fail(Code::invalid, "bad_role", "operator, approver or auditor");
}

Operators::Operators(ports::StorePort& store, task::Time& time, core::Random& random)
    : store_(store), time_(time), random_(random) {}

task::Task<Operators::Created> Operators::create(std::optional<Operator> by, std::string name, Role role) {
    if (!is_operator_name(name)) {
        co_return fail(Code::invalid, "bad_name", "1 to 32 of a-z 0-9 - _ .");
    }
    if (by && !may_act(by->role)) co_return fail(Code::denied, "may_only_read");
    const std::string key = random_.hex(key_length);
    const Operator person{.name = name, .role = role, .key_hash = crypto::sha256_hex(key), .is_active = true};
    const core::Instant now = time_.now();
    const auto done = co_await store_.write([=](ports::Tx& tx) -> core::Result<void> {
        const auto all = tx.directory().list_operators({});
        if (by && role == Role::approver && !may_make_approver(*by, all))
            return fail(Code::denied, "approver_needed");
        if (!by) {
            if (!all.empty()) return fail(Code::denied, "operator_needed");
            if (!may_act(role))
                return fail(Code::invalid, "first_must_act", "the first operator creates the others");
        }
        tx.directory().insert(person);
        append_audit(tx,
                     {.actor = by ? by->name : "console owner",
                      .act = "operator.create",
                      .subject = person.name,
                      .detail = std::string(ports::to_string(role))},
                     now);
        return {};
    });
    if (!done) co_return std::unexpected(done.error());
    co_return Created{.person = person, .key = core::Secret(key)};
}

task::Task<Operator> Operators::authenticate(std::string name, core::Secret key) {
    const std::string hash = crypto::sha256_hex(key.reveal());
    co_return co_await store_.read([name = std::move(name), hash](ports::Tx& tx) -> core::Result<Operator> {
        const auto person = tx.directory().find_operator(name);
        // Of a name that nobody has a key is compared as well, so that it takes as long.
        const bool has_key =
            crypto::equal_constant_time(person ? person->key_hash : std::string(hash.size(), '-'), hash);
        if (!person || !person->is_active || !has_key) return fail(Code::denied, "bad_operator");
        return *person;
    });
}

task::Task<void> Operators::set_active(Operator by, std::string name, bool is_active) {
    if (!may_act(by.role)) co_return fail(Code::denied, "may_only_read");
    const core::Instant now = time_.now();
    co_return co_await store_.write([=](ports::Tx& tx) -> core::Result<void> {
        const auto person = tx.directory().find_operator(name);
        if (!person) return fail(Code::not_found, "no_such_operator");
        const auto all = tx.directory().list_operators({});
        if (is_active && person->role == Role::approver && !may_make_approver(by, all))
            return fail(Code::denied, "approver_needed");
        const bool has_other = std::ranges::any_of(all, [&](const Operator& other) {
            return other.name != name && other.is_active && may_act(other.role);
        });
        if (!is_active && !has_other) return fail(Code::conflict, "last_operator");
        tx.directory().set_active("operator", name, is_active);
        append_audit(tx,
                     {.actor = by.name,
                      .act = is_active ? "operator.enable" : "operator.disable",
                      .subject = name,
                      .detail = {}},
                     now);
        return {};
    });
}

}  // namespace huitong::flows
