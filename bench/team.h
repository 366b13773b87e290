/* team.h - threads that stay, and start together
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_TEAM_H
#define CLRELU_BENCH_TEAM_H

/* One thread per core, each on its own core where the system allows. */
typedef struct team team;

team *team_create(unsigned threads);
void team_destroy(team *t);

typedef void team_work(void *data, unsigned thread, unsigned threads);

/* Has all threads do the work, calls times over; none begins the next call
 * before all have ended the last.  Returns the seconds from when they all stand
 * ready to when they all have ended. */
double team_run(team *t, team_work *work, void *data, unsigned calls);

#endif
