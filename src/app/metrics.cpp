#include "app/metrics.hpp"

namespace huitong::app {

namespace {

constexpr std::int64_t ms = 1000;
constexpr std::int64_t latency_bounds_us[] = {ms,          5 * ms / 2, 5 * ms,      10 * ms,     25 * ms,
                                              50 * ms,     100 * ms,   250 * ms,    500 * ms,    1000 * ms,
                                              2500 * ms,   5000 * ms,  10'000 * ms, 15'000 * ms, 20'000 * ms,
                                              35'000 * ms, 60'000 * ms};

const core::Histogram& no_latency() {
    static const core::Histogram blank(latency_bounds_us);
    return blank;
}

std::string text_of(std::string_view text) {
    return std::string(text);
}

}  // namespace

Metrics::Metrics()
    : transitions_({"from", "to"}),
      alarms_({"name"}),
      calls_({"channel", "call", "outcome"}),
      call_us_({"channel", "call"}, no_latency()),
      circuits_({"address"}),
      troubles_({"where", "reason"}),
      requests_({"path", "result"}),
      request_us_({"path"}, no_latency()) {}

void Metrics::on_change(const payments::Aggregate* before, const payments::Change& change) {
    const payments::PaymentState to = change.after.payment.state;
    if (before == nullptr || before->payment.state != to) {
        const std::string_view from = before == nullptr ? "none" : to_string(before->payment.state);
        ++transitions_.at({text_of(from), text_of(to_string(to))});
    }
    for (const payments::Alarm& alarm : change.alarms) ++alarms_.at({alarm.name});
}

void Metrics::on_call(const payments::Payment& payment, const payments::Answer& answer) {
    const std::string channel = text_of(to_string(payment.channel));
    ++calls_.at({channel, answer.exchange.call, text_of(to_string(answer.outcome))});
    call_us_.at({channel, answer.exchange.call})
        .add((answer.exchange.ended_at - answer.exchange.started_at).count());
}

void Metrics::on_circuit(std::string_view address, bool is_open) {
    circuits_.at({text_of(address)}) = is_open ? 1 : 0;
}

void Metrics::on_trouble(std::string_view where, const core::Error& error) {
    ++troubles_.at({text_of(where), error.reason});
}

void Metrics::on_request(std::string_view path, std::string_view result, core::Duration took) {
    ++requests_.at({text_of(path), text_of(result)});
    request_us_.at({text_of(path)}).add(took.count());
}

void Metrics::write(Exposition& out) const {
    const auto samples = [&](std::string_view name, std::string_view type, std::string_view help,
                             const Counters& family) {
        out.begin(name, type, help);
        family.visit([&](const MetricLabels& labels, std::int64_t value) { out.sample(labels, value); });
    };
    const auto histograms = [&](std::string_view name, std::string_view help, const Histograms& family) {
        out.begin(name, "histogram", help, Unit::microseconds);
        family.visit(
            [&](const MetricLabels& labels, const core::Histogram& value) { out.histogram(labels, value); });
    };
    samples("huitong_payment_transitions_total", "counter",
            "State changes of payments since the start; \"none\" is before a payment exists.", transitions_);
    samples("huitong_payment_alarms_total", "counter", "Alarms raised by payments, by name.", alarms_);
    samples("huitong_channel_calls_total", "counter", "Calls to channels by outcome.", calls_);
    histograms("huitong_channel_call_duration_seconds", "Duration of calls to channels.", call_us_);
    samples("huitong_channel_circuit_open", "gauge",
            "1 while the channel's server at that address does not answer and takes no new payments; absent "
            "until it happened once.",
            circuits_);
    samples("huitong_troubles_total", "counter", "What went wrong inside the platform.", troubles_);
    samples("huitong_http_requests_total", "counter",
            "Requests answered by the faces, by path and class of result.", requests_);
    histograms("huitong_http_request_duration_seconds", "From the request's end to its answer.", request_us_);
}

}  // namespace huitong::app
