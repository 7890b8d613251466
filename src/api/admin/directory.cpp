// vendors, apps, merchants, stores, terminals, activation-codes: create, list, show, switch on and off. A
// terminal comes into being when a till is activated with a code.
#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using Directory = ports::DirectoryRepository;
using core::Code;

struct VendorKind {
    using Row = ports::Vendor;
    static constexpr auto list = &Directory::list_vendors;
    static constexpr auto find = &Directory::find_vendor;
    static constexpr const char* name = "vendor";
    static const std::string& key(const Row& row) { return row.sn; }
};
struct AppKind {
    using Row = ports::App;
    static constexpr auto list = &Directory::list_apps;
    static constexpr auto find = &Directory::find_app;
    static constexpr const char* name = "app";
    static const std::string& key(const Row& row) { return row.id; }
};
struct MerchantKind {
    using Row = ports::Merchant;
    static constexpr auto list = &Directory::list_merchants;
    static constexpr auto find = &Directory::find_merchant;
    static constexpr const char* name = "merchant";
    static const std::string& key(const Row& row) { return row.sn; }
};
struct StoreKind {
    using Row = ports::Store;
    static constexpr auto list = &Directory::list_stores;
    static constexpr auto find = &Directory::find_store;
    static constexpr const char* name = "store";
    static const std::string& key(const Row& row) { return row.sn; }
};
struct TerminalKind {
    using Row = ports::Terminal;
    static constexpr auto list = &Directory::list_terminals;
    static constexpr auto find = &Directory::find_terminal;
    static constexpr const char* name = "terminal";
    static const std::string& key(const Row& row) { return row.sn; }
};
struct CodeKind {
    using Row = ports::ActivationCode;
    static constexpr auto list = &Directory::list_codes;
    static constexpr auto find = &Directory::find_code;
    static constexpr const char* name = "code";
    static const std::string& key(const Row& row) { return row.code; }
};

const ports::Terminal& row_of(const ports::TerminalView& view) {
    return view.terminal;
}
template <class Row>
const Row& row_of(const Row& row) {
    return row;
}

template <class Kind>
task::Awaitable<Reply> list(const Services& services, Call call) {
    using Rows = std::vector<typename Kind::Row>;
    const std::size_t most = call.most();
    const ports::Page page{
        .after = call.after(), .most = most + 1, .merchant_sn = call.query.text("merchant_sn")};
    const auto rows = co_await services.reader.read(
        [page](ports::Tx& tx) -> core::Result<Rows> { return (tx.directory().*Kind::list)(page); });
    if (!rows) co_return problem_of(rows.error());
    co_return list_answer(*rows, most, [](const auto& row) { return show(row); }, &Kind::key);
}

template <class Kind>
task::Awaitable<Reply> find(const Services& services, Call call) {
    using Row = typename Kind::Row;
    const auto row =
        co_await services.reader.read([key = call.path.front()](ports::Tx& tx) -> core::Result<Row> {
            auto found = (tx.directory().*Kind::find)(key);
            if (!found) return core::fail(Code::not_found, std::string("no_") + Kind::name);
            return row_of(*found);
        });
    co_return reply(row, [](const Row& each) { return show(each); });
}

template <class Kind>
task::Awaitable<Reply> change(const Services& services, Call call) {
    const bool is_active = *call.body.boolean("is_active");
    const auto done = co_await services.onboard.set_active(call.by, Kind::name, call.path.front(), is_active);
    if (!done) co_return problem_of(done.error());
    co_return co_await find<Kind>(services, std::move(call));
}

std::optional<std::string> given(const Input& input, std::string_view name) {
    return input.has(name) ? std::optional(input.text(name)) : std::nullopt;
}

task::Awaitable<Reply> create_vendor(const Services& services, Call call) {
    const auto made = co_await services.onboard.create_vendor(call.by, call.body.text("name"));
    co_return reply(made, [](const ports::Vendor& vendor) { return show_new(vendor); });
}

task::Awaitable<Reply> create_app(const Services& services, Call call) {
    const auto made =
        co_await services.onboard.create_app(call.by, call.body.text("vendor_sn"), call.body.text("name"));
    co_return reply(made, [](const ports::App& app) { return show(app); });
}

