// Vendors, applications, merchants, stores, codes, terminals, channel accounts and operators as rows. Small
// tables that every shard needs; only the terminal, of which there may be millions, leads with its shard.
#include <map>

#include "core/assert.hpp"
#include "store/columns.hpp"
#include "store/directory_rows.hpp"
#include "store/tx.hpp"

namespace huitong::store {

namespace {

using ports::Page;

// Where a kind of row lives, and the column that names it.
struct Table {
    std::string_view name;
    std::string_view key;
};

template <class T>
inline constexpr Table table_of = Table{};
template <>
inline constexpr Table table_of<ports::Vendor> = {"vendor", "sn"};
template <>
inline constexpr Table table_of<ports::App> = {"app", "id"};
template <>
inline constexpr Table table_of<ports::Merchant> = {"merchant", "sn"};
template <>
inline constexpr Table table_of<ports::Store> = {"store", "sn"};
template <>
inline constexpr Table table_of<ports::ActivationCode> = {"activation_code", "code"};
template <>
inline constexpr Table table_of<ports::Terminal> = {"terminal", "sn"};
template <>
inline constexpr Table table_of<ports::ChannelAccount> = {"channel_account", "id"};
template <>
inline constexpr Table table_of<ports::Operator> = {"operator", "name"};
template <>
inline constexpr Table table_of<ports::PlatformKey> = {"platform_key", "id"};

template <class T>
const ColumnNames& columns_of() {
    static const ColumnNames names = [] {
        NameVisitor visitor;
        const T any{};
        visit_row(any, visitor);
        return visitor.take();
    }();
    return names;
}

ColumnNames switch_columns() {
    const ports::AppSwitches any;
    NameVisitor visitor;
    visit_switches(any, visitor);
    return visitor.take();
}

template <class T>
RowSeal seal_of(const crypto::Sealer& sealer, const std::string& key) {
    return RowSeal{&sealer, std::string(table_of<T>.name) + "/" + key};
}

core::Shard terminal_shard(const std::string& sn) {
    const auto shard = core::shard_of_terminal(sn);
    if (!shard) throw Failure(shard.error());
    return *shard;
}

class Directory final : public ports::DirectoryRepository {
  public:
    explicit Directory(SqlTx& tx) : tx_(tx) {}

    std::optional<ports::Vendor> find_vendor(const std::string& sn) override {
        return find<ports::Vendor>(sn);
    }
    std::optional<ports::App> find_app(const std::string& id) override { return find<ports::App>(id); }
    std::optional<ports::Merchant> find_merchant(const std::string& sn) override {
        return find<ports::Merchant>(sn);
    }
    std::optional<ports::Store> find_store(const std::string& sn) override { return find<ports::Store>(sn); }
    std::optional<ports::ActivationCode> find_code(const std::string& code) override {
        return find<ports::ActivationCode>(code);
    }
    std::optional<ports::ChannelAccount> find_account(const std::string& id) override {
        return find<ports::ChannelAccount>(id);
    }
    std::optional<ports::Operator> find_operator(const std::string& name) override {
        return find<ports::Operator>(name);
    }
    std::optional<ports::PlatformKey> find_platform_key(const std::string& id) override {
        return find<ports::PlatformKey>(id);
    }

    std::string find_device(const ports::Terminal& terminal) override {
        static constexpr std::string_view select =
            "select sn from terminal_device where shard = $1 and merchant_sn = $2 and app_id = $3"
            " and device_id = $4";
        const auto rows = tx_.query(select, device_key(terminal));
        return rows.empty() ? std::string() : std::get<std::string>(rows.front().front());
    }

