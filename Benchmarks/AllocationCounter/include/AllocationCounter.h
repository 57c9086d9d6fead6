#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// How often the calling thread has allocated memory since it began. A program that links this
/// library allocates through it; what is freed is not subtracted.
unsigned long allocation_count(void);

#endif
