// CPU that processes have used so far, user and system, in seconds.
#pragma once

namespace huitong::bench {

// Of this process, all threads.
[[nodiscard]] double own_cpu_seconds();
// Of another process of this machine, and of its children that have ended. 0 when it is gone.
[[nodiscard]] double cpu_seconds_of(int pid);
// The same, and of its children that live.
[[nodiscard]] double family_cpu_seconds_of(int pid);

}  // namespace huitong::bench
