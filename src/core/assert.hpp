// HUITONG_ASSERT: a condition whose failure means a defect. Stays on in release: a payment process that does
// not know its own state must stop, because the database it leaves behind is sound.
#pragma once

#include <cstdio>
#include <cstdlib>

#define HUITONG_ASSERT(condition, message)                                                          \
    do {                                                                                            \
        if (!(condition)) [[unlikely]] {                                                            \
            std::fprintf(stderr, "%s:%d: assertion failed: %s (%s)\n", __FILE__, __LINE__, message, \
                         #condition);                                                               \
            std::abort();                                                                           \
        }                                                                                           \
    } while (false)
