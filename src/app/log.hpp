// The log: one line per event, "event key=value …" or JSON, to standard error or a file; and the observer
// that writes what becomes of payments, each line with the payment's number. No secrets and no payment codes
// ever get here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/config.hpp"
#include "ports/observer.hpp"

namespace spdlog {
class logger;
}

namespace huitong::app {

enum class Level { debug, info, warn, error };
using Fields = std::vector<std::pair<std::string_view, std::string>>;

class Log {
  public:
    // unavailable {cannot_write}: the log file
    [[nodiscard]] static core::Result<Log> open(const Config& config);
    void write(Level level, std::string_view event, const Fields& fields) const;
    // Whether a line of that level is written at all; asked before costly fields are made.
    [[nodiscard]] bool takes(Level level) const;

  private:
    Log(std::shared_ptr<spdlog::logger> logger, bool is_json)
        : logger_(std::move(logger)), is_json_(is_json) {}
    std::shared_ptr<spdlog::logger> logger_;
    bool is_json_;
};

// The text, or, where it is no UTF-8, what of it is ASCII with "?" for the rest.
[[nodiscard]] std::string to_utf8(std::string text);

class LogObserver final : public ports::Observer {
  public:
    explicit LogObserver(const Log& log) : log_(log) {}
    void on_change(const payments::Aggregate* before, const payments::Change& change) override;
    void on_call(const payments::Payment& payment, const payments::Answer& answer) override;
    void on_circuit(std::string_view address, bool is_open) override;
    void on_trouble(std::string_view where, const core::Error& error) override;
    void on_trouble_of(core::PaymentSn payment, std::string_view where, const core::Error& error) override;

  private:
    void write_steps(const payments::Aggregate* before, const payments::Change& change) const;

    const Log& log_;
};

}  // namespace huitong::app
