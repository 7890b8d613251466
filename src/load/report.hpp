// What a run found, for machines and for people.
#pragma once

#include "load/audit.hpp"
#include "load/run.hpp"

namespace huitong::load {

struct Report {
    RunOptions options;
    Measures measures;
    Audit audit;
    std::vector<std::string> not_audited;  // in words: what was left out, and what it would need
};

[[nodiscard]] codec::Json to_json(const Report& report);
[[nodiscard]] std::string to_text(const Report& report);
// One line without its end, to be drawn over the one before.
[[nodiscard]] std::string progress_line(const Progress& progress, core::Duration length);

}  // namespace huitong::load
