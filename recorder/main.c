// SPDX-License-Identifier: MIT
/*
 * Records what KVM does with debug registers: reads cases, performs each on /dev/kvm, prints recordings.
 *
 *	recorder [CASES.jsonl|-]... > recordings.jsonl
 *
 * As the first process of an initramfs it reads /cases.jsonl, and powers the machine off at the end.
 * Remarks begin with # and go to standard error.
 * RECORDER_CPU and RECORDER_MODEL of the environment (for init: of the kernel's command line) name the CPU.
 * Exit status: 0 every case was recorded; 1 some could not be; 2 nothing can be recorded, or a case is malformed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"

static int record_all(const char *path)
{
	static struct text recording;
	struct kvm_case *c;
	int failed = 0;

	open_cases(path);
	while ((c = next_case())) {
		int takes = record(c, &recording, NULL);

		if (!takes) {
			failed = 1;
			continue;
		}
		fputs(recording.bytes, stdout);
		fflush(stdout);
		/* After it: on a console the remark says that the recording is whole. */
		remark("case %s: %d takes", c->name, takes);
	}
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc > 1 && argv[1][0] == '-' && argv[1][1]) {
		bool help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");

		fprintf(help ? stdout : stderr, "usage: %s [CASES.jsonl|-]... > recordings.jsonl\n", argv[0]);
		return help ? 0 : 2;
	}
	if (is_init())
		init_begin();
	machine_open();
	if (is_init()) {
		remark("begin");
		failed = record_all("/cases.jsonl");
	} else if (argc < 2) {
		failed = record_all("-");
	} else {
		for (int i = 1; i < argc; i++)
			failed |= record_all(argv[i]);
	}
	if (is_init()) {
		init_run_tests();
		remark("end");
		init_end();
	}
	return failed;
}
