// Arithmetic on 2, 4 and 8 doubles side by side, as vector types of the compiler.
//
// Nothing here names a processor: each includer's target decides which instructions an operation
// becomes. No operation depends on another lane, none is contracted with its neighbour (a fused
// multiply-add is written as one), so every target computes the same bits.

#pragma once

#pragma STDC FP_CONTRACT OFF

#define LANE_OP static inline __attribute__((always_inline))

#define LANES_OF(N)                                                                               \
    typedef double lanes##N##_t __attribute__((ext_vector_type(N)));                              \
    typedef long long lanes##N##_bits_t __attribute__((ext_vector_type(N)));                      \
    /* Where a column starts is a multiple of 8 bytes, no more. */                                \
    typedef double lanes##N##_loose_t __attribute__((ext_vector_type(N), aligned(8)));            \
                                                                                                  \
    LANE_OP lanes##N##_t lanes##N##_load(const double *from) {                                    \
        return *(const lanes##N##_loose_t *)from;                                                 \
    }                                                                                             \
    LANE_OP void lanes##N##_store(lanes##N##_t a, double *to) {                                   \
        *(lanes##N##_loose_t *)to = a;                                                            \
    }                                                                                             \
    /* Past the caches; `to` is a multiple of the vector's size. See lanes_end_of_stream. */      \
    LANE_OP void lanes##N##_stream(lanes##N##_t a, double *to) {                                  \
        __builtin_nontemporal_store(a, (lanes##N##_t *)to);                                       \
    }                                                                                             \
    LANE_OP lanes##N##_t lanes##N##_all(double x) { return (lanes##N##_t)(x); }                   \
    LANE_OP lanes##N##_t lanes##N##_add(lanes##N##_t a, lanes##N##_t b) { return a + b; }         \
    LANE_OP lanes##N##_t lanes##N##_sub(lanes##N##_t a, lanes##N##_t b) { return a - b; }         \
    LANE_OP lanes##N##_t lanes##N##_mul(lanes##N##_t a, lanes##N##_t b) { return a * b; }         \
    LANE_OP lanes##N##_t lanes##N##_div(lanes##N##_t a, lanes##N##_t b) { return a / b; }         \
    /* a * b + c, rounded once. */                                                                \
    LANE_OP lanes##N##_t lanes##N##_fma(lanes##N##_t a, lanes##N##_t b, lanes##N##_t c) {         \
        return __builtin_elementwise_fma(a, b, c);                                                \
    }                                                                                             \
    /* c - a * b, rounded once. */                                                                \
    LANE_OP lanes##N##_t lanes##N##_fnma(lanes##N##_t a, lanes##N##_t b, lanes##N##_t c) {        \
        return __builtin_elementwise_fma(-a, b, c);                                               \
    }                                                                                             \
    LANE_OP lanes##N##_t lanes##N##_sqrt(lanes##N##_t a) {                                        \
        return __builtin_elementwise_sqrt(a);                                                     \
    }                                                                                             \
    /* b where the two are equal or one is not a number. */                                       \
    LANE_OP lanes##N##_t lanes##N##_max(lanes##N##_t a, lanes##N##_t b) { return a > b ? a : b; } \
    LANE_OP lanes##N##_t lanes##N##_min(lanes##N##_t a, lanes##N##_t b) { return a < b ? a : b; } \
                                                                                                  \
    /* Masks are all ones in the lanes where something holds. */                                  \
    LANE_OP lanes##N##_bits_t lanes##N##_lt(lanes##N##_t a, lanes##N##_t b) {                     \
        return (lanes##N##_bits_t)(a < b);                                                        \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_le(lanes##N##_t a, lanes##N##_t b) {                     \
        return (lanes##N##_bits_t)(a <= b);                                                       \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_eq(lanes##N##_t a, lanes##N##_t b) {                     \
        return (lanes##N##_bits_t)(a == b);                                                       \
    }                                                                                             \
    LANE_OP lanes##N##_t lanes##N##_select(                                                       \
        lanes##N##_bits_t mask, lanes##N##_t a, lanes##N##_t b) {                                 \
        return mask ? a : b;                                                                      \
    }                                                                                             \
                                                                                                  \
    LANE_OP lanes##N##_bits_t lanes##N##_bits(lanes##N##_t a) {                                   \
        return __builtin_bit_cast(lanes##N##_bits_t, a);                                          \
    }                                                                                             \
    LANE_OP lanes##N##_t lanes##N##_of_bits(lanes##N##_bits_t a) {                                \
        return __builtin_bit_cast(lanes##N##_t, a);                                               \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_all(long long x) {                                  \
        return (lanes##N##_bits_t)(x);                                                            \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_add(lanes##N##_bits_t a, lanes##N##_bits_t b) {     \
        return a + b;                                                                             \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_sub(lanes##N##_bits_t a, lanes##N##_bits_t b) {     \
        return a - b;                                                                             \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_and(lanes##N##_bits_t a, lanes##N##_bits_t b) {     \
        return a & b;                                                                             \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_or(lanes##N##_bits_t a, lanes##N##_bits_t b) {      \
        return a | b;                                                                             \
    }                                                                                             \
    /* A constant count, 0 to 63; the vacated bits are 0. */                                      \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_left(lanes##N##_bits_t a, int count) {              \
        return a << count;                                                                        \
    }                                                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_right(lanes##N##_bits_t a, int count) {             \
        typedef unsigned long long unsigned_t __attribute__((ext_vector_type(N)));                \
        return (lanes##N##_bits_t)((unsigned_t)a >> count);                                       \
    }                                                                                             \
    /* Each lane by its own count. */                                                             \
    LANE_OP lanes##N##_bits_t lanes##N##_bits_right_each(                                         \
        lanes##N##_bits_t a, lanes##N##_bits_t counts) {                                          \
        typedef unsigned long long unsigned_t __attribute__((ext_vector_type(N)));                \
        return (lanes##N##_bits_t)((unsigned_t)a >> (unsigned_t)counts);                          \
    }                                                                                             \
    /* Whole numbers of 0 to 255, a byte each. */                                                 \
    LANE_OP void lanes##N##_store_bytes(lanes##N##_t a, unsigned char *to) {                      \
        typedef unsigned char bytes_t __attribute__((ext_vector_type(N)));                        \
        bytes_t bytes = __builtin_convertvector(a, bytes_t);                                      \
        __builtin_memcpy(to, &bytes, N);                                                          \
    }                                                                                             \
    LANE_OP void lanes##N##_bits_store_bytes(lanes##N##_bits_t a, unsigned char *to) {            \
        typedef unsigned char bytes_t __attribute__((ext_vector_type(N)));                        \
        bytes_t bytes = __builtin_convertvector(a, bytes_t);                                      \
        __builtin_memcpy(to, &bytes, N);                                                          \
    }                                                                                             \
    /* All ones in the lanes whose bit is set: bit 0 is lane 0. */                                \
    LANE_OP lanes##N##_bits_t lanes##N##_mask(unsigned char bits, lanes##N##_bits_t lane_bits) {  \
        return (lanes##N##_bits_t)(((lanes##N##_bits_t)((long long)bits) & lane_bits) != 0);      \
    }

LANES_OF(2)
LANES_OF(4)
LANES_OF(8)

/* Adds `step`, which may wrap around, to the counts from `first` on: 64 of them. */
LANE_OP void lanes_add_from(unsigned short *counts, unsigned short first, unsigned short step) {
    typedef unsigned short half_t __attribute__((ext_vector_type(32)));
    typedef unsigned short loose_t __attribute__((ext_vector_type(32), aligned(2)));
    const half_t places = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                           16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    for (int i = 0; i < 64; i += 32) {
        const half_t reached = (half_t)(places + (half_t)(unsigned short)i >= (half_t)first);
        *(loose_t *)(counts + i) += (half_t)step & reached;
    }
}

/* After the last `stream`: whoever is told of what was written finds it there. */
LANE_OP void lanes_end_of_stream(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

/* Eight rows of eight become eight columns: rows[i][j] becomes rows[j][i]. */
LANE_OP void lanes8_transpose(lanes8_t rows[8]) {
    lanes8_t pairs[8], fours[8];
    for (int i = 0; i < 8; i += 2) {
        pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = i; j < i + 2; j++) {
            fours[j] = __builtin_shufflevector(pairs[j], pairs[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            fours[j + 2] =
                __builtin_shufflevector(pairs[j], pairs[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int i = 0; i < 4; i++) {
        rows[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        rows[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* The values `first` to `first` + 7 of eight columns, as eight rows of eight. */
LANE_OP void lanes8_interleave(const double *const *columns, long first, double *to) {
    lanes8_t rows[8];
    for (int i = 0; i < 8; i++) rows[i] = *(const lanes8_loose_t *)(columns[i] + first);
    lanes8_transpose(rows);
    for (int i = 0; i < 8; i++) *(lanes8_loose_t *)(to + 8 * i) = rows[i];
}

/* The way back. */
LANE_OP void lanes8_deinterleave(const double *from, double *const *columns, long first) {
    lanes8_t rows[8];
    for (int i = 0; i < 8; i++) rows[i] = *(const lanes8_loose_t *)(from + 8 * i);
    lanes8_transpose(rows);
    for (int i = 0; i < 8; i++) *(lanes8_loose_t *)(columns[i] + first) = rows[i];
}

/* The cache lines at `first` of the columns will soon be read, or written. Addresses are counted as
 * integers, since they may lie outside of a column, where this does no harm. */
LANE_OP const void *lanes8_line(const double *column, long first) {
    return (const void *)((unsigned long)column + sizeof(double) * (unsigned long)first);
}
LANE_OP void lanes8_will_read(const double *const *columns, long first) {
    for (int i = 0; i < 8; i++) __builtin_prefetch(lanes8_line(columns[i], first), 0);
}
LANE_OP void lanes8_will_write(double *const *columns, long first) {
    for (int i = 0; i < 8; i++) __builtin_prefetch(lanes8_line(columns[i], first), 1);
}