task::Awaitable<Reply> create_merchant(const Services& services, Call call) {
    const auto made = co_await services.onboard.create_merchant(call.by, call.body.text("name"),
                                                                given(call.body, "merchant_sn"));
    co_return reply(made, [](const ports::Merchant& merchant) { return show(merchant); });
}

task::Awaitable<Reply> create_store(const Services& services, Call call) {
    const auto made = co_await services.onboard.create_store(
        call.by, call.body.text("merchant_sn"), call.body.text("name"), given(call.body, "store_sn"));
    co_return reply(made, [](const ports::Store& store) { return show(store); });
}

task::Awaitable<Reply> create_code(const Services& services, Call call) {
    const auto uses = static_cast<int>(call.body.integer("uses").value_or(1));
    const bool is_unlimited = call.body.boolean("is_unlimited").value_or(false);
    if (is_unlimited && call.body.has("uses"))
        co_return bad_field("invalid_field", "uses", "not beside is_unlimited");
    const flows::CodeTerms terms{
        .uses = is_unlimited ? std::nullopt : std::optional(uses),
        .valid_for = std::chrono::hours(24) * call.body.integer("valid_days").value_or(7)};
    const auto made = co_await services.onboard.create_code(call.by, call.body.text("store_sn"), terms);
    co_return reply(made, [](const ports::ActivationCode& code) { return show(code); });
}

task::Awaitable<Reply> end_code(const Services& services, Call call) {
    const auto ended = co_await services.onboard.end_code(call.by, call.path.front());
    if (!ended) co_return problem_of(ended.error());
    co_return co_await find<CodeKind>(services, std::move(call));
}

constexpr Field name_field{.name = "name",
                           .about = "1 to 64 bytes",
                           .example = "\"Main Street\"",
                           .is_required = true,
                           .least = 1,
                           .most = 64};
constexpr Field vendor_input[] = {name_field};
constexpr Field app_input[] = {
    {.name = "vendor_sn", .about = "Whose it is", .example = "\"91800001\"", .is_required = true},
    name_field};
constexpr Field merchant_input[] = {name_field,
                                    {.name = "merchant_sn",
                                     .about = "13 digits: the number it had before the store was restored",
                                     .example = "\"1680000000001\""}};
constexpr Field store_input[] = {
    {.name = "merchant_sn", .about = "Whose it is", .example = "\"1680000000001\"", .is_required = true},
    name_field,
    {.name = "store_sn",
     .about = "13 digits: the number it had before the store was restored",
     .example = "\"1700000000002\""}};
