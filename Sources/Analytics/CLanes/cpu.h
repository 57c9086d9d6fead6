// What the processor at hand can run: a level of the x86-64 psABI, or 0 on another architecture.

#pragma once

static inline int lanes_cpu_level(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return 4;
    if (__builtin_cpu_supports("x86-64-v3")) return 3;
    return 1;
#else
    return 0;
#endif
}

// Doubles in the widest registers of the instruction set that the includer is compiled for.
static inline int lanes_native_width(void) {
#if defined(__AVX512F__)
    return 8;
#elif defined(__AVX__)
    return 4;
#else
    return 2;
#endif
}