    std::optional<ports::TerminalView> find_terminal(const std::string& sn) override {
        static const std::string sql = [] {
            ColumnNames names;
            for (const std::string& name : columns_of<ports::Terminal>()) names.push_back("t." + name);
            for (const char* name : {"m.name", "s.name", "s.is_active", "m.is_active"})
                names.emplace_back(name);
            for (const std::string& name : switch_columns()) names.push_back("a." + name);
            return select_sql("terminal t", names) +
                   "join merchant m on m.sn = t.merchant_sn join store s on s.sn = t.store_sn"
                   " join app a on a.id = t.app_id"
                   " where t.shard = $1 and t.sn = $2";
        }();
        const auto shard = core::shard_of_terminal(sn);
        if (!shard) return std::nullopt;
        sql::Rows rows = tx_.query(sql, {std::int64_t{*shard}, sn});
        if (rows.empty()) return std::nullopt;
        ports::TerminalView view;
        ReadVisitor reader(rows.front(), seal_of<ports::Terminal>(tx_.sealer(), sn));
        visit_row(view.terminal, reader);
        reader("merchant_name", view.merchant_name);
        reader("store_name", view.store_name);
        reader("is_store_active", view.is_store_active);
        reader("is_merchant_active", view.is_merchant_active);
        visit_switches(view.switches, reader);
        return view;
    }

    std::vector<ports::ChannelAccount> find_accounts(const std::string& merchant_sn,
                                                     payments::ChannelKind channel) override {
        static const std::string sql =
            select_sql("channel_account", columns_of<ports::ChannelAccount>()) +
            "where merchant_sn = $1 and channel = $2 and is_active = 1 order by priority, id";
        std::vector<ports::ChannelAccount> accounts;
        for (sql::Row& row : tx_.query(sql, {merchant_sn, std::string(name_of(channel))})) {
            accounts.push_back(read<ports::ChannelAccount>(row, true));
        }
        return accounts;
    }

    std::vector<ports::Vendor> list_vendors(const Page& page) override { return list<ports::Vendor>(page); }
    std::vector<ports::App> list_apps(const Page& page) override { return list<ports::App>(page); }
    std::vector<ports::Merchant> list_merchants(const Page& page) override {
        return list<ports::Merchant>(page);
    }
    std::vector<ports::Store> list_stores(const Page& page) override { return list<ports::Store>(page); }
    std::vector<ports::Terminal> list_terminals(const Page& page) override {
        return list<ports::Terminal>(page);
    }
    std::vector<ports::ActivationCode> list_codes(const Page& page) override {
        return list<ports::ActivationCode>(page);
    }
    std::vector<ports::ChannelAccount> list_accounts(const Page& page) override {
        return list<ports::ChannelAccount>(page);
    }
    std::vector<ports::Operator> list_operators(const Page& page) override {
        return list<ports::Operator>(page);
    }

    bool has_vendor_named(const std::string& name) override { return has_named("vendor", "", "", name); }
    bool has_app_named(const std::string& vendor_sn, const std::string& name) override {
        return has_named("app", "vendor_sn", vendor_sn, name);
    }
    bool has_merchant_named(const std::string& name) override { return has_named("merchant", "", "", name); }
    bool has_store_named(const std::string& merchant_sn, const std::string& name) override {
        return has_named("store", "merchant_sn", merchant_sn, name);
    }

    void insert(const ports::Vendor& vendor) override { insert_row(vendor, vendor.sn); }
    void insert(const ports::App& app) override { insert_row(app, app.id); }
    void insert(const ports::Merchant& merchant) override { insert_row(merchant, merchant.sn); }
    void insert(const ports::Store& store) override { insert_row(store, store.sn); }
    void insert(const ports::ActivationCode& code) override { insert_row(code, code.code); }
    void insert(const ports::ChannelAccount& account) override { insert_row(account, account.id); }
    void insert(const ports::Operator& person) override { insert_row(person, person.name); }
    void insert(const ports::PlatformKey& key) override { insert_row(key, key.id); }

    void set_switches(const std::string& app_id, const ports::AppSwitches& switches) override {
        static const std::string sql = update_sql("app", switch_columns(), {"id"});
        WriteVisitor writer(7);
        visit_switches(switches, writer);
        writer.add(app_id);
        tx_.queue(sql, writer.take(), Reason{.token = "not_found"});
    }

