/* clock.h - time that only goes forward, for every wait. */
#ifndef CLOCK_H
#define CLOCK_H

#define CLOCK_NEVER 0x7fffffffffffffffLL

/* Milliseconds since boot, those of a suspended machine included. */
long long clock_ms(void);

/* clock_ms() + ms, or CLOCK_NEVER for ms < 0. */
long long clock_in(long long ms);

/* The time left until deadline as an argument of poll: milliseconds rounded up,
 * 0 when past, -1 for CLOCK_NEVER. */
int clock_left(long long deadline);

/* The earlier of two deadlines. */
long long clock_first(long long a, long long b);

#endif
