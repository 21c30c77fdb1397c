// SPDX-License-Identifier: MIT
/* Exits and entries, as KVM's tracepoints show them, where tracefs can be used. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arm64.h"

#define TRACEFS "/sys/kernel/tracing/"

bool traces_exits, traces_entries;
struct trace last_trace;
static char buffer[1 << 18];

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = write(fd, text, strlen(text));

	close(fd);
	return n == (ssize_t)strlen(text);
}

void trace_open(void)
{
	write_file(TRACEFS "buffer_size_kb", "512");
	traces_exits = write_file(TRACEFS "events/kvm/kvm_exit/enable", "1");
	/* What KVM loads into MDCR_EL2 and MDSCR_EL1; newer kernels do not trace it. */
	write_file(TRACEFS "events/kvm/kvm_arm_set_dreg32/enable", "1");
	if (!traces_exits)
		remark("without %s recordings have no kvm_exits", TRACEFS "events/kvm/kvm_exit");
}

void trace_clear(void)
{
	int fd = traces_exits ? open(TRACEFS "trace", O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;

	if (fd >= 0)
		close(fd);
}

static void read_buffer(void)
{
	int fd = open(TRACEFS "trace", O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t k;

	while (fd >= 0 && n < sizeof buffer - 1 && (k = read(fd, buffer + n, sizeof buffer - 1 - n)) > 0)
		n += k;
	buffer[n] = 0;
	if (fd >= 0)
		close(fd);
}

bool trace_shows_entries(void)
{
	read_buffer();
	return strstr(buffer, ": kvm_arm_set_dreg32: ") != NULL;
}

static u64 hex_after(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	return found ? strtoull(found + strlen(key), NULL, 16) : 0;
}

void trace_read(int v, struct trace *t)
{
	u64 mdcr = 0;
	char *save, *line;

	memset(t, 0, sizeof *t);
	read_buffer();
	for (line = strtok_r(buffer, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *exit = strstr(line, ": kvm_exit: "), *loaded = strstr(line, ": kvm_arm_set_dreg32: ");

		if (exit && strstr(exit, " IRQ:")) {
			disturbed("a host interrupt");
		} else if (exit && t->nexits < EXITS_MAX) {
			t->exits[t->nexits++] = (struct kvm_exit){
				.at = index_of(v, hex_after(exit, "PC: ")),
				.ec = hex_after(exit, "HSR_EC: "),
			};
		/* "Saved MDSCR_EL1" and "Restored MDSCR_EL1" are not what is loaded. */
		} else if (loaded && strstr(loaded, "32: MDCR_EL2: ")) {
			mdcr = hex_after(loaded, "32: MDCR_EL2: ");
		} else if (loaded && strstr(loaded, "32: MDSCR_EL1: ") && t->nentries < EXITS_MAX) {
			struct entry e = { mdcr, hex_after(loaded, "32: MDSCR_EL1: ") };
			struct entry *last = &t->entries[t->nentries - 1];

			/* Equal ones in a row are recorded once. */
			if (!t->nentries || last->mdcr_el2 != e.mdcr_el2 || last->mdscr_el1 != e.mdscr_el1)
				t->entries[t->nentries++] = e;
		}
	}
}
