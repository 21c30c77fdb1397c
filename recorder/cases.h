/* SPDX-License-Identifier: MIT */
/* Cases as JSON lines. */
#ifndef CASES_H
#define CASES_H

#include "recorder.h"

void open_cases(const char *path);
/* NULL after the last one. */
struct kvm_case *next_case(void);

#endif