constexpr Field code_input[] = {
    {.name = "store_sn", .about = "Whose it is", .example = "\"1700000000002\"", .is_required = true},
    {.name = "uses",
     .type = Type::integer,
     .about = "Terminals it may activate; 1 unless said",
     .example = "2",
     .least = 1,
     .most = 1'000'000},
    {.name = "is_unlimited", .type = Type::boolean, .about = "Any number of terminals", .example = "false"},
    {.name = "valid_days",
     .type = Type::integer,
     .about = "7 unless said",
     .example = "7",
     .least = 1,
     .most = 36'500}};
constexpr Field of_merchant[] = {
    {.name = "merchant_sn", .about = "Of this merchant only", .example = "\"1680000000001\""}};

const Schema vendor_in{"VendorInput", "A new vendor", vendor_input};
const Schema app_in{"AppInput", "A new application", app_input};
const Schema merchant_in{"MerchantInput", "A new merchant", merchant_input};
const Schema store_in{"StoreInput", "A new store", store_input};
const Schema code_in{"ActivationCodeInput", "A new activation code; `uses` or `is_unlimited`", code_input};

using enum Needs;
const Route table[] = {
    {"GET",
     "/vendors",
     "listVendors",
     "Vendors of till software",
     read,
     true,
     {},
     nullptr,
     &vendor_schema,
     200,
     list<VendorKind>},
    {"POST",
     "/vendors",
     "createVendor",
     "The only answer with its key",
     act,
     false,
     {},
     &vendor_in,
     &new_vendor_schema,
     201,
     create_vendor},
    {"GET",
     "/vendors/{vendor_sn}",
     "getVendor",
     "One vendor",
     read,
     false,
     {},
     nullptr,
     &vendor_schema,
     200,
     find<VendorKind>},
    {"PATCH",
     "/vendors/{vendor_sn}",
     "changeVendor",
     "On or off",
     act,
     false,
     {},
     &switch_schema,
     &vendor_schema,
     200,
     change<VendorKind>},
    {"GET",
     "/apps",
     "listApps",
     "Applications of vendors",
     read,
     true,
     {},
     nullptr,
     &app_schema,
     200,
     list<AppKind>},
    {"POST", "/apps", "createApp", "A new one", act, false, {}, &app_in, &app_schema, 201, create_app},
    {"GET",
     "/apps/{app_id}",
     "getApp",
     "One application",
     read,
     false,
     {},
     nullptr,
     &app_schema,
     200,
     find<AppKind>},
    {"PATCH",
     "/apps/{app_id}",
     "changeApp",
     "On or off",
     act,
     false,
     {},
     &switch_schema,
     &app_schema,
     200,
     change<AppKind>},
    {"GET",
     "/merchants",
     "listMerchants",
     "Merchants",
     read,
     true,
     {},
     nullptr,
     &merchant_schema,
     200,
     list<MerchantKind>},
    {"POST",
     "/merchants",
     "createMerchant",
     "A new one",
     act,
     false,
     {},
     &merchant_in,
     &merchant_schema,
     201,
     create_merchant},
    {"GET",
     "/merchants/{merchant_sn}",
     "getMerchant",
     "One merchant",
     read,
     false,
     {},
     nullptr,
     &merchant_schema,
     200,
     find<MerchantKind>},
    {"PATCH",
     "/merchants/{merchant_sn}",
     "changeMerchant",
     "On or off",
     act,
     false,
     {},
     &switch_schema,
     &merchant_schema,
     200,
     change<MerchantKind>},
    {"GET", "/stores", "listStores", "Stores of merchants", read, true, of_merchant, nullptr, &store_schema,
     200, list<StoreKind>},
    {"POST",
     "/stores",
     "createStore",
     "A new one",
     act,
     false,
     {},
     &store_in,
     &store_schema,
     201,
     create_store},
    {"GET",
     "/stores/{store_sn}",
     "getStore",
     "One store",
     read,
     false,
     {},
     nullptr,
     &store_schema,
     200,
     find<StoreKind>},
    {"PATCH",
     "/stores/{store_sn}",
     "changeStore",
     "On or off",
     act,
     false,
     {},
     &switch_schema,
     &store_schema,
     200,
     change<StoreKind>},
    {"GET", "/terminals", "listTerminals", "Tills that were activated", read, true, of_merchant, nullptr,
     &terminal_schema, 200, list<TerminalKind>},
    {"GET",
     "/terminals/{terminal_sn}",
     "getTerminal",
     "One terminal, without its keys",
     read,
     false,
     {},
     nullptr,
     &terminal_schema,
     200,
     find<TerminalKind>},
    {"PATCH",
     "/terminals/{terminal_sn}",
     "changeTerminal",
     "On or off; a till whose key is lost is switched off and activated anew with another code",
     act,
     false,
     {},
     &switch_schema,
     &terminal_schema,
     200,
     change<TerminalKind>},
    {"GET", "/activation-codes", "listActivationCodes", "Activation codes of stores", read, true, of_merchant,
     nullptr, &code_schema, 200, list<CodeKind>},
    {"POST",
     "/activation-codes",
     "createActivationCode",
     "A new one",
     act,
     false,
     {},
     &code_in,
     &code_schema,
     201,
     create_code},
    {"GET",
     "/activation-codes/{code}",
     "getActivationCode",
     "One activation code",
     read,
     false,
     {},
     nullptr,
     &code_schema,
     200,
     find<CodeKind>},
    {"POST",
     "/activation-codes/{code}/end",
     "endActivationCode",
     "It activates nothing from now on",
     act,
     false,
     {},
     nullptr,
     &code_schema,
     200,
     end_code},
};

}  // namespace

std::span<const Route> directory_routes() {
    return table;
}

}  // namespace huitong::api::admin
