#include "simulate/process_ends.hpp"

namespace huitong::simulate {

namespace {

constexpr std::uint64_t never = UINT64_MAX / 2;

std::string_view to_string(app::Touch touch) {
    switch (touch) {
        case app::Touch::before_write:
            return "killed before a commit";
        case app::Touch::after_write:
            return "killed after a commit";
        case app::Touch::before_send:
            return "killed before a call";
        case app::Touch::after_answer:
            return "killed between a channel's answer and our commit";
        case app::Touch::after_silence:
            return "killed when a call was not answered";
    }
    return "?";
}

}  // namespace

void ProcessEnds::begin(const Item& item) {
    Dice dice(item.seed);
    if (item.kind == ItemKind::crash && stage_.is_alive()) begin_crash(dice);
    if (item.kind == ItemKind::disk) begin_disk(dice);
    if (item.kind == ItemKind::commit) {
        const auto fault = dice.pick(
            {sql::CommitFault::fails, sql::CommitFault::unknown_committed, sql::CommitFault::unknown_lost});
        session_->fail_commit(static_cast<int>(dice.between(1, 6)), fault);
        session_->set_unresolved_answers(static_cast<int>(dice.between(0, 2)));
    }
}

void ProcessEnds::begin_disk(Dice& dice) {
    const std::int64_t kind = dice.between(1, 10);
    if (kind <= 4) {
        journal_.stall(dice.between(std::chrono::seconds(1), std::chrono::seconds(9)));
        stage_.counts.add("fault slow_journal");
    } else if (kind == 5) {
        journal_.fill_until(stage_.time().now() +
                            dice.between(std::chrono::seconds(30), std::chrono::minutes(6)));
    } else if (disk_.is_ours()) {
        disk_.refuse_writes(static_cast<int>(dice.between(1, 3)));
    } else {
        disk_.cut();
        stage_.counts.add("fault connection_cut");
    }
}

void ProcessEnds::begin_crash(Dice& dice) {
    app::Life& life = stage_.platform.life();
    loses_power_too_ = dice.chance(40);
    const std::int64_t kind = dice.between(1, 100);
    if (kind <= 35) {
        life.end_at(app::Touch::after_answer, static_cast<std::uint64_t>(dice.between(1, 4)),
                    dice.pick({"", "", "pay", "reverse", "refund"}));
    } else if (kind <= 55 || (kind <= 88 && !disk_.is_ours())) {
        life.end_at(static_cast<std::uint64_t>(dice.between(1, 40)));
    } else if (kind <= 88) {
        disk_.fail_power_at(static_cast<std::uint64_t>(dice.between(1, 60)),
                            [this] { stage_.platform.life().end(); });
    } else {
        stage_.platform.crash();
    }
}

void ProcessEnds::disarm() {
    stage_.platform.life().end_at(never);
    stage_.platform.life().end_at(app::Touch::after_answer, never);
    journal_.fill_until({});
    disk_.refuse_writes(0);
    if (disk_.has_power()) disk_.fail_power_at(never, {});
}

std::string ProcessEnds::note_end() {
    stage_.counts.add("crashes");
    std::string how = "killed";
    if (const auto at = stage_.platform.life().ended_at()) how = to_string(*at);
    if (!disk_.has_power()) how = "the power failed in a commit";
    stage_.counts.add("crash " + how);
    if (stage_.platform.life().ended_at() == app::Touch::after_answer)
        stage_.counts.add("crash after the answer to a " + std::string(stage_.platform.life().ended_in()));
    if (stage_.platform.engine().is_catching_up()) stage_.counts.add("crash while catching up");
    if (disk_.has_power() && loses_power_too_) {
        disk_.fail_power();
        how += ", and the power failed";
    }
    loses_power_too_ = false;
    return how;
}

}  // namespace huitong::simulate
