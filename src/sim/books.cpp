// Orders live in a deque in order of arrival; a number is stored once, the order and the index hold views of
// it.
#include "sim/books.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/assert.hpp"
#include "core/money.hpp"

namespace huitong::sim {

namespace {

constexpr std::size_t chunk_size = 65'536;
// Above the six digits by which a payment code names its payer.
constexpr std::uint32_t first_launched_payer = 1'000'000;

struct Key {
    std::array<char, max_number_size + 2> bytes{};
    std::size_t size = 0;
    [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};

Key make_key(std::size_t account, std::string_view number) {
    HUITONG_ASSERT(number.size() <= max_number_size && account < 65'536, "checked before");
    Key key;
    key.bytes[0] = static_cast<char>(account >> 8);
    key.bytes[1] = static_cast<char>(account & 0xFF);
    std::memcpy(key.bytes.data() + 2, number.data(), number.size());
    key.size = number.size() + 2;
    return key;
}

// Alipay codes may have up to 24 digits; their overflow modulo 2^64 still tells two codes apart.
std::uint64_t code_value(std::string_view auth_code) {
    std::uint64_t value = 0;
    for (const char c : auth_code) value = value * 10 + static_cast<std::uint64_t>(c - '0');
    return value;
}

void limit_trade(Launch& launch, core::Instant begun_at) {
    if (launch.trade_lives == core::Duration{0}) return;
    launch.ends_at = std::min(launch.ends_at, begun_at + launch.trade_lives);
}

}  // namespace

std::int32_t beijing_day(core::Instant t) {
    const auto days = std::chrono::floor<std::chrono::days>(t + std::chrono::hours(8));
    return static_cast<std::int32_t>(days.time_since_epoch().count());
}

std::size_t Order::account() const {
    return static_cast<std::size_t>(static_cast<std::uint8_t>(key[0])) << 8 |
           static_cast<std::uint8_t>(key[1]);
}

std::string_view Books::keep(std::string_view key) {
    if (keys_.empty() || keys_.back().size() + key.size() > chunk_size) {
        keys_.emplace_back().reserve(chunk_size);
    }
    std::string& chunk = keys_.back();
    const std::size_t at = chunk.size();
    chunk.append(key);
    return std::string_view(chunk).substr(at);
}

Order& Books::open(std::size_t account, std::string_view number) {
    const Key key = make_key(account, number);
    if (const auto found = by_key_.find(key.view()); found != by_key_.end()) return *found->second;
    Order& order = orders_.emplace_back();
    order.key = keep(key.view());
    order.serial = static_cast<std::uint32_t>(orders_.size() - 1);
    by_key_.emplace(order.key, &order);
    return order;
}

Order* Books::find(std::size_t account, std::string_view number) {
    if (number.size() > max_number_size) return nullptr;
    const auto found = by_key_.find(make_key(account, number).view());
    return found == by_key_.end() ? nullptr : found->second;
}

Order* Books::find_trade(std::size_t account, std::string_view trade_id) {
    if (trade_id.size() != 28) return nullptr;
    const auto serial = core::parse_minor(trade_id.substr(18));
    if (!serial || *serial < 1 || *serial > static_cast<std::int64_t>(orders_.size())) return nullptr;
    Order& order = orders_[static_cast<std::size_t>(*serial - 1)];
    return order.account() == account ? &order : nullptr;
}

void Books::settle(Order& order, core::Instant now, const std::optional<AutoEnd>& auto_end) {
    if (order.launch != nullptr) settle_launch(order, now);
    const bool ends_alone = auto_end && order.launch == nullptr;
    const core::Instant end_at = ends_alone ? order.created_at + auto_end->after : core::Instant::max();
    if (order.state == State::paying && order.later != LaterAct::none && order.later_at <= now &&
        order.later_at <= end_at) {
        if (order.later == LaterAct::pay) {
            pay(order, order.later_at);
        } else {
            order.state = State::payerror;
        }
    }
    const bool may_end = order.state == State::paying ||
                         (order.state == State::payerror && ends_alone && auto_end->ends_refused);
    if (may_end && end_at <= now) reverse(order, end_at);
    if (order.refunds > 0) settle_refunds(order, now);
}

void Books::settle_launch(Order& order, core::Instant now) {
    const Launch& launch = *order.launch;
    if (!launch.is_scanned && launch.scan_at <= now) (void)scan(order, launch.scan_at);
    const bool pays = launch.is_scanned && launch.pay_at <= now && launch.pay_at < launch.ends_at;
    if (order.state == State::paying && pays) pay(order, launch.pay_at);
    if (order.state == State::paying && launch.ends_at <= now) reverse(order, launch.ends_at);
}

Launch& Books::launch(Order& order, Launch launch, bool has_trade) {
    launch.order = order.serial;
    Launch& kept = launches_.add(std::move(launch));
    order.launch = &kept;
    order.payer = first_launched_payer + order.serial;
    if (!has_trade) return kept;
    order.state = State::paying;
    order.row = &plain_row();
    order.created_at = kept.made_at;
    limit_trade(kept, kept.made_at);
    return kept;
}

bool Books::scan(Order& order, core::Instant at) {
    Launch& launch = *order.launch;
    const bool is_over = order.state != State::absent && order.state != State::paying;
    if (is_over || at >= launch.ends_at) return false;
    if (launch.is_scanned) return true;
    if (at >= launch.code_ends_at) return false;
    launch.is_scanned = true;
    if (order.state == State::paying) return true;
    order.state = State::paying;
    order.row = &plain_row();
    order.created_at = at;
    limit_trade(launch, at);
    return true;
}

void Books::settle_refunds(Order& order, core::Instant now) {
    for (Refund* const refund : refunds_.of(order.serial)) {
        if (refund->state != RefundState::processing || refund->ends_at > now) continue;
        refund->state = refund->ends_as;
        if (refund->state == RefundState::succeeded) order.refunded_fen += refund->amount_fen;
        if (refund->state == RefundState::closed) --order.refunds;
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

void Books::accept(Order& order, Refund& refund, core::Instant now, core::Instant ends_at) {
    refund.state = RefundState::processing;
    refund.accepted_at = now;
    refund.ends_at = ends_at;
    order.refunded_at = now;
    ++order.refunds;
}

std::int64_t Books::held_fen(const Order& order) {
    std::int64_t held = 0;
    if (order.refunds == 0) return held;
    for (const Refund* const refund : refunds_.of(order.serial)) {
        if (refund->holds_money()) held += refund->amount_fen;
    }
    return held;
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

void Books::keep_subject(Order& order, std::string_view subject) {
    auto found = by_subject_.find(subject);
    if (found == by_subject_.end()) {
        subjects_.emplace_back(subject);
        found = by_subject_.emplace(subjects_.back(), static_cast<std::uint32_t>(subjects_.size())).first;
    }
    order.subject = found->second;
}

std::string_view Books::subject_of(const Order& order) const {
    return order.subject == 0 ? std::string_view() : std::string_view(subjects_[order.subject - 1]);
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
    keys_.clear();
    used_codes_.clear();
    attach_.clear();
    by_subject_.clear();
    subjects_.clear();
    payers_.clear();
    refunds_.clear();
    launches_.clear();
}

}  // namespace huitong::sim
