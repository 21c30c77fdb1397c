// SPDX-License-Identifier: MIT
/*
 * Performs one case, and says as KTAP whether each expectation holds. Exit status, as kselftest has it: 0 all hold, 1 one
 * does not, 4 the case cannot be performed here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"

#define KSFT_FAIL 1
#define KSFT_SKIP 4

static struct outcome *outcomes;

static void keep(const struct kvm_case *c, int step, const struct outcome *o)
{
	(void)c;
	outcomes[step] = *o;
}

/* What was observed; false if there is nothing by that name. */
static bool observed(const struct outcome *o, const struct expectation *e, u64 *value)
{
	const struct taken *t = e->index >= 0 && e->index < o->ntaken ? &o->taken[e->index] : NULL;
	const struct { const char *field; bool there; u64 value; } all[] = {
		{ "ret", true, o->ret },
		{ "value", o->has_value, o->value },
		{ "ended", true, o->ended },
		{ "at", true, o->at },
		{ "pc", true, o->pc },
		{ "flags", true, o->flags },
		{ "exit_pc", true, o->exit_pc },
		{ "exception", true, o->exception },
		{ "hsr", true, o->hsr },
		{ "far", true, o->far },
		{ "dr6", true, o->dr6 },
		{ "dr7", true, o->dr7 },
		{ "db", e->index < 4, e->index < 4 ? o->db[e->index] : 0 },
		{ "got", e->index < PROGRAM_MAX && o->executed[e->index], e->index < PROGRAM_MAX ? o->got[e->index] : 0 },
		{ "taken", true, o->ntaken },
		{ "taken.kind", t, t ? t->kind : 0 },
		{ "taken.syndrome", t, t ? t->syndrome : 0 },
		{ "taken.pc", t, t ? t->pc : 0 },
		{ "taken.flags", t, t ? t->flags : 0 },
		{ "taken.far", t, t ? t->far : 0 },
		{ "taken.dr6", t, t ? t->dr6 : 0 },
		{ "taken.dr7", t, t ? t->dr7 : 0 },
	};

	for (unsigned k = 0; k < sizeof all / sizeof *all; k++) {
		if (strcmp(all[k].field, e->field))
			continue;
		*value = all[k].value;
		return all[k].there;
	}
	return false;
}

static bool compares(u64 left, const char *operator, u64 right)
{
	if (!strcmp(operator, "=="))
		return left == right;
	if (!strcmp(operator, "!="))
		return left != right;
	if (!strcmp(operator, "<"))
		return left < right;
	if (!strcmp(operator, "<="))
		return left <= right;
	if (!strcmp(operator, ">"))
		return left > right;
	return left >= right;
}

static bool check(int number, const struct expectation *e)
{
	const struct outcome *o = &outcomes[e->step];
	bool is_exit = !strcmp(e->field, "exit");
	u64 value = 0;
	bool there = is_exit ? o->exit != NULL : observed(o, e, &value);
	bool holds;

	value = (e->mask ? value & e->mask : value) >> e->shift;
	if (is_exit)
		holds = there && !strcmp(o->exit, e->word);
	else
		holds = there && compares(value, e->operator, e->value);
	/* A statement that compares several fields is a check for each. */
	printf("%sok %d line %d: %s: %s\n", holds ? "" : "not ", number, e->line,
	       e->text, e->field);
	if (holds)
		return true;
	if (!there)
		printf("# there is no %s\n", e->field);
	else if (is_exit)
		printf("# the exit is %s\n", o->exit);
	else
		printf("# %s is %#llx\n", e->field, (unsigned long long)value);
	return false;
}

static void skip(void)
{
	printf("1..0 # SKIP the case cannot be performed here\n");
	fflush(stdout);
}

int main(void)
{
	static struct text recording;
	int failed = 0;

	if (is_init())
		init_begin();
	printf("KTAP version 1\n");
	failure_status = KSFT_SKIP;
	before_failing = skip;
	machine_open();
	outcomes = lasting(sizeof *outcomes * the_case.length);
	if (!record(&the_case, &recording, keep)) {
		skip();
		failed = -1;
	} else {
		printf("1..%d\n", nexpectations);
		for (int k = 0; k < nexpectations; k++)
			failed += !check(k + 1, &expectations[k]);
		printf("# pass:%d fail:%d\n", nexpectations - failed, failed);
	}
	if (is_init()) {
		remark("end");
		init_end();
	}
	return failed < 0 ? KSFT_SKIP : failed ? KSFT_FAIL : 0;
}
