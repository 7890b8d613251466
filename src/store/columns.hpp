// How a struct becomes columns. rows.hpp names each field and its column once; a visitor of this file turns
// that list into column names, into values to bind, or reads a row back into the struct.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/money.hpp"
#include "core/numbers.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "crypto/sealer.hpp"
#include "sql/value.hpp"
#include "store/enums.hpp"
#include "store/payment_key.hpp"

namespace huitong::store {

using ColumnNames = std::vector<std::string>;

// Collects the names. An amount takes two columns.
class NameVisitor {
  public:
    template <class T>
    void operator()(std::string_view name, const T&) {
        names_.emplace_back(name);
    }
    void operator()(std::string_view name, const core::Money&) { add_money(name); }
    void operator()(std::string_view name, const std::optional<core::Money>&) { add_money(name); }
    [[nodiscard]] ColumnNames take() { return std::move(names_); }

  private:
    void add_money(std::string_view name) {
        names_.push_back(std::string(name) + "_minor");
        names_.push_back(std::string(name) + "_currency");
    }
    ColumnNames names_;
};

// Seals and opens the secrets of one row; `row` is "table/key".
struct RowSeal {
    const crypto::Sealer* sealer = nullptr;
    std::string row;
};

class WriteVisitor {
  public:
    explicit WriteVisitor(std::size_t columns, RowSeal seal = {}) : seal_(std::move(seal)) {
        values_.reserve(columns);
    }

    void operator()(std::string_view, const std::string& text) { values_.emplace_back(text); }
    void operator()(std::string_view, std::int64_t number) { values_.emplace_back(number); }
    void operator()(std::string_view, int number) { values_.emplace_back(std::int64_t{number}); }
    void operator()(std::string_view, bool is_set) { values_.emplace_back(std::int64_t{is_set ? 1 : 0}); }
    void operator()(std::string_view, core::PaymentSn sn) { values_.emplace_back(key_of(sn)); }
    void operator()(std::string_view, core::Instant at) {
        values_.emplace_back(std::int64_t{core::to_us(at)});
    }
    void operator()(std::string_view, const core::Money& money) {
        values_.emplace_back(money.minor());
        values_.emplace_back(std::string(core::to_string(money.currency())));
    }
    void operator()(std::string_view, const std::optional<core::Money>& money);
    void operator()(std::string_view name, const core::Secret& secret);
    template <class E>
        requires std::is_enum_v<E>
    void operator()(std::string_view, E value) {
        values_.emplace_back(std::string(name_of(value)));
    }
    template <class T>
    void operator()(std::string_view name, const std::optional<T>& value) {
        if (value) {
            (*this)(name, *value);
        } else {
            values_.emplace_back(sql::Null{});
        }
    }
    void add(sql::Value value) { values_.push_back(std::move(value)); }
    [[nodiscard]] sql::Values take() { return std::move(values_); }

  private:
    RowSeal seal_;
    sql::Values values_;
};

// Reads columns in the order in which the visitor is called. Damaged values throw Failure.
class ReadVisitor {
  public:
    // `row` is consumed. Without a sealer secrets stay empty.
    explicit ReadVisitor(sql::Row& row, RowSeal seal = {}) : row_(row), seal_(std::move(seal)) {}

    void operator()(std::string_view name, std::string& text) { text = std::move(next<std::string>(name)); }
    void operator()(std::string_view name, std::int64_t& number) { number = next<std::int64_t>(name); }
    void operator()(std::string_view name, int& number) {
        number = static_cast<int>(next<std::int64_t>(name));
    }
    void operator()(std::string_view name, bool& is_set) { is_set = next<std::int64_t>(name) != 0; }
    void operator()(std::string_view name, core::PaymentSn& sn) { sn = sn_of(next<std::int64_t>(name)); }
    void operator()(std::string_view name, core::Instant& at) {
        at = core::from_us(next<std::int64_t>(name));
    }
    void operator()(std::string_view name, core::Money& money);
    void operator()(std::string_view name, std::optional<core::Money>& money);
    void operator()(std::string_view name, core::Secret& secret);
    template <class E>
        requires std::is_enum_v<E>
    void operator()(std::string_view name, E& value) {
        value = parse_enum<E>(next<std::string>(name));
    }
    template <class T>
    void operator()(std::string_view name, std::optional<T>& value) {
        if (is_null(name)) {
            value.reset();
            ++at_;
        } else {
            (*this)(name, value.emplace());
        }
    }

  private:
    [[nodiscard]] bool is_null(std::string_view name);
    sql::Value& peek(std::string_view name);
    template <class T>
    T& next(std::string_view name) {
        T* value = std::get_if<T>(&peek(name));
        if (!value)
            throw Failure(core::Code::internal, "bad_row", "wrong type in column " + std::string(name));
        ++at_;
        return *value;
    }

    sql::Row& row_;
    std::size_t at_ = 0;
    RowSeal seal_;
};

// "0,1,2, …": where a server is asked for rows of all shards, each by name is one search, instead of a walk.
[[nodiscard]] const std::string& every_shard();
// "insert into TABLE (…) values ($1, …) on conflict do nothing"
[[nodiscard]] std::string insert_sql(std::string_view table, const ColumnNames& columns);
// "select … from TABLE " with room for conditions
[[nodiscard]] std::string select_sql(std::string_view table, const ColumnNames& columns);
// "update TABLE set a = $1, … where key1 = $n+1 and …"
[[nodiscard]] std::string update_sql(std::string_view table, const ColumnNames& columns,
                                     const ColumnNames& keys);

}  // namespace huitong::store
