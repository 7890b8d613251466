// The wire's part of every simulated channel: how an answer is lost, late or damaged.
#include "sim/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace huitong::sim {

namespace {

constexpr core::Duration silence = std::chrono::seconds(60);
// An answer that comes later finds nobody listening.
constexpr core::Duration longest_patience = std::chrono::seconds(10);

auto find_field(auto& fields, std::string_view name) {
    return std::ranges::find(fields, name, [](const auto& field) -> std::string_view { return field.first; });
}

}  // namespace

std::string_view Outcome::get(std::string_view name) const {
    const auto found = find_field(fields, name);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

void Outcome::set(std::string_view name, std::string value) {
    const auto found = find_field(fields, name);
    if (found != fields.end()) found->second = std::move(value);
}

void Outcome::drop() {
    raw_body = std::string();
    delivery = net::Delivery::drop;
    is_certain = false;
}

void Outcome::fall_silent() {
    drop();
    delay = silence;
}

void Outcome::become_page(int http_status) {
    status = http_status;
    raw_body =
        fmt::format("<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>", http_status);
    is_certain = false;
}

bool Outcome::arrives() const {
    return is_certain && !has_bad_sign && !raw_body && delivery == net::Delivery::complete &&
           delay < longest_patience;
}

void apply_wire(Outcome& outcome, const Script& script) {
    switch (script.row->wire) {
        case Wire::plain:
        case Wire::held:
            break;
        case Wire::reset_before:
        case Wire::reset_after:
            outcome.drop();
            break;
        case Wire::bad_gateway:
            outcome.become_page(502);
            break;
        case Wire::late:
            outcome.delay = std::chrono::seconds(script.tt);
            break;
        case Wire::truncated:
            outcome.delivery = net::Delivery::truncate;
            break;
        case Wire::bad_sign:
            outcome.has_bad_sign = true;
            break;
    }
}

void apply_fault(Outcome& outcome, const Fault& fault) {
    switch (fault.action) {
        case FaultAction::reset_before:
        case FaultAction::http:
        case FaultAction::not_found:
        case FaultAction::code:
        case FaultAction::refund:
        case FaultAction::amount:
            break;
        case FaultAction::timeout:
            outcome.fall_silent();
            break;
        case FaultAction::reset_after:
            outcome.drop();
            break;
        case FaultAction::body:
            outcome.raw_body = fault.text;
            break;
        case FaultAction::delay:
            outcome.delay += std::chrono::milliseconds(fault.value);
            break;
        case FaultAction::badsign:
            outcome.has_bad_sign = true;
            break;
    }
}

}  // namespace huitong::sim
