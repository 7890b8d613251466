// How the platform's process ends on a simulated day: killed between two instants, right after a channel
// answered, in the middle of a write to the disk when the power fails. Also what its disks and its
// COMMITs refuse, or take their time for, without ending it.
#pragma once

#include "app/sim_journal.hpp"
#include "simulate/dice.hpp"
#include "simulate/disk.hpp"
#include "simulate/stage.hpp"

namespace huitong::simulate {

class ProcessEnds {
  public:
    // All must outlive it.
    ProcessEnds(Stage& stage, Disk& disk, app::SimJournal& journal, sql::FaultySession& session)
        : stage_(stage), disk_(disk), journal_(journal), session_(&session) {}

    // The item's time has come: a crash's, a disk's or a commit's.
    void begin(const Item& item);
    // Nothing that was armed and did not strike yet will.
    void disarm();
    // A process has ended: how, for people; counted.
    [[nodiscard]] std::string note_end();
    // The session of the process that runs now.
    void watch(sql::FaultySession& session) { session_ = &session; }

  private:
    void begin_crash(Dice& dice);
    void begin_disk(Dice& dice);

    Stage& stage_;
    Disk& disk_;
    app::SimJournal& journal_;
    sql::FaultySession* session_;
    bool loses_power_too_ = false;
};

}  // namespace huitong::simulate