    void take_device(const ports::Terminal& terminal, const std::optional<std::string>& before) override {
        static constexpr std::string_view insert =
            "insert into terminal_device (shard, merchant_sn, app_id, device_id, sn)"
            " values ($1, $2, $3, $4, $5) on conflict ";
        static const std::string replace =
            std::string(insert) + "(shard, merchant_sn, app_id, device_id) do update set sn = excluded.sn";
        static const std::string first = std::string(insert) + "do nothing";
        static const std::string next =
            update_sql("terminal_device", {"sn"}, {"sn", "shard", "merchant_sn", "app_id", "device_id"});
        sql::Values values = device_key(terminal);
        const Reason taken{.token = "device_taken"};
        if (before && !before->empty()) {
            values.insert(values.begin(), {sql::Value(terminal.sn), sql::Value(*before)});
            return tx_.queue(next, std::move(values), taken);
        }
        values.emplace_back(terminal.sn);
        tx_.queue(before ? first : replace, std::move(values), taken);
    }

    void insert(const ports::Terminal& terminal) override {
        static const std::string sql = [] {
            ColumnNames names = columns_of<ports::Terminal>();
            names.insert(names.begin(), "shard");
            return insert_sql("terminal", names);
        }();
        static constexpr std::string_view by_sn = "select 1 from terminal where shard = $1 and sn = $2";
        const std::int64_t shard = terminal_shard(terminal.sn);
        HUITONG_ASSERT(shard == core::shard_of(terminal.merchant_sn),
                       "a terminal outside its merchant's shard");
        const Reason taken{.token = "client_sn_taken",
                           .probe_sql = by_sn,
                           .probe_values = {shard, terminal.sn},
                           .found_token = "exists"};
        static constexpr std::string_view name =
            "insert into terminal_name (app_id, client_sn, sn) values ($1, $2, $3) on conflict do nothing";
        if (!terminal.client_sn.empty())
            tx_.queue(name, {terminal.app_id, terminal.client_sn, terminal.sn}, taken);
        WriteVisitor writer(columns_of<ports::Terminal>().size() + 1,
                            seal_of<ports::Terminal>(tx_.sealer(), terminal.sn));
        writer.add(shard);
        visit_row(terminal, writer);
        tx_.queue(sql, writer.take(), taken);
    }

    void use_code(const ports::ActivationCode& code) override {
        static constexpr std::string_view sql =
            "update activation_code set uses_left = uses_left - 1 where code = $1 and uses_left > 0";
        if (!code.uses_left) return;
        tx_.queue(sql, {code.code}, Reason{.token = "code_used_up"});
    }

    void end_code(const std::string& code, core::Instant at) override {
        static constexpr std::string_view sql =
            "update activation_code set expires_at = $1 where code = $2 and expires_at > $1";
        tx_.queue(sql, {std::int64_t{core::to_us(at)}, code}, Reason{.token = "not_found"});
    }

    void update_terminal(const ports::Terminal& terminal) override {
        static const std::string sql = [] {
            NameVisitor visitor;
            const ports::Terminal any;
            visit_changing_terminal(any, visitor);
            ColumnNames names = visitor.take();
            names.emplace_back("version");
            return update_sql("terminal", names, {"shard", "sn", "version"});
        }();
        WriteVisitor writer(12, seal_of<ports::Terminal>(tx_.sealer(), terminal.sn));
        visit_changing_terminal(terminal, writer);
        writer.add(terminal.version + 1);
        writer.add(std::int64_t{terminal_shard(terminal.sn)});
        writer.add(terminal.sn);
        writer.add(terminal.version);
        tx_.queue(sql, writer.take(), Reason{.token = "stale"});
    }

