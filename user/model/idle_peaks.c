/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* idle_peaks.c - see idle_peaks.h. */
#include "model/idle_peaks.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

/* Bucket i is of what is idle for FIRST_S * exp(i / 100) seconds, and less than the next; the last
 * is of all that is longer. */
#define FIRST_S 6.0
#define STEP    0.01
#define BAND    64 /* buckets whose moments are of one length */
#define BANDS   16
#define BUCKETS (BANDS * BAND) /* up to 46 hours */

/* A window and what is beside it, in buckets. */
#define WINDOW 2
#define SIDE   14 /* windows */
#define REACH  (SIDE * WINDOW)
#define RANK   3 /* more than all but two */

/* The windows that are looked at begin there: from 9.3 s to 33 hours. */
#define FIRST_LOOKED_AT 44
#define LAST_LOOKED_AT  (BUCKETS - WINDOW - REACH)
#define LOOKS           (IDLE_PEAKS_BYS * (LAST_LOOKED_AT - FIRST_LOOKED_AT + 1))

#define CHANCE       1e-6
#define WIN_CHANCE   (RANK / (SIDE + 1.0))
#define TIMES_RIVAL  3
#define COUNT_MIN    20
#define SHARE        20   /* one in so many */
#define MOMENT_SHARE 0.02 /* of the longest idle time of its band */
#define SAME_PEAK    5    /* buckets */
#define SAME_AGE     0.02
#define SINCE_BEGIN  1.05 /* age by idle time of what was idle all its life, or nearly */

/* What ended in the moment under way, with the surroundings of all windows that begin in the band.
 */
#define BAND_REACH (REACH + BAND + WINDOW + REACH)

struct band {
	uint64_t until; /* ns; 0: none has begun */
	uint64_t ends[BAND_REACH];
};

struct ends {
	uint64_t ends[BUCKETS];
	double sum[BUCKETS];       /* ns */
	double age[BUCKETS];       /* ns: that which most of them have, if most have one ... */
	uint32_t votes[BUCKETS];   /* ... by how many more have it than have not */
	uint32_t moments[BUCKETS]; /* that have an end in the window that begins here, or beside it
				    */
	uint32_t wins[BUCKETS];
	struct band bands[BANDS];
};

struct idle_peaks {
	struct ends of[IDLE_PEAKS_BYS];
	uint64_t all[BUCKETS + 1]; /* however they ended */
};

struct idle_peaks *idle_peaks_new(void)
{
	return calloc(1, sizeof(struct idle_peaks));
}

void idle_peaks_free(struct idle_peaks *peaks)
{
	free(peaks);
}

/* ---- a window ---- */

static uint64_t ended_in(const uint64_t *window)
{
	return window[0] + window[1];
}

_Static_assert(WINDOW == 2, "as the sum above has it");

/* The RANKth of a side's windows, by how many ended in them. */
static uint64_t rival_among(const uint64_t *first)
{
	uint64_t top[RANK] = {0};

	for (unsigned i = 0; i < SIDE; i++) {
		uint64_t n = ended_in(first + WINDOW * i);

		for (unsigned k = 0; k < RANK; k++)
			if (n > top[k]) {
				uint64_t less = top[k];

				top[k] = n;
				n = less;
			}
	}
	return top[RANK - 1];
}

/* That of the stronger side. */
static uint64_t rival_of(const uint64_t *window)
{
	uint64_t below = rival_among(window - REACH), above = rival_among(window + WINDOW);

	return below > above ? below : above;
}

static bool is_looked_at(unsigned bucket)
{
	return bucket >= FIRST_LOOKED_AT && bucket <= LAST_LOOKED_AT;
}

/* ---- counting ---- */

static unsigned bucket_of(uint64_t idle)
{
	double bucket = log((double)idle / (FIRST_S * NS_PER_S)) / STEP;

	return bucket < BUCKETS ? (unsigned)bucket : BUCKETS;
}

