// SPDX-License-Identifier: MIT
/* perf hardware breakpoints of the recorder's own thread, on variables of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "x86.h"

#define BREAKPOINTS 4

static volatile u64 variable[16] __attribute__((aligned(64)));
static int event[BREAKPOINTS];	/* file descriptor + 1; 0: none */

void host_breakpoints_clear(void)
{
	for (int k = 0; k < BREAKPOINTS; k++) {
		if (event[k])
			close(event[k] - 1);
		event[k] = 0;
	}
	memset((void *)variable, 0, sizeof variable);
}

int host_breakpoint(const struct step *s)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof attr,
		.bp_type = s->reads ? HW_BREAKPOINT_RW : HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&variable[s->var],
		.bp_len = s->len,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	if (s->id >= BREAKPOINTS)
		cannot("there is no host_bp %d, only 0 to %d", s->id, BREAKPOINTS - 1);
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0 && errno != ENOSPC && errno != EBUSY && errno != EINVAL)
		cannot("perf_event_open: %s", strerror(errno));
	if (fd >= 0)
		event[s->id] = fd + 1;
	return fd < 0 ? -errno : 0;
}

void host_touch(const struct step *s, struct outcome *o)
{
	for (int k = 0; k < s->writes; k++)
		variable[s->var]++;
	for (int k = 0; k < BREAKPOINTS; k++) {
		if (!event[k])
			continue;
		o->counted[k] = true;
		if (read(event[k] - 1, &o->hits[k], sizeof o->hits[k]) != sizeof o->hits[k])
			cannot("cannot read the count of host_bp %d: %s", k, strerror(errno));
	}
}
