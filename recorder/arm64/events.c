// SPDX-License-Identifier: MIT
/* KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: a pending SError. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arm64.h"

/* Members by the names of cases, and where each is in the packed word. */
enum { PENDING = 1, HAS_ESR = 2, DATA_ABORT = 4 };
#define ESR_SHIFT 8
#define ESR_MAX 0xffffffffull

bool event_of(const char *name, u64 value, u64 *packed)
{
	static const struct { const char *name; u64 bit; } flag[] = {
		{ "serror_pending", PENDING }, { "serror_has_esr", HAS_ESR }, { "ext_dabt_pending", DATA_ABORT },
	};

	if (!strcmp(name, "serror_esr") && value <= ESR_MAX) {
		*packed |= value << ESR_SHIFT;
		return true;
	}
	for (unsigned k = 0; k < sizeof flag / sizeof *flag; k++) {
		if (strcmp(flag[k].name, name) || value > 1)
			continue;
		*packed |= value ? flag[k].bit : 0;
		return true;
	}
	return false;
}

int set_events(int v, u64 packed)
{
	struct kvm_vcpu_events events = { .exception = {
		.serror_pending = packed & PENDING, .serror_has_esr = !!(packed & HAS_ESR),
		.ext_dabt_pending = !!(packed & DATA_ABORT), .serror_esr = packed >> ESR_SHIFT,
	} };

	return ioctl(vcpus[v].fd, KVM_SET_VCPU_EVENTS, &events) ? -errno : 0;
}

int get_events(int v, u64 *packed)
{
	struct kvm_vcpu_events events = { 0 };
	int ret = ioctl(vcpus[v].fd, KVM_GET_VCPU_EVENTS, &events) ? -errno : 0;

	*packed = (events.exception.serror_pending ? PENDING : 0) | (events.exception.serror_has_esr ? HAS_ESR : 0) |
		  (events.exception.ext_dabt_pending ? DATA_ABORT : 0) | events.exception.serror_esr << ESR_SHIFT;
	return ret;
}

/* Those that are not 0. */
void print_events(struct text *t, u64 packed)
{
	text_name(t, "events");
	text_add(t, "{");
	if (packed & PENDING)
		text_number(t, "serror_pending", 1);
	if (packed & HAS_ESR)
		text_number(t, "serror_has_esr", 1);
	if (packed & DATA_ABORT)
		text_number(t, "ext_dabt_pending", 1);
	if (packed >> ESR_SHIFT)
		text_hex(t, "serror_esr", packed >> ESR_SHIFT);
	text_add(t, "}");
}