static uint64_t moment_of(unsigned band)
{
	return (uint64_t)(FIRST_S * NS_PER_S * exp((band + 1) * BAND * STEP) * MOMENT_SHARE);
}

/* Has the window an end, or either side of it? `upto`: how many ends are before a place. */
static bool is_trial(const uint64_t *upto, unsigned window)
{
	return upto[window + WINDOW + REACH] > upto[window - REACH];
}

static void end_moment(struct ends *of, unsigned band)
{
	struct band *it = &of->bands[band];
	uint64_t upto[BAND_REACH + 1] = {0};

	for (unsigned i = 0; i < BAND_REACH; i++)
		upto[i + 1] = upto[i] + it->ends[i];
	for (unsigned i = 0; i < BAND; i++) {
		const uint64_t *window = &it->ends[REACH + i];
		unsigned bucket = band * BAND + i;
		uint64_t n = ended_in(window);

		if (!is_looked_at(bucket) || !is_trial(upto, REACH + i))
			continue;
		of->moments[bucket]++;
		of->wins[bucket] += n && n > rival_of(window);
	}
	*it = (struct band){0};
}

/* `place`: of the bucket, among those of the band and around it. */
static void add_to_band(struct ends *of, unsigned band, unsigned place, uint64_t ts)
{
	struct band *it = &of->bands[band];

	if (it->until && ts >= it->until)
		end_moment(of, band);
	if (!it->until)
		it->until = ts + moment_of(band);
	it->ends[place]++;
}

static int by_of(const struct conn_event *event)
{
	if (event->to == WIRE_CLOSE_WAIT)
		return IDLE_PEAKS_FIN;
	return event->to == WIRE_CLOSE && event->cause == CAUSE_RESET ? IDLE_PEAKS_RESET : -1;
}

/* The vote of Boyer and Moore. */
static void add_age(struct ends *of, unsigned bucket, double age, double idle)
{
	uint32_t *votes = &of->votes[bucket];

	if (age < idle * SINCE_BEGIN) {
		*votes -= *votes > 0;
	} else if (!*votes) {
		of->age[bucket] = age;
		*votes = 1;
	} else if (fabs(age / of->age[bucket] - 1) < SAME_AGE) {
		++*votes;
	} else {
		--*votes;
	}
}

static void add(struct ends *of, unsigned bucket, const struct conn_event *event)
{
	of->ends[bucket]++;
	of->sum[bucket] += (double)event->idle;
	if (event->dwell_known == DWELL_EXACT)
		add_age(of, bucket, (double)event->dwell, (double)event->idle);
	for (unsigned band = 0; band < BANDS; band++) {
		unsigned place = bucket + REACH - band * BAND;

		if (bucket + REACH >= band * BAND && place < BAND_REACH)
			add_to_band(of, band, place, event->ts);
	}
}

void idle_peaks_add(struct idle_peaks *peaks, const struct conn_event *event)
{
	int by = by_of(event);
	unsigned bucket;

	if (event->from != WIRE_ESTABLISHED || !event->idle_seen ||
	    event->idle < (uint64_t)FIRST_S * NS_PER_S)
		return;
	bucket = bucket_of(event->idle);
	peaks->all[bucket]++;
	if (by >= 0 && bucket < BUCKETS)
		add(&peaks->of[by], bucket, event);
}

/* ---- finding ---- */

/* log() of the probability of so many wins, or more, if each is a matter of chance. */
static double log_chance(uint32_t moments, uint32_t wins)
{
	const double n = moments, k = wins, odds = WIN_CHANCE / (1 - WIN_CHANCE);
	double first = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(WIN_CHANCE) +
		       (n - k) * log1p(-WIN_CHANCE);
	double term = 1, sum = 1;

	if (k <= n * WIN_CHANCE)
		return 0;
	/* From there on each term is less than the one before. */
	for (uint32_t i = wins; i < moments && term > sum * 1e-9; i++) {
		term *= (double)(moments - i) / (i + 1.0) * odds;
		sum += term;
	}
	return first + log(sum);
}

