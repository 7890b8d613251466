#include "simulate/day.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "app/shared_store.hpp"
#include "app/sim_journal.hpp"
#include "core/assert.hpp"
#include "flows/alerts.hpp"
#include "simulate/disk.hpp"
#include "simulate/edges.hpp"
#include "simulate/faults.hpp"
#include "simulate/merchants.hpp"
#include "simulate/people.hpp"
#include "simulate/process_ends.hpp"
#include "simulate/statement.hpp"

namespace huitong::simulate {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr core::Instant day_begin = core::from_us(1'772'661'600'000'000);  // 2026-03-05 06:00 UTC+8
constexpr core::Duration evening = hours(3);  // after the day, for what is under way to come to its end

// The wires as the auditor hears them. What a channel answers to a process that is gone, nobody heard.
class Tap final : public app::WireTap {
  public:
    Tap(auditor::Auditor& auditor, Counts& counts) : auditor_(auditor), counts_(counts) {}

    void on_sent(std::uint64_t call, const net::Origin& to, const net::Request& request) override {
        if (to != app::SimPlatform::gateway_origin()) sent_.emplace(call, Sent{life_, number_in(request)});
        auditor_.on_sent(call, to, request);
    }
    void on_arrived(std::uint64_t call, bool is_copy) override {
        const auto sent = sent_.find(call);
        if (!is_copy && sent != sent_.end() && !sent->second.number.empty()) {
            std::uint64_t& last = last_arrived_[sent->second.number];
            if (call < last) {
                counts_.add("fault reorder");
                overtaken_.insert(sent->second.number);
            }
            last = std::max(last, call);
        }
        auditor_.on_arrived(call, is_copy);
    }
    void on_answered(std::uint64_t call, const net::Response& answer, bool is_copy) override {
        auditor_.on_answered(call, answer, is_copy);
    }
    void on_heard(std::uint64_t call, const core::Result<net::Response>& answer) override {
        const auto sent = sent_.find(call);
        const bool is_gone = sent != sent_.end() && sent->second.life != life_;
        if (!is_gone) auditor_.on_heard(call, answer);
    }
    void next_life() { ++life_; }
    // Calls of that order reached its channel in another order than they were sent.
    [[nodiscard]] bool is_overtaken(const std::string& number) const { return overtaken_.contains(number); }

  private:
    struct Sent {
        int life = 0;
        std::string number;  // of the order
    };
    auditor::Auditor& auditor_;
    Counts& counts_;
    std::unordered_map<std::uint64_t, Sent> sent_;                 // calls to channels
    std::unordered_map<std::string, std::uint64_t> last_arrived_;  // by order
    std::set<std::string> overtaken_;
    int life_ = 1;
};

constexpr core::Duration give_up_after = hours(2);  // on days on which the webhook is away for long

// The operators' webhook: often away, tells the auditor what it got.
class Webhook final : public ports::AlertSink {
  public:
    Webhook(const DayOptions& options, const Plan& plan, const core::Clock& clock, auditor::Auditor& auditor,
            Counts& counts)
        : dice_(options.seed), weather_(plan.weather), clock_(clock), auditor_(auditor), counts_(counts) {}

    task::Task<void> deliver(ports::Alert alert) override {
        const core::Instant now = clock_.now();
        const bool is_long_away =
            now >= day_begin + weather_.webhook_away_from && now < day_begin + weather_.webhook_away_to;
        const bool is_away = dice_.chance(20) || is_long_away;
        counts_.add(is_away ? "alert not confirmed" : "alert delivered");
        const bool is_last = is_long_away && flows::next_delivery(alert, now, give_up_after) == flows::never;
        if (is_last) counts_.add("alert given up");
        if (is_away) co_return core::fail(core::Code::unavailable, "webhook_failed");
        auditor_.on_alert_delivered(alert.id);
        co_return core::Result<void>{};
    }

  private:
    Dice dice_;
    const Weather& weather_;
    const core::Clock& clock_;
    auditor::Auditor& auditor_;
    Counts& counts_;
};

class Day {
  public:
    explicit Day(const DayOptions& options)
        : options_(options),
          plan_(make_plan(options.seed, options.length)),
          dice_(options.seed ^ 0x5eed),
          disk_(options.server.empty() ? make_file_disk(dice_.random(), plan_.weather.checkpoint_pages)
                                       : make_server_disk(options.server)),
          auditor_(clock_, {.gateway = app::SimPlatform::gateway_origin(),
                            .wechat = app::SimPlatform::wechat_origin(),
                            .alipay = app::SimPlatform::alipay_origin()}),
          tap_(auditor_, result_.counts),
          webhook_(options, plan_, clock_, auditor_, result_.counts),
          edges_(result_.counts, speaker()) {
        platform_ = std::make_unique<app::SimPlatform>(platform_options());
        clock_.time = &platform_->time();
        journal_.set_time(platform_->time());
        // Accounts made from here on, and tills, are heard.
        platform_->network().set_tap(&tap_);
        stage_ = std::make_unique<Stage>(Stage{.platform = *platform_,
                                               .auditor = auditor_,
                                               .counts = result_.counts,
                                               .plan = plan_,
                                               .counters = counters_,
                                               .begin = day_begin,
                                               .end = day_begin + options.length,
                                               .trace = speaker()});
        counters_ = open_shops(*stage_);
        faults_ = std::make_unique<Faults>(*stage_);
        ends_ = std::make_unique<ProcessEnds>(*stage_, *disk_, journal_, *session_);
    }

    DayResult run() {
        platform_->network().set_faults([this](const net::Origin& to, const net::Request& request) {
            return faults_->fate_of(to, request);
        });
        platform_->simulators().clock().advance(plan_.weather.skew);
        begin_items();
        const core::Instant end = stage_->end + evening;
        people_.push_back(platform_->begin(operate(*stage_, options_.seed, end - minutes(70))));
        for (const Item& item : plan_.items) {
            if (!is_chosen(item) || item.kind == ItemKind::sale) continue;
            live_until(day_begin + item.at);
            happen(item);
        }
        if (!options_.only && options_.length >= hours(24)) fill_up();
        live_until(stage_->end);
        faults_->end();
        ends_->disarm();
        live_until(end);
        compare();
        return std::move(result_);
    }

  private:
    struct PlatformClock final : core::Clock {
        [[nodiscard]] core::Instant now() const override { return time ? time->now() : day_begin; }
        const core::Clock* time = nullptr;
    };

    // A disk that will be lost.
    struct Loss {
        std::shared_ptr<sql::Session> backup;
        core::Instant backup_at;
        core::Instant due;
        std::optional<std::uint64_t> dies_after;  // the restored process: instants from its start
        std::int64_t faults_before = 0;
    };

    [[nodiscard]] std::function<void(const std::string&)> speaker() {
        if (!options_.has_trace) return {};
        return [this](const std::string& line) {
            result_.trace.push_back(core::to_rfc3339(clock_.now()) + " " + line);
        };
    }

    [[nodiscard]] bool is_chosen(const Item& item) const {
        return !options_.only || options_.only->contains(item.id);
    }

    app::SimOptions platform_options() {
        const Weather& weather = plan_.weather;
        auto session = open_database();
        app::SimOptions options;
        options.seed = options_.seed;
        options.start = day_begin;
        options.simulators.tombstones = weather.has_tombstones;
        options.simulators.journal_limit = 0;
        options.simulators.refund_settles_after_s =
            std::chrono::duration_cast<seconds>(weather.refunds_settle).count();
        options.gateway.engine.scan_every = weather.scan_every;
        options.gateway.alerts.scan_every = weather.scan_every;
        if (weather.webhook_away_to > weather.webhook_away_from)
            options.gateway.alerts.give_up_after = give_up_after;
        options.store = {.most_per_group = weather.most_per_group,
                         .rehearse_one_in = weather.rehearse_one_in};
        options.journal = &journal_;
        options.sent_calls = &journal_;
        options.alert_sink = &webhook_;
        options.observer = &edges_;
        options.database = std::move(session);
        if (!options_.server.empty()) app::share_store(options.gateway);
        add_merchants_at_channels(options.simulators);
        return options;
    }

    // The database as the disk has it, in a session that can fail.
    std::shared_ptr<sql::Session> open_database() {
        count_commits();
        auto session = std::make_shared<sql::FaultySession>(disk_->open());
        session_ = session.get();
        return session;
    }

    // What struck the session that goes out of use.
    void count_commits() {
        if (session_ == nullptr) return;
        using sql::CommitFault;
        result_.counts.add("fault commit_failed", session_->struck(CommitFault::fails));
        result_.counts.add("fault commit_unknown", session_->struck(CommitFault::unknown_committed) +
                                                       session_->struck(CommitFault::unknown_lost));
    }

    void count_disk() {
        const sql::DiskCounts disk = disk_->counts();
        result_.counts.add("fault disk_full", disk.refused);
        result_.counts.add("fault journal_full", journal_.refused());
        result_.counts.add("disk power failures", disk.failures);
        result_.counts.add("disk lost sectors", disk.lost_sectors);
        result_.counts.add("disk torn writes", disk.torn_writes);
    }

    void begin_items() {
        for (const Item& item : plan_.items) {
            if (is_chosen(item) && item.kind == ItemKind::sale)
                people_.push_back(platform_->begin(sell(*stage_, item)));
        }
    }

    // On a day of outages tills are refused; a day has a hundred payments all the same.
    void fill_up() {
        fill_up_at(options_.length * 88 / 100);
        fill_up_at(options_.length * 94 / 100);
    }

    void fill_up_at(core::Duration shut) {
        constexpr std::int64_t least_payments = 102;  // some that begin may still be refused
        live_until(day_begin + shut);
        int id = 10'000 + static_cast<int>(people_.size());  // beyond the plan's
        for (std::int64_t left = least_payments - result_.counts.get("payments"); left > 0; --left) {
            const core::Duration at = dice_.between(shut, shut + hours(1));
            people_.push_back(platform_->begin(
                sell(*stage_, {.id = id++, .kind = ItemKind::sale, .at = at, .seed = dice_.seed()})));
        }
    }

    void happen(const Item& item) {
        switch (item.kind) {
            case ItemKind::sale:
                break;
            case ItemKind::wire:
            case ItemKind::channel:
            case ItemKind::outage:
                return faults_->begin(item);
            case ItemKind::crash:
            case ItemKind::disk:
            case ItemKind::commit:
                return ends_->begin(item);
            case ItemKind::restore:
                return back_up(item);
        }
    }

    // Whoever dies on the way is brought back; a disk that is lost on the way is replaced.
    void live_until(core::Instant until) {
        if (loss_ && loss_->due <= until) {
            const Loss loss = *std::exchange(loss_, std::nullopt);
            live_until(loss.due);
            lose_disk(loss);
        }
        for (;;) {
            platform_->run_until(
                [&] { return platform_->life().is_over() || stage_->time().now() >= until; });
            if (!platform_->life().is_over()) break;
            bring_back();
        }
        platform_->run_until(until);
    }

    void bring_back() {
        const std::string how = ends_->note_end();
        auditor_.on_crash(how);
        stage_->say("crash: " + how);
        tap_.next_life();
        platform_->run_for(dice_.between(core::Duration{0}, seconds(40)));
        const bool is_lost = !disk_->has_power();
        auto database = is_lost ? open_database() : nullptr;
        // A start can be cut short too.
        std::optional<std::uint64_t> ends_at;
        if (dice_.chance(15)) ends_at = static_cast<std::uint64_t>(dice_.between(1, 12));
        const auto started =
            is_lost ? platform_->restart_on(std::move(database), ends_at) : platform_->restart(ends_at);
        ends_->watch(*session_);
        stage_->say(started ? "started again" : "ended while it started: " + started.error().reason);
        auditor_.look(*disk_->copy(*session_));
        if (!started) platform_->crash();
    }

    // What is done from here on will be lost with the disk; the send journal will not.
    void back_up(const Item& item) {
        Dice dice(item.seed);
        if (!stage_->is_alive() || loss_) return;
        const core::Instant now = stage_->time().now();
        loss_ = Loss{.backup = disk_->copy(*session_),
                     .backup_at = now,
                     .due = std::min(now + dice.between(minutes(2), hours(4)), stage_->end),
                     .dies_after = dice.chance(40) ? std::optional(dice.between(1, 60)) : std::nullopt,
                     .faults_before = count_faults()};
    }

    void lose_disk(const Loss& loss) {
        result_.counts.add("fault in lost time", count_faults() - loss.faults_before);
        auditor_.look(*disk_->copy(*session_));  // what is thrown away was right too
        platform_->crash();
        ends_->disarm();  // another machine
        loss.backup->run_script(
            "insert into fact (name, value) values ('catch_up', 'needed'), ('backup_at', '" +
            std::to_string(core::to_us(loss.backup_at)) +
            "') on conflict (name) do update set value = excluded.value");
        disk_->put(*loss.backup);
        auditor_.on_restore(loss.backup_at);
        tap_.next_life();
        result_.counts.add("fault restore");
        stage_->say("the disk is lost, the backup of " + core::to_rfc3339(loss.backup_at) + " is restored");
        platform_->run_for(dice_.between(seconds(5), minutes(4)));
        const auto started = platform_->restart_on(open_database(), loss.dies_after);
        ends_->watch(*session_);
        if (!started) platform_->crash();
    }

    // What struck so far, crashes too.
    [[nodiscard]] std::int64_t count_faults() const {
        std::int64_t sum = result_.counts.get("crashes");
        for (const auto& [name, count] : result_.counts.all()) {
            if (name.starts_with("fault ")) sum += count;
        }
        return sum;
    }

    void compare() {
        for (const auto& one : people_) {
            if (one->failure) std::rethrow_exception(one->failure);
            if (!one->is_done()) fail("person_waits", "somebody got no answer to the end of the day");
        }
        if (platform_->engine().is_catching_up())
            fail("still_catching_up", "after a restore, to the day's end");
        count_commits();
        count_disk();
        for (const auto& [name, count] : auditor_.counts())
            result_.counts.add("wire " + name, static_cast<std::int64_t>(count));
        for (const auto& [name, count] : result_.counts.all()) {
            if (name.starts_with("trouble ") && name.ends_with(" exception")) fail("exception", name);
        }
        auditor_.compare(make_statement(platform_->simulators()), *disk_->copy(*session_));
        for (const auditor::Finding& finding : auditor_.findings()) {
            result_.failures.push_back({.rule = finding.rule,
                                        .text = fmt::format("{} {} {} {}", core::to_rfc3339(finding.at),
                                                            finding.client_sn, finding.number, finding.text),
                                        .story = auditor_.story(finding)});
        }
        for (const sim::Violation& violation : platform_->simulators().violations().all()) {
            const std::string& number = violation.out_trade_no;
            // What leaves on another day the auditor judges, by the platform's clock.
            if (violation.rule.ends_with("_other_day")) continue;
            if (faults_->is_disturbed(number) || tap_.is_overtaken(number)) continue;
            const auditor::Finding finding{.at = violation.at,
                                           .rule = "violation_" + violation.rule,
                                           .number = violation.out_trade_no,
                                           .text = violation.text};
            result_.failures.push_back(
                {.rule = finding.rule,
                 .text = fmt::format("{} {} {}", core::to_rfc3339(finding.at), finding.number, finding.text),
                 .story = auditor_.story(finding)});
        }
        result_.counts.add("days");
        if (plan_.weather.skew != core::Duration{0}) result_.counts.add("days of clocks apart");
        if (result_.counts.get("payments") >= 100) result_.counts.add("days of 100 payments or more");
    }

    void fail(std::string rule, std::string text) {
        result_.failures.push_back({.rule = std::move(rule), .text = std::move(text), .story = {}});
    }

    const DayOptions options_;
    const Plan plan_;
    DayResult result_;
    Dice dice_;
    std::unique_ptr<Disk> disk_;
    sql::FaultySession* session_ = nullptr;  // the platform's, as long as it is open
    app::SimJournal journal_;
    std::optional<Loss> loss_;
    PlatformClock clock_;
    auditor::Auditor auditor_;
    Tap tap_;
    Webhook webhook_;
    EdgeCounter edges_;
    std::vector<Counter> counters_;
    std::vector<std::shared_ptr<app::SimPlatform::Pending<bool>>> people_;
    std::unique_ptr<Stage> stage_;
    std::unique_ptr<Faults> faults_;
    std::unique_ptr<ProcessEnds> ends_;
    std::unique_ptr<app::SimPlatform> platform_;  // the first to go: it winds up what the others still do
};

}  // namespace

DayResult run_day(const DayOptions& options) {
    return Day(options).run();
}

}  // namespace huitong::simulate
