// SPDX-License-Identifier: MIT
/* The machine that the recorder runs on, and what the recorder says to its user. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder.h"

const char *cpu_name, *cpu_model;
int ncpus;
int failure_status = 2;
void (*before_failing)(void);

static void say(const char *format, va_list args)
{
	fflush(stdout);
	fputs("# ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void remark(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	if (before_failing)
		before_failing();
	if (is_init()) {
		remark("end");
		init_end();
	}
	exit(failure_status);
}

void *lasting(u64 size)
{
	void *p = calloc(1, size);

	if (!p)
		die("out of memory");
	return p;
}

void pin_to(int cpu)
{
	cpu_set_t set;

	if (cpu >= ncpus)
		cannot("it needs host CPU %d, and this machine has %d", cpu, ncpus);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set))
		cannot("cannot move to host CPU %d: %s", cpu, strerror(errno));
}

/* The second field of a line of /proc/cpuinfo. */
static const char *cpuinfo(const char *key)
{
	static char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");

	while (f && fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) || !colon)
			continue;
		line[strcspn(line, "\n")] = 0;
		fclose(f);
		return colon + 1 + strspn(colon + 1, " ");
	}
	if (f)
		fclose(f);
	return NULL;
}

static void on_alarm(int signal)
{
	(void)signal;
}

void machine_open(void)
{
	/* A guest that does not come back is interrupted: KVM_RUN returns EINTR. */
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	ncpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_name = getenv("RECORDER_CPU");
	cpu_model = getenv("RECORDER_MODEL");
	if (!cpu_name)
		cpu_name = cpuinfo("model name");
	if (!cpu_name)
		cpu_name = cpuinfo("CPU part");
	cpu_name = cpu_name ? strdup(cpu_name) : "unknown";
	arch_open();
}
