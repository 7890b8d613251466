#include "store/columns.hpp"

#include "core/assert.hpp"

namespace huitong::store {

namespace {

std::string joined(const ColumnNames& columns) {
    std::string text;
    for (const std::string& column : columns) text += (text.empty() ? "" : ", ") + column;
    return text;
}

std::string context_of(const RowSeal& seal, std::string_view column) {
    return seal.row + "/" + std::string(column);
}

core::Currency parse_stored_currency(const std::string& code) {
    const auto currency = core::parse_currency(code);
    if (!currency) throw Failure(currency.error());
    return *currency;
}

}  // namespace

void WriteVisitor::operator()(std::string_view name, const std::optional<core::Money>& money) {
    if (money) {
        (*this)(name, *money);
    } else {
        values_.emplace_back(sql::Null{});
        values_.emplace_back(sql::Null{});
    }
}

void WriteVisitor::operator()(std::string_view name, const core::Secret& secret) {
    HUITONG_ASSERT(seal_.sealer != nullptr, "a secret column without a sealer");
    values_.emplace_back(sql::Blob{seal_.sealer->seal(secret.reveal(), context_of(seal_, name))});
}

void ReadVisitor::operator()(std::string_view name, core::Money& money) {
    const std::int64_t minor = next<std::int64_t>(name);
    money = core::Money(minor, parse_stored_currency(next<std::string>(name)));
}

void ReadVisitor::operator()(std::string_view name, std::optional<core::Money>& money) {
    if (is_null(name)) {
        money.reset();
        at_ += 2;
    } else {
        (*this)(name, money.emplace());
    }
}

void ReadVisitor::operator()(std::string_view name, core::Secret& secret) {
    const std::string& sealed = next<sql::Blob>(name).bytes;
    if (seal_.sealer == nullptr) {
        secret = core::Secret();
        return;
    }
    auto opened = seal_.sealer->open(sealed, context_of(seal_, name));
    if (!opened) throw Failure(std::move(opened.error()));
    secret = std::move(*opened);
}

bool ReadVisitor::is_null(std::string_view name) {
    return std::holds_alternative<sql::Null>(peek(name));
}

sql::Value& ReadVisitor::peek(std::string_view name) {
    if (at_ >= row_.size()) throw Failure(core::Code::internal, "bad_row", "no column " + std::string(name));
    return row_[at_];
}

const std::string& every_shard() {
    static const std::string list = [] {
        std::string text = "0";
        for (int shard = 1; shard < core::shard_count; ++shard) text += "," + std::to_string(shard);
        return text;
    }();
    return list;
}

std::string insert_sql(std::string_view table, const ColumnNames& columns) {
    std::string values;
    for (std::size_t n = 1; n <= columns.size(); ++n) values += (n == 1 ? "$" : ", $") + std::to_string(n);
    return "insert into " + std::string(table) + " (" + joined(columns) + ") values (" + values +
           ") on conflict do nothing";
}

std::string select_sql(std::string_view table, const ColumnNames& columns) {
    return "select " + joined(columns) + " from " + std::string(table) + " ";
}

std::string update_sql(std::string_view table, const ColumnNames& columns, const ColumnNames& keys) {
    std::string text = "update " + std::string(table) + " set ";
    std::size_t n = 0;
    for (const std::string& column : columns) {
        text += (n == 0 ? "" : ", ") + column + " = $" + std::to_string(n + 1);
        ++n;
    }
    for (const std::string& key : keys) {
        text += (n == columns.size() ? " where " : " and ") + key + " = $" + std::to_string(n + 1);
        ++n;
    }
    return text;
}

}  // namespace huitong::store
