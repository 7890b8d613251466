#include "store/journal_codec.hpp"

#include <algorithm>

#include "store/byte_text.hpp"
#include "store/columns.hpp"
#include "store/payment_rows.hpp"

namespace huitong::store {

namespace {

using payments::Operation;
using payments::Payment;

ColumnNames payment_names() {
    NameVisitor visitor;
    const Payment any;
    visit_fixed(any, visitor);
    visit_changing(any, visitor);
    return visitor.take();
}

ColumnNames operation_names() {
    NameVisitor visitor;
    const Operation any;
    visit_key(any, visitor);
    visit_changing_operation(any, visitor);
    return visitor.take();
}

sql::Values values_of(const Payment& payment) {
    WriteVisitor visitor(64);
    visit_fixed(payment, visitor);
    visit_changing(payment, visitor);
    return visitor.take();
}

sql::Values values_of(const Operation& operation) {
    WriteVisitor visitor(32);
    visit_key(operation, visitor);
    visit_changing_operation(operation, visitor);
    return visitor.take();
}

void put_names(std::string& out, const ColumnNames& names) {
    put_number(out, names.size());
    for (const std::string& name : names) put_text(out, name);
}

ColumnNames take_names(std::string_view& bytes) {
    ColumnNames names;
    const std::uint64_t count = take_number(bytes);
    for (std::uint64_t i = 0; i < count; ++i) names.push_back(take_text(bytes));
    return names;
}

void put_values(std::string& out, const sql::Values& values) {
    for (const sql::Value& value : values) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            out += 'i';
            put_number(out, static_cast<std::uint64_t>(*number));
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            out += 't';
            put_text(out, *text);
        } else if (std::holds_alternative<sql::Null>(value)) {
            out += 'n';
        } else {
            throw Failure(core::Code::internal, "bad_row", "bytes in a payment");
        }
    }
}

sql::Value take_value(std::string_view& bytes) {
    switch (take_bytes(bytes, 1).front()) {
        case 'i':
            return static_cast<std::int64_t>(take_number(bytes));
        case 't':
            return take_text(bytes);
        case 'n':
            return sql::Null{};
        default:
            throw Failure(core::Code::internal, "bad_row", "unknown value in the journal");
    }
}

std::vector<int> places_of(const ColumnNames& wanted, const ColumnNames& present) {
    std::vector<int> places;
    for (const std::string& name : wanted) {
        const auto found = std::ranges::find(present, name);
        places.push_back(found == present.end() ? -1 : static_cast<int>(found - present.begin()));
    }
    return places;
}

// The columns of this version, from those that the journal has.
sql::Row take_row(std::string_view& bytes, const std::vector<int>& places, std::size_t width,
                  sql::Values defaults) {
    sql::Row present;
    for (std::size_t i = 0; i < width; ++i) present.push_back(take_value(bytes));
    sql::Row row = std::move(defaults);
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (places[i] >= 0) row[i] = present[static_cast<std::size_t>(places[i])];
    }
    return row;
}

core::Instant take_instant(std::string_view& bytes) {
    return core::from_us(static_cast<std::int64_t>(take_number(bytes)));
}

}  // namespace

std::string journal_head(core::Instant begun_at) {
    std::string out;
    put_number(out, static_cast<std::uint64_t>(core::to_us(begun_at)));
    put_names(out, payment_names());
    put_names(out, operation_names());
    return out;
}

void encode_call(std::string& out, core::Instant at, const payments::Aggregate& aggregate, int seq) {
    put_number(out, static_cast<std::uint64_t>(core::to_us(at)));
    put_number(out, static_cast<std::uint64_t>(seq));
    put_number(out, aggregate.operations.size());
    put_values(out, values_of(aggregate.payment));
    for (const Operation& operation : aggregate.operations) put_values(out, values_of(operation));
}

core::Instant begun_at(std::string_view head) {
    return take_instant(head);
}

CallDecoder::CallDecoder(std::string_view head) {
    (void)take_instant(head);
    const ColumnNames of_payment = take_names(head);
    const ColumnNames of_operation = take_names(head);
    payment_places_ = places_of(payment_names(), of_payment);
    operation_places_ = places_of(operation_names(), of_operation);
    payment_width_ = of_payment.size();
    operation_width_ = of_operation.size();
}

std::vector<ports::SentCall> CallDecoder::decode(std::string_view group) const {
    std::vector<ports::SentCall> calls;
    while (!group.empty()) {
        ports::SentCall call;
        call.at = take_instant(group);
        call.seq = static_cast<int>(take_number(group));
        const std::uint64_t operations = take_number(group);
        sql::Row row = take_row(group, payment_places_, payment_width_, values_of(Payment{}));
        ReadVisitor payment(row);
        visit_fixed(call.aggregate.payment, payment);
        visit_changing(call.aggregate.payment, payment);
        for (std::uint64_t i = 0; i < operations; ++i) {
            sql::Row columns = take_row(group, operation_places_, operation_width_, values_of(Operation{}));
            ReadVisitor operation(columns);
            Operation& out = call.aggregate.operations.emplace_back();
            visit_key(out, operation);
            visit_changing_operation(out, operation);
        }
        if (!call.aggregate.find(call.seq))
            throw Failure(core::Code::internal, "bad_row", "a call without its operation");
        calls.push_back(std::move(call));
    }
    return calls;
}

}  // namespace huitong::store