    void set_active(const std::string& kind, const std::string& key, bool is_active) override {
        static const std::map<std::string, std::string> statements = [] {
            std::map<std::string, std::string> made;
            for (const Table& table :
                 {table_of<ports::Merchant>, table_of<ports::Store>, table_of<ports::Terminal>,
                  table_of<ports::Vendor>, table_of<ports::App>, table_of<ports::ChannelAccount>,
                  table_of<ports::Operator>}) {
                made[std::string(table.name)] =
                    update_sql(table.name, {"is_active"}, {std::string(table.key)});
            }
            made.at("terminal") += " and shard = $3";
            return made;
        }();
        const auto statement = statements.find(kind);
        if (statement == statements.end()) throw Failure(core::Code::invalid, "bad_kind", kind);
        sql::Values values{std::int64_t{is_active ? 1 : 0}, key};
        // A number that is no terminal's is in no shard.
        if (kind == "terminal") values.emplace_back(std::int64_t{core::shard_of_terminal(key).value_or(-1)});
        tx_.queue(statement->second, std::move(values), Reason{.token = "not_found"});
    }

  private:
    static sql::Values device_key(const ports::Terminal& terminal) {
        return {std::int64_t{core::shard_of(terminal.merchant_sn)}, terminal.merchant_sn, terminal.app_id,
                terminal.device_id};
    }

    template <class T>
    T read(sql::Row& row, bool with_secrets) {
        // The key is the first column; it names the row in the seal.
        const auto* key = std::get_if<std::string>(&row.at(0));
        T value;
        ReadVisitor reader(row, with_secrets && key ? seal_of<T>(tx_.sealer(), *key) : RowSeal{});
        visit_row(value, reader);
        return value;
    }

    template <class T>
    std::optional<T> find(const std::string& key) {
        static const std::string sql =
            select_sql(table_of<T>.name, columns_of<T>()) + "where " + std::string(table_of<T>.key) + " = $1";
        sql::Rows rows = tx_.query(sql, {key});
        if (rows.empty()) return std::nullopt;
        return read<T>(rows.front(), true);
    }

    template <class T>
    std::vector<T> list(const Page& page) {
        constexpr bool has_merchant = requires(const T& row) { row.merchant_sn; };
        constexpr bool has_shard = std::is_same_v<T, ports::Terminal>;
        static const std::string begin = select_sql(table_of<T>.name, columns_of<T>());
        const std::string key(table_of<T>.key);
        const bool is_of_one = has_merchant && !page.merchant_sn.empty();
        sql::Values values{page.after, static_cast<std::int64_t>(page.most)};
        std::string condition = "where " + key + " > $1";
        if (is_of_one) {
            values.emplace_back(page.merchant_sn);
            condition += " and merchant_sn = $3";
        }
        // A terminal's number begins with its shard, so the order of the numbers is that of the table.
        if (has_shard && !page.after.empty())
            condition += " and shard >= " + std::to_string(core::shard_of_terminal(page.after).value_or(0));
        if (is_of_one && has_shard)
            condition += " and shard = " + std::to_string(core::shard_of(page.merchant_sn));
        const std::string order =
            std::string(" order by ") + (has_shard ? "shard, " : "") + key + " limit $2";
        std::vector<T> all;
        for (sql::Row& row : tx_.query(begin + condition + order, values)) all.push_back(read<T>(row, false));
        return all;
    }

    // The parent's column; empty where there is none.
    bool has_named(std::string_view table, std::string_view parent, const std::string& of,
                   const std::string& name) {
        std::string sql = "select 1 from " + std::string(table) + " where name = $1";
        sql::Values values{name};
        if (!parent.empty()) {
            sql += " and " + std::string(parent) + " = $2";
            values.emplace_back(of);
        }
        return !tx_.query(sql + " limit 1", values).empty();
    }

    template <class T>
    void insert_row(const T& row, const std::string& key) {
        static const std::string sql = insert_sql(table_of<T>.name, columns_of<T>());
        WriteVisitor writer(columns_of<T>().size(), seal_of<T>(tx_.sealer(), key));
        visit_row(row, writer);
        tx_.queue(sql, writer.take(), Reason{.token = "exists"});
    }

    SqlTx& tx_;
};

}  // namespace

std::unique_ptr<ports::DirectoryRepository> make_directory_repository(SqlTx& tx) {
    return std::make_unique<Directory>(tx);
}

}  // namespace huitong::store
