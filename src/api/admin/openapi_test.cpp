// The committed document is what the program prints, every example is as its schema says, and the requests'
// examples are taken by the checks that serve.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "api/admin/routes.hpp"
#include "api/admin/views.hpp"

namespace huitong::api::admin {
namespace {

using codec::Json;

const Json& document() {
    static const Json parsed = [] {
        auto json = codec::parse_json(openapi(), {.max_depth = 64});
        EXPECT_TRUE(json.has_value());
        return std::move(*json);
    }();
    return parsed;
}

const Json& at(const Json& json, std::string_view name) {
    const Json* const found = json.find(name);
    EXPECT_NE(found, nullptr) << name;
    static const Json none;
    return found ? *found : none;
}

TEST(OpenApi, TheCommittedFileIsWhatTheProgramPrints) {
    std::ifstream file(std::string(HUITONG_SOURCE_DIR) + "/docs/openapi/admin.json");
    const std::string committed{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(committed == openapi()) << "huitong openapi admin > docs/openapi/admin.json";
}

TEST(OpenApi, EveryOperationIsThereOnce) {
    std::set<std::string_view> ids;
    for (const Route& route : routes()) {
        EXPECT_TRUE(ids.insert(route.id).second) << route.id;
        EXPECT_NE(route.endpoint, nullptr) << route.id;
        EXPECT_EQ(route.answer == nullptr, route.status == 204) << route.id;
        for (const std::string_view name : path_names(route.path))
            EXPECT_FALSE(path_field(name).about.empty());
        std::string method(route.method);
        for (char& c : method) c = static_cast<char>(c | 0x20);
        const Json& operation = at(at(at(document(), "paths"), route.path), method);
        EXPECT_EQ(*at(operation, "operationId").as_string(), route.id);
    }
    EXPECT_GE(ids.size(), 50U);
}

TEST(OpenApi, AChangeNeedsARoleAndAReadNeedsNone) {
    for (const Route& route : routes()) {
        const bool is_read = route.method == "GET";
        EXPECT_EQ(is_read, route.needs == Needs::read) << route.id;
        if (is_read) EXPECT_EQ(route.body, nullptr) << route.id;
    }
}

TEST(OpenApi, EveryNameThatIsReferredToExists) {
    const std::string text = openapi();
    const std::string mark = "\"#/components/schemas/";
    std::size_t count = 0;
    for (std::size_t from = 0; (from = text.find(mark, from)) != std::string::npos; ++count) {
        from += mark.size();
        const std::string name = text.substr(from, text.find('"', from) - from);
        EXPECT_NE(at(at(document(), "components"), "schemas").find(name), nullptr) << name;
    }
    EXPECT_GT(count, 50U);
}

TEST(OpenApi, ExamplesOfRequestsAreTaken) {
    int taken = 0;
    for (const Route& route : routes()) {
        if (route.body == nullptr) continue;
        const Json& schema = at(at(at(document(), "components"), "schemas"), route.body->name);
        const std::string example = codec::write_json(at(schema, "examples").as_array()->front());
        const auto input = read_body(route.body->fields, example);
        EXPECT_TRUE(input.has_value())
            << route.id << ": " << input.error().field << " " << input.error().detail;
        ++taken;
    }
    EXPECT_GE(taken, 15);
}

TEST(OpenApi, ExamplesOfQueriesAreTaken) {
    for (const Route& route : routes()) {
        for (const Field& field : query_fields(route)) {
            const auto value = codec::parse_json(field.example);
            ASSERT_TRUE(value.has_value()) << field.name;
            std::string text = value->as_string() ? *value->as_string() : codec::write_json(*value);
            for (std::size_t plus = 0; (plus = text.find('+', plus)) != std::string::npos; plus += 3)
                text.replace(plus, 1, "%2B");
            const auto input = read_query(query_fields(route), std::string(field.name) + "=" + text);
            EXPECT_TRUE(input.has_value()) << route.id << " " << field.name << " " << text;
        }
    }
}

// Field by field, in the order of the schema.
void expect_as_said(const Schema& schema, const codec::JsonObject& shown) {
    ASSERT_EQ(shown.size(), schema.fields.size()) << schema.name;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const Field& field = schema.fields[i];
        EXPECT_EQ(shown[i].first, field.name) << schema.name;
        if (shown[i].second.is_null()) EXPECT_TRUE(field.is_nullable) << schema.name << " " << field.name;
    }
}

TEST(Views, AreAsTheirSchemasSay) {
    expect_as_said(vendor_schema, show(ports::Vendor{}));
    expect_as_said(new_vendor_schema, show_new(ports::Vendor{}));
    expect_as_said(app_schema, show(ports::App{}));
    expect_as_said(merchant_schema, show(ports::Merchant{}));
    expect_as_said(store_schema, show(ports::Store{}));
    expect_as_said(terminal_schema, show(ports::Terminal{}));
    expect_as_said(code_schema, show(ports::ActivationCode{}));
    expect_as_said(operator_schema, show(ports::Operator{}));
    expect_as_said(new_operator_schema, show_new(flows::Operators::Created{}));
    expect_as_said(alert_schema, show(ports::Alert{}));
    expect_as_said(audit_row_schema, show(ports::AuditRow{}));
    expect_as_said(used_limit_schema, show(flows::UsedLimit{}));
    expect_as_said(payment_schema, show(payments::Payment{}));
    expect_as_said(operation_schema, show(payments::Operation{}));
    expect_as_said(timeline_row_schema, show(payments::TimelineRow{}));
    expect_as_said(proposal_schema, show(ports::Proposal{}));
    expect_as_said(dossier_schema, show(flows::Dossier{}));
    expect_as_said(refund_in_review_schema, show(flows::RefundInReview{}));
    expect_as_said(decided_schema, show(flows::Decided{}));
}

TEST(Views, BytesThatAreNoTextAreShownAllTheSame) {
    payments::TimelineRow row;
    row.exchange.emplace();
    row.exchange->response = "\xff\xfe";
    EXPECT_NE(codec::write_json(show(row)).find("base64://4="), std::string::npos);
}

}  // namespace
}  // namespace huitong::api::admin
