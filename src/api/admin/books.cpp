// alerts, the audit log and the ledger: what the platform wrote down.
#include <charconv>

#include "api/admin/endpoint.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {

namespace {

using codec::Json;
using codec::JsonObject;
using ports::Alert;
using ports::AuditRow;

task::Awaitable<Reply> list_alerts(const Services& services, Call call) {
    using Rows = std::vector<Alert>;
    const std::size_t most = call.most();
    const ports::AlertRepository::Filter filter{
        .only_open = !call.query.boolean("with_acknowledged").value_or(false),
        .older_than = call.after(),
        .most = most + 1};
    const auto rows = co_await services.reader.read(
        [filter](ports::Tx& tx) -> core::Result<Rows> { return tx.alerts().list(filter); });
    if (!rows) co_return problem_of(rows.error());
    co_return list_answer(*rows, most, [](const Alert& row) { return show(row); }, &Alert::id);
}

task::Awaitable<Reply> acknowledge(const Services& services, Call call) {
    const auto done = co_await services.desk.acknowledge_alert(call.by, call.path.front());
    if (!done) co_return problem_of(done.error());
    co_return Json();
}

task::Awaitable<Reply> list_audit(const Services& services, Call call) {
    using Rows = std::vector<AuditRow>;
    const std::size_t most = call.most();
    const std::string after_text = call.after();
    std::int64_t after = 0;
    const char* const end = after_text.data() + after_text.size();
    const auto parsed = std::from_chars(after_text.data(), end, after);
    if (call.query.has("after") && (parsed.ec != std::errc() || parsed.ptr != end))
        co_return bad_field("invalid_field", "after", "`next` of the page before");
    const auto rows = co_await services.reader.read(
        [after, most](ports::Tx& tx) -> core::Result<Rows> { return tx.audit().read(after, most + 1); });
    if (!rows) co_return problem_of(rows.error());
    co_return list_answer(
        *rows, most, [](const AuditRow& row) { return show(row); },
        [](const AuditRow& row) { return std::to_string(row.id); });
}

// The turn of one verification; empty-handed while another has it.
class Turn {
  public:
    explicit Turn(std::shared_ptr<bool> is_taken) : is_taken_(std::move(is_taken)), has_(!*is_taken_) {
        *is_taken_ = true;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        if (has_) *is_taken_ = false;
    }
    [[nodiscard]] bool has() const { return has_; }

  private:
    std::shared_ptr<bool> is_taken_;
    bool has_;
};

std::unexpected<Problem> is_running() {
    return std::unexpected(Problem{.status = 409, .code = "verification_running", .detail = "one at a time"});
}

task::Awaitable<Reply> verify_audit(const Services& services, Call) {
    const Turn turn(services.is_verifying);
    if (!turn.has()) co_return is_running();
    co_return reply(co_await services.verify_audit(), [](const flows::AuditReport& report) {
        const bool is_whole = report.first_bad_id == 0;
        return JsonObject{{"is_whole", Json(is_whole)},
                          {"rows", Json::number(report.rows)},
                          {"last_hash", report.last_hash},
                          {"first_bad_id", is_whole ? Json() : Json::number(report.first_bad_id)}};
    });
}

constexpr std::size_t most_differences = 100;

task::Awaitable<Reply> verify_ledger(const Services& services, Call) {
    const Turn turn(services.is_verifying);
    if (!turn.has()) co_return is_running();
    co_return reply(co_await services.verify_ledger(), [](const flows::LedgerReport& report) {
        codec::JsonArray shown;
        for (const flows::LedgerDifference& each : report.differences) {
            if (shown.size() == most_differences) break;
            shown.emplace_back(
                JsonObject{{"sn", each.payment.text()}, {"problem", each.problem}, {"detail", each.detail}});
        }
        return JsonObject{
            {"is_whole", Json(report.differences.empty())},
            {"payments", Json::number(report.payments)},
            {"entries", Json::number(report.entries)},
            {"difference_count", Json::number(static_cast<std::int64_t>(report.differences.size()))},
            {"differences", std::move(shown)}};
    });
}

constexpr Field alert_query[] = {{.name = "with_acknowledged",
                                  .type = Type::boolean,
                                  .about = "Those too that somebody has taken on",
                                  .example = "true"}};
constexpr Field audit_report_fields[] = {
    {.name = "is_whole",
     .type = Type::boolean,
     .about = "Nothing was changed or taken out",
     .example = "true"},
    {.name = "rows", .type = Type::integer, .about = "Read", .example = "42"},
    {.name = "last_hash",
     .about = "Keep it elsewhere: it seals all before it",
     .example = "\"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\""},
    {.name = "first_bad_id",
     .type = Type::integer,
     .about = "Where the chain breaks",
     .example = "null",
     .is_nullable = true},
};
constexpr Field difference_fields[] = {
    {.name = "sn", .about = "The payment", .example = "\"7842000000000001\""},
    {.name = "problem", .about = "What differs", .example = "\"payment_entry\""},
    {.name = "detail", .about = "For people", .example = "\"missing\"", .most = 4000},
};
const Schema difference_schema{"LedgerDifference", "A payment and its entries disagree", difference_fields};
constexpr Field ledger_report_fields[] = {
    {.name = "is_whole", .type = Type::boolean, .about = "Nothing differs", .example = "true"},
    {.name = "payments", .type = Type::integer, .about = "Read", .example = "1000"},
    {.name = "entries", .type = Type::integer, .about = "Read", .example = "1100"},
    {.name = "difference_count", .type = Type::integer, .about = "All of them", .example = "0"},
    {.name = "differences", .type = Type::list, .about = "The first hundred", .of = &difference_schema},
};
const Schema audit_report_schema{"AuditReport", "The chain of the audit log, recomputed",
                                 audit_report_fields};
const Schema ledger_report_schema{"LedgerReport", "The books held against the payments",
                                  ledger_report_fields};

using enum Needs;
const Route table[] = {
    {"GET", "/alerts", "listAlerts", "Open ones, newest first", read, true, alert_query, nullptr,
     &alert_schema, 200, list_alerts},
    {"POST",
     "/alerts/{id}/acknowledge",
     "acknowledgeAlert",
     "Somebody has taken it on",
     act,
     false,
     {},
     nullptr,
     nullptr,
     204,
     acknowledge},
    {"GET",
     "/audit",
     "listAudit",
     "Every act of a person, oldest first",
     read,
     true,
     {},
     nullptr,
     &audit_row_schema,
     200,
     list_audit},
    {"GET",
     "/audit/verification",
     "verifyAudit",
     "Reads the whole log",
     read,
     false,
     {},
     nullptr,
     &audit_report_schema,
     200,
     verify_audit},
    {"GET",
     "/ledger/verification",
     "verifyLedger",
     "Reads every payment: minutes on a big store",
     read,
     false,
     {},
     nullptr,
     &ledger_report_schema,
     200,
     verify_ledger},
};

}  // namespace

std::span<const Route> book_routes() {
    return table;
}

}  // namespace huitong::api::admin
