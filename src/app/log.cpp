#include "app/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "codec/json.hpp"

namespace huitong::app {

namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" \t\r\n\"=\\") != std::string_view::npos;
}

std::string json_line(std::string_view event, const Fields& fields) {
    codec::JsonObject object{{"event", event}};
    for (const auto& [name, value] : fields) object.emplace_back(name, to_utf8(value));
    const std::string text = codec::write_json(codec::Json(std::move(object)));
    return text.substr(1, text.size() - 2);  // the pattern puts time and level before it
}

std::string text_line(std::string_view event, const Fields& fields) {
    std::string line(event);
    for (const auto& [name, value] : fields) {
        line += ' ';
        line += name;
        line += '=';
        line += needs_quotes(value) ? codec::write_json(codec::Json(value)) : value;
    }
    return line;
}

}  // namespace

std::string to_utf8(std::string text) {
    if (codec::is_utf8(text)) return text;
    for (char& c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
    return text;
}

core::Result<Log> Log::open(const Config& config) {
    std::shared_ptr<spdlog::sinks::sink> sink;
    try {
        if (config.log_file.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(in_data_dir(config, config.log_file));
        }
    } catch (const spdlog::spdlog_ex& failure) {
        return core::fail(core::Code::unavailable, "cannot_write", failure.what());
    }
    const bool is_json = config.log_format == "json";
    auto logger = std::make_shared<spdlog::logger>("huitong", std::move(sink));
    logger->set_level(spdlog::level::from_str(config.log_level));
    logger->flush_on(spdlog::level::info);
    logger->set_pattern(is_json ? R"({"at":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})"
                                : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return Log(std::move(logger), is_json);
}

bool Log::takes(Level level) const {
    return logger_->should_log(to_spdlog(level));
}

void Log::write(Level level, std::string_view event, const Fields& fields) const {
    const auto severity = to_spdlog(level);
    if (!logger_->should_log(severity)) return;
    logger_->log(severity,
                 spdlog::string_view_t(is_json_ ? json_line(event, fields) : text_line(event, fields)));
}

void LogObserver::on_change(const payments::Aggregate* before, const payments::Change& change) {
    const payments::Payment& payment = change.after.payment;
    if (log_.takes(Level::info)) write_steps(before, change);
    for (const payments::Alarm& alarm : change.alarms) {
        log_.write(Level::warn, "payment.alarm",
                   {{"sn", payment.sn.text()}, {"alarm", alarm.name}, {"detail", alarm.detail}});
    }
}

void LogObserver::write_steps(const payments::Aggregate* before, const payments::Change& change) const {
    const payments::Payment& payment = change.after.payment;
    for (const payments::TimelineRow& row : change.timeline) {
        log_.write(Level::info, "payment.step",
                   {{"sn", payment.sn.text()},
                    {"operation", std::to_string(row.seq)},
                    {"happening", row.happening},
                    {"finding", row.finding},
                    {"state", std::string(to_string(row.state_after))}});
    }
    if (!before || before->payment.state != payment.state) {
        log_.write(Level::info, "payment.state",
                   {{"sn", payment.sn.text()},
                    {"merchant", payment.merchant_sn},
                    {"client_sn", payment.client_sn},
                    {"amount", core::to_string(payment.amount)},
                    {"from", before ? std::string(to_string(before->payment.state)) : ""},
                    {"to", std::string(to_string(payment.state))}});
    }
}

void LogObserver::on_call(const payments::Payment& payment, const payments::Answer& answer) {
    if (!log_.takes(Level::debug)) return;
    const core::Duration took = answer.exchange.ended_at - answer.exchange.started_at;
    log_.write(Level::debug, "channel.call",
               {{"sn", payment.sn.text()},
                {"channel", std::string(to_string(payment.channel))},
                {"account", payment.channel_account},
                {"call", answer.exchange.call},
                {"outcome", std::string(to_string(answer.outcome))},
                {"answer", answer.code},
                {"took_ms", std::to_string(took.count() / 1000)}});
}

void LogObserver::on_circuit(std::string_view address, bool is_open) {
    log_.write(Level::warn, is_open ? "channel.down" : "channel.up", {{"address", std::string(address)}});
}

namespace {

Fields trouble_fields(std::string_view where, const core::Error& error) {
    return {{"where", std::string(where)},
            {"code", std::string(to_string(error.code))},
            {"reason", error.reason},
            {"detail", error.detail}};
}

}  // namespace

void LogObserver::on_trouble(std::string_view where, const core::Error& error) {
    log_.write(Level::error, "trouble", trouble_fields(where, error));
}

void LogObserver::on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) {
    Fields fields = trouble_fields(where, error);
    fields.emplace(fields.begin(), "sn", payment.text());
    log_.write(Level::error, "trouble", fields);
}

}  // namespace huitong::app