struct search {
	const struct idle_peaks *peaks;
	uint64_t reached[BUCKETS + 1]; /* that had been idle for so long, or longer */
};

/*
 * Were most of them of one age, which is not the time that they were idle? Then a lifetime is what
 * they have in common, and data that comes at equal distances makes idle times look alike, too. Two
 * in three or more would be, since a window has three times as much as others: the votes of a
 * third. Half of that is enough.
 */
static bool are_of_one_age(const struct ends *of, unsigned bucket)
{
	uint64_t votes = (uint64_t)of->votes[bucket] + of->votes[bucket + 1];

	return 6 * votes > ended_in(&of->ends[bucket]);
}

static bool is_peak(const struct search *search, unsigned by, unsigned bucket)
{
	const struct ends *of = &search->peaks->of[by];
	const uint64_t *window = &of->ends[bucket];
	uint64_t n = ended_in(window);

	return n >= COUNT_MIN && n >= TIMES_RIVAL * rival_of(window) &&
	       n * SHARE >= search->reached[bucket] && !are_of_one_age(of, bucket) &&
	       log_chance(of->moments[bucket], of->wins[bucket]) < log(CHANCE / LOOKS);
}

static struct idle_peak peak_of(const struct search *search, unsigned by, unsigned bucket)
{
	const struct ends *of = &search->peaks->of[by];
	struct idle_peak peak = {.count = ended_in(&of->ends[bucket]),
				 .reached = search->reached[bucket],
				 .by = (uint8_t)by};

	peak.at = (uint64_t)((of->sum[bucket] + of->sum[bucket + 1]) / (double)peak.count);
	return peak;
}

/* Keeps those with most ends, in that order. */
static unsigned insert(struct idle_peak *peaks, unsigned n, struct idle_peak peak)
{
	unsigned at = n;

	while (at && peaks[at - 1].count < peak.count)
		at--;
	if (n < IDLE_PEAKS_MAX)
		n++;
	for (unsigned i = n - 1; i > at; i--)
		peaks[i] = peaks[i - 1];
	if (at < n)
		peaks[at] = peak;
	return n;
}

/* Of windows that overlap, or touch, the one in which most ended. */
static unsigned find(const struct search *search, unsigned by, struct idle_peak *ret, unsigned n)
{
	struct idle_peak best = {0};
	unsigned best_at = 0;

	for (unsigned i = FIRST_LOOKED_AT; i <= LAST_LOOKED_AT; i++) {
		struct idle_peak peak;

		if (best.count && i > best_at + SAME_PEAK) {
			n = insert(ret, n, best);
			best.count = 0;
		}
		if (!is_peak(search, by, i))
			continue;
		peak = peak_of(search, by, i);
		if (peak.count <= best.count)
			continue;
		best = peak;
		best_at = i;
	}
	return best.count ? insert(ret, n, best) : n;
}

unsigned idle_peaks_find(const struct idle_peaks *peaks, struct idle_peak ret[IDLE_PEAKS_MAX])
{
	struct search search = {.peaks = peaks};
	unsigned n = 0;

	search.reached[BUCKETS] = peaks->all[BUCKETS];
	for (unsigned i = BUCKETS; i--;)
		search.reached[i] = search.reached[i + 1] + peaks->all[i];
	for (unsigned by = 0; by < IDLE_PEAKS_BYS; by++)
		n = find(&search, by, ret, n);
	return n;
}

/* ---- in words ---- */

static const struct word names[IDLE_PEAKS_BYS] = {
	[IDLE_PEAKS_FIN] = WORD("fin"), [IDLE_PEAKS_RESET] = WORD("reset")};

const char *idle_peaks_by_name(unsigned by)
{
	return by < IDLE_PEAKS_BYS ? names[by].text : NULL;
}

const struct word *idle_peaks_by_word(unsigned by)
{
	return &names[by];
}
