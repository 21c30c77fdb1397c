/* SPDX-License-Identifier: MIT */
/* A case whose outcome is known, as a test. */
#ifndef KTAP_H
#define KTAP_H

#include "recorder.h"

/* What must have been observed once a step was done. */
struct expectation {
	int line;		/* of the scenario */
	const char *text;
	int step;		/* index in the case */
	const char *field;	/* "ret", "value", "got" … */
	int index;		/* of a got, an exception, a register */
	u64 mask;		/* bits that are compared; 0: all */
	int shift;
	const char *operator;	/* "==", "!=", "<", "<=", ">", ">=" */
	u64 value;
	const char *word;	/* an exit; else NULL */
};

extern const struct kvm_case the_case;
extern const struct expectation expectations[];
extern const int nexpectations;

#endif
