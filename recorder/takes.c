// SPDX-License-Identifier: MIT
/* Performs a case until two takes, each in a fresh VM, agree byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "recorder.h"

#define TAKES_MAX 40
#define TAKES_STUCK_MAX 4	/* of a guest that does not exit, which takes seconds */

static struct text *take;		/* what is being written */
static observer *observing;
static const struct kvm_case *running;
static int running_step;
static jmp_buf give_up;
static bool can_give_up;
static char why_not[512];
static const char *disturbance;
static bool is_stuck;

void cannot(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why_not, sizeof why_not, format, args);
	va_end(args);
	if (!can_give_up)
		die("%s", why_not);
	longjmp(give_up, 1);
}

void disturbed(const char *why)
{
	disturbance = why;
}

void stuck(void)
{
	is_stuck = true;
}

void emit(const struct step *s, const struct outcome *o)
{
	print_step(take, s, o);
	text_add(take, "\n");
	if (observing)
		observing(running, running_step, o);
}

static void header(const struct kvm_case *c)
{
	text_clear(take);
	text_add(take, "{");
	text_string(take, "case", c->name);
	text_string(take, "arch", arch_name);
	arch_header(take);
	if (cpu_model)
		text_string(take, "model", cpu_model);
	text_number(take, "vcpus", c->vcpus);
	text_string(take, "about", c->about);
	text_add(take, "}\n");
}

/* Physical counts that the case was made for. */
static void check_counts(const struct kvm_case *c)
{
	int brps, ctx, wrps;

	arch_counts(&brps, &ctx, &wrps);
	if ((c->brps && c->brps != brps) || (c->ctx && c->ctx != ctx) || (c->wrps && c->wrps != wrps))
		cannot("it is for a CPU with %d breakpoints, %d of them context-aware, and %d watchpoints; this one has %d, %d and %d",
		       c->brps, c->ctx, c->wrps, brps, ctx, wrps);
}

static bool one_take(const struct kvm_case *c)
{
	volatile bool is_done = false;

	disturbance = NULL;
	is_stuck = false;
	running = c;
	can_give_up = true;
	if (!setjmp(give_up)) {
		check_counts(c);
		header(c);
		pin_to(0);
		vm_create(c);
		for (running_step = 0; running_step < c->length; running_step++)
			perform(&c->steps[running_step]);
		is_done = true;
	}
	can_give_up = false;
	vm_destroy();
	return is_done;
}

/*
 * Performs the case, and leaves its recording in the text. Returns how many takes it took; 0, with a remark, if it cannot
 * be recorded.
 */
int record(const struct kvm_case *c, struct text *recording, observer *observe)
{
	static struct text before;
	int agreeing = 0, takes = 0;

	is_stuck = false;
	take = recording;
	while (agreeing < 2) {
		if (takes == (is_stuck ? TAKES_STUCK_MAX : TAKES_MAX)) {
			remark("case %s: not recorded: no two of %d takes agree%s%s", c->name, takes,
			       disturbance ? "; the last one was disturbed: " : "", disturbance ? disturbance : "");
			return 0;
		}
		takes++;
		/* Observed once it is known to repeat. */
		observing = agreeing == 1 ? observe : NULL;
		if (!one_take(c)) {
			remark("case %s: not recorded: %s", c->name, why_not);
			return 0;
		}
		if (disturbance)
			continue;
		bool same = agreeing && before.length == take->length && !memcmp(before.bytes, take->bytes, take->length);

		agreeing = same ? 2 : 1;
		text_clear(&before);
		text_add(&before, "%s", take->bytes);
	}
	return takes;
}
