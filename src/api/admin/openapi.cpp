// The OpenAPI 3.1 document of the face, from the route table and the schemas it names.
#include <algorithm>
#include <map>

#include "api/admin/routes.hpp"
#include "api/admin/views.hpp"
#include "core/assert.hpp"

namespace huitong::api::admin {

using codec::Json;
using codec::JsonArray;
using codec::JsonObject;

namespace {

// Every schema that was named, by its name.
using Components = std::map<std::string_view, const Schema*>;

JsonObject ref(std::string_view name) {
    return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

Json example_of(const Field& field);

Json example_of(const Schema& schema) {
    JsonObject object;
    for (const Field& field : schema.fields) object.emplace_back(std::string(field.name), example_of(field));
    return object;
}

Json example_of(const Field& field) {
    if (!field.example.empty()) {
        auto parsed = codec::parse_json(field.example);
        HUITONG_ASSERT(parsed.has_value(), "an example that is no JSON");
        return std::move(*parsed);
    }
    if (field.type == Type::money) return example_of(money_schema);
    HUITONG_ASSERT(field.of != nullptr, "a field without an example");
    Json inner = example_of(*field.of);
    if (field.type == Type::list) return JsonArray{std::move(inner)};
    return inner;
}

Json type_of(std::string_view name, bool is_nullable) {
    if (!is_nullable) return name;
    return JsonArray{name, "null"};
}

JsonObject text_schema(const Field& field) {
    JsonObject schema{{"type", type_of("string", field.is_nullable)}};
    if (field.least > 0) schema.emplace_back("minLength", Json::number(1));
    schema.emplace_back("maxLength", Json::number(most_of(field)));
    if (field.choices.empty()) return schema;
    JsonArray choices;
    for (std::size_t from = 0; from <= field.choices.size();) {
        const std::size_t end = std::min(field.choices.find('|', from), field.choices.size());
        choices.emplace_back(field.choices.substr(from, end - from));
        from = end + 1;
    }
    if (field.is_nullable) choices.emplace_back();
    schema.emplace_back("enum", std::move(choices));
    return schema;
}

JsonObject object_schema(const Schema& of, bool is_nullable, Components& components) {
    components.emplace(of.name, &of);
    if (!is_nullable) return ref(of.name);
    return {{"anyOf", JsonArray{ref(of.name), JsonObject{{"type", "null"}}}}};
}

JsonObject schema_of(const Field& field, Components& components) {
    switch (field.type) {
        case Type::text:
            return text_schema(field);
        case Type::integer:
            return {{"type", type_of("integer", field.is_nullable)},
                    {"format", "int64"},
                    {"minimum", Json::number(field.least)},
                    {"maximum", Json::number(most_of(field))}};
        case Type::boolean:
            return {{"type", type_of("boolean", field.is_nullable)}};
        case Type::time:
            return {{"type", type_of("string", field.is_nullable)}, {"format", "date-time"}};
        case Type::money:
            return object_schema(money_schema, field.is_nullable, components);
        case Type::object:
            return object_schema(*field.of, field.is_nullable, components);
        case Type::list:
            return {{"type", "array"}, {"items", object_schema(*field.of, false, components)}};
    }
    return {};
}

// Of answers every field is there; of inputs those that must be.
JsonObject schema_of(const Schema& schema, bool is_input, Components& components) {
    JsonObject properties;
    JsonArray required;
    for (const Field& field : schema.fields) {
        JsonObject property = schema_of(field, components);
        property.emplace_back("description", field.about);
        properties.emplace_back(std::string(field.name), std::move(property));
        if (!is_input || field.is_required) required.emplace_back(field.name);
    }
    JsonObject made{{"type", "object"},
                    {"description", schema.about},
                    {"properties", std::move(properties)},
                    {"additionalProperties", Json(false)}};
    if (!required.empty()) made.emplace_back("required", std::move(required));
    made.emplace_back("examples", JsonArray{example_of(schema)});
    return made;
}

JsonObject parameter(const Field& field, std::string_view in, Components& components) {
    return {{"name", field.name},
            {"in", in},
            {"required", Json(in == "path")},
            {"description", field.about},
            {"schema", schema_of(field, components)},
            {"example", example_of(field)}};
}

JsonObject json_content(JsonObject schema, Json example) {
    return {{"application/json", JsonObject{{"schema", std::move(schema)}, {"example", std::move(example)}}}};
}

JsonObject success_of(const Route& route, Components& components) {
    if (route.answer == nullptr) return {{"description", "Done"}};
    JsonObject schema = object_schema(*route.answer, false, components);
    Json example = example_of(*route.answer);
    if (route.is_list) {
        schema = {
            {"type", "object"},
            {"properties", JsonObject{{"items", JsonObject{{"type", "array"}, {"items", std::move(schema)}}},
                                      {"next", JsonObject{{"type", JsonArray{"string", "null"}}}}}},
            {"additionalProperties", Json(false)},
            {"required", JsonArray{"items", "next"}}};
        example = JsonObject{{"items", JsonArray{std::move(example)}}, {"next", Json()}};
    }
    return {{"description", route.status == 201 ? "Made" : "Done"},
            {"content", json_content(std::move(schema), std::move(example))}};
}

std::string_view needs_text(Needs needs) {
    switch (needs) {
        case Needs::read:
            return "Any role.";
        case Needs::act:
            return "Operators and approvers.";
        case Needs::approve:
            return "Approvers.";
    }
    return "";
}

JsonObject responses_of(const Route& route, Components& components) {
    JsonObject responses{{std::to_string(route.status), success_of(route, components)}};
    const bool is_change = route.method != "GET";
    std::vector<int> statuses{400, 401, 429, 503};
    if (is_change) statuses.insert(statuses.end(), {403, 409, 422});
    if (!path_names(route.path).empty() || is_change) statuses.push_back(404);
    if (route.path.ends_with("/verification")) statuses.push_back(409);
    if (is_change) statuses.insert(statuses.end(), {413, 415});
    std::ranges::sort(statuses);
    for (const int status : statuses)
        responses.emplace_back(std::to_string(status),
                               JsonObject{{"$ref", "#/components/responses/" + std::to_string(status)}});
    return responses;
}

JsonObject operation_of(const Route& route, Components& components) {
    JsonArray parameters;
    for (const std::string_view name : path_names(route.path))
        parameters.emplace_back(parameter(path_field(name), "path", components));
    for (const Field& field : query_fields(route))
        parameters.emplace_back(parameter(field, "query", components));
    const std::string_view tag = route.path.substr(1, route.path.find('/', 1) - 1);
    JsonObject operation{{"operationId", route.id},
                         {"tags", JsonArray{tag}},
                         {"summary", route.about},
                         {"description", needs_text(route.needs)}};
    if (!parameters.empty()) operation.emplace_back("parameters", std::move(parameters));
    if (route.body != nullptr) {
        components.emplace(route.body->name, route.body);
        operation.emplace_back(
            "requestBody",
            JsonObject{{"required", Json(true)},
                       {"content", json_content(ref(route.body->name), example_of(*route.body))}});
    }
    operation.emplace_back("responses", responses_of(route, components));
    return operation;
}

JsonObject problem_responses() {
    JsonObject responses;
    for (const int status : {400, 401, 403, 404, 409, 413, 415, 422, 429, 503}) {
        responses.emplace_back(
            std::to_string(status),
            JsonObject{{"description", title_of(status)},
                       {"content", JsonObject{{"application/problem+json",
                                               JsonObject{{"schema", ref(problem_schema.name)}}}}}});
    }
    return responses;
}

std::string to_lower_text(std::string_view method) {
    std::string text(method);
    std::ranges::transform(text, text.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    return text;
}

JsonObject paths_of(Components& components) {
    JsonObject paths;
    for (const Route& route : routes()) {
        const auto same = [&](const codec::JsonMember& each) { return each.first == route.path; };
        auto place = std::ranges::find_if(paths, same);
        if (place == paths.end()) place = paths.insert(paths.end(), {std::string(route.path), JsonObject{}});
        JsonObject operations = *place->second.as_object();
        operations.emplace_back(to_lower_text(route.method), operation_of(route, components));
        place->second = std::move(operations);
    }
    return paths;
}

JsonObject schemas_of(const Components& named) {
    const auto is_input = [](const Schema* schema) {
        return std::ranges::any_of(routes(), [=](const Route& route) { return route.body == schema; });
    };
    // Schemas name others, which must be there too.
    Components all = named;
    all.emplace(problem_schema.name, &problem_schema);
    JsonObject shown;
    for (std::size_t before = 0; before != all.size();) {
        before = all.size();
        shown.clear();
        for (const auto& [name, schema] : Components(all)) {
            const bool has_optional = is_input(schema) || schema == &problem_schema;
            shown.emplace_back(std::string(name), schema_of(*schema, has_optional, all));
        }
    }
    return shown;
}

}  // namespace

std::string openapi() {
    Components components;
    JsonObject paths = paths_of(components);
    const JsonObject document{
        {"openapi", "3.1.0"},
        {"info",
         JsonObject{{"title", "Huitong admin API"},
                    {"version", "1"},
                    {"description",
                     "For the people who run the platform. Every change is a row of the audit log. Problems "
                     "are RFC 9457 with a stable `code`; what is refused changes nothing."},
                    {"license", JsonObject{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
        {"servers", JsonArray{JsonObject{{"url", prefix}}}},
        {"security", JsonArray{JsonObject{{"operator", JsonArray{}}}}},
        {"paths", std::move(paths)},
        {"components",
         JsonObject{{"schemas", schemas_of(components)},
                    {"responses", problem_responses()},
                    {"securitySchemes",
                     JsonObject{{"operator", JsonObject{{"type", "http"},
                                                        {"scheme", "bearer"},
                                                        {"bearerFormat", "NAME:KEY of an operator"}}}}}}}};
    return codec::write_json_pretty(document) + "\n";
}

}  // namespace huitong::api::admin
