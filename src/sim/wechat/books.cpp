// Orders live in a deque in order of arrival; the index holds views into them, so a number is stored once.
#include "sim/wechat/books.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"
#include "core/money.hpp"

namespace huitong::sim::wechat {

namespace {

constexpr std::string_view transaction_prefix = "4200000001";
constexpr core::Duration auto_revoke_after = std::chrono::seconds(45);

struct Key {
    std::array<char, 34> bytes{};
    std::size_t size = 0;
    [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};

Key make_key(std::size_t merchant, std::string_view number) {
    HUITONG_ASSERT(number.size() <= 32 && merchant < 65'536, "checked before");
    Key key;
    key.bytes[0] = static_cast<char>(merchant >> 8);
    key.bytes[1] = static_cast<char>(merchant & 0xFF);
    std::memcpy(key.bytes.data() + 2, number.data(), number.size());
    key.size = number.size() + 2;
    return key;
}

// 18 digits fit.
std::uint64_t code_value(std::string_view auth_code) {
    std::uint64_t value = 0;
    for (const char c : auth_code) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
}

std::int32_t beijing_day(core::Instant t) {
    const auto days = std::chrono::floor<std::chrono::days>(t + std::chrono::hours(8));
    return static_cast<std::int32_t>(days.time_since_epoch().count());
}

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::absent:
            return "ABSENT";
        case State::paying:
            return "USERPAYING";
        case State::paid:
            return "SUCCESS";
        case State::payerror:
            return "PAYERROR";
        case State::revoked:
            return "REVOKED";
    }
    return "";
}

std::size_t Order::merchant() const {
    return static_cast<std::size_t>(static_cast<std::uint8_t>(key[0])) << 8 |
           static_cast<std::uint8_t>(key[1]);
}

Order& Books::open(std::size_t merchant, std::string_view number) {
    const Key key = make_key(merchant, number);
    if (const auto found = by_key_.find(key.view()); found != by_key_.end()) return *found->second;
    Order& order = orders_.emplace_back();
    order.key = key.bytes;
    order.key_size = static_cast<std::uint8_t>(key.size);
    order.serial = static_cast<std::uint32_t>(orders_.size() - 1);
    by_key_.emplace(std::string_view(order.key.data(), order.key_size), &order);
    return order;
}

Order* Books::find(std::size_t merchant, std::string_view number) {
    if (number.size() > 32) return nullptr;
    const auto found = by_key_.find(make_key(merchant, number).view());
    return found == by_key_.end() ? nullptr : found->second;
}

Order* Books::find_transaction(std::size_t merchant, std::string_view transaction_id) {
    if (transaction_id.size() != 28) return nullptr;
    const auto serial = core::parse_minor(transaction_id.substr(18));
    if (!serial || *serial < 1 || *serial > static_cast<std::int64_t>(orders_.size())) return nullptr;
    Order& order = orders_[static_cast<std::size_t>(*serial - 1)];
    const bool is_it =
        order.merchant() == merchant && order.was_paid() && Books::transaction_id(order) == transaction_id;
    return is_it ? &order : nullptr;
}

std::string Books::transaction_id(const Order& order) {
    return fmt::format("{}{}{:010}", transaction_prefix, core::to_beijing_compact(order.paid_at).substr(0, 8),
                       order.serial + 1ULL);
}

void Books::settle(Order& order, core::Instant now, bool auto_revoke) {
    if (order.state != State::paying) return;
    const core::Instant revoke_at = order.created_at + auto_revoke_after;
    if (auto_revoke && revoke_at <= now && (order.later == LaterAct::none || revoke_at < order.later_at)) {
        reverse(order, revoke_at);
    } else if (order.later != LaterAct::none && order.later_at <= now) {
        if (order.later == LaterAct::pay) {
            pay(order, order.later_at);
        } else {
            order.state = State::payerror;
        }
    }
}

void Books::pay(Order& order, core::Instant at) {
    order.state = State::paid;
    order.paid_at = at;
}

void Books::reverse(Order& order, core::Instant at) {
    if (order.state == State::paid) order.refunded_fen = order.amount_fen;
    order.state = State::revoked;
    order.reversed_at = at;
}

bool Books::use_code(std::string_view auth_code) {
    return used_codes_.insert(code_value(auth_code)).second;
}

bool Books::is_used(std::string_view auth_code) const {
    return used_codes_.contains(code_value(auth_code));
}

void Books::keep_attach(const Order& order, std::string attach) {
    if (!attach.empty()) attach_.insert_or_assign(order.serial, std::move(attach));
}

std::string_view Books::attach_of(const Order& order) const {
    const auto found = attach_.find(order.serial);
    return found == attach_.end() ? std::string_view() : std::string_view(found->second);
}

int Books::password_free_today(std::uint32_t payer, core::Instant now) const {
    const auto found = payers_.find(payer);
    return found == payers_.end() || found->second.day != beijing_day(now) ? 0 : found->second.count;
}

void Books::count_password_free(std::uint32_t payer, core::Instant now) {
    Day& day = payers_[payer];
    const std::int32_t today = beijing_day(now);
    if (day.day != today) day = Day{.day = today, .count = 0};
    ++day.count;
}

void Books::clear() {
    by_key_.clear();
    orders_.clear();
    used_codes_.clear();
    attach_.clear();
    payers_.clear();
}

}  // namespace huitong::sim::wechat
