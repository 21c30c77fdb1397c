// SPDX-License-Identifier: MIT
/* KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS, and KVM_ENABLE_CAP. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "x86.h"

#define MEMBER(member) \
	offsetof(struct kvm_vcpu_events, member), sizeof(((struct kvm_vcpu_events *)0)->member)

/*
 * Members of the structure by the names of cases, and where each is in the packed word that a check looks at: the packing
 * of dregs. `bit` is the first one in the member.
 */
static const struct event_field {
	const char *name;
	u8 low, width;
	u8 offset, size, bit;
} fields[] = {
	{ "exception_injected", 0, 1, MEMBER(exception.injected), 0 },
	{ "exception_pending", 1, 1, MEMBER(exception.pending), 0 },
	{ "exception_has_error_code", 2, 1, MEMBER(exception.has_error_code), 0 },
	{ "exception_has_payload", 3, 1, MEMBER(exception_has_payload), 0 },
	{ "interrupt_injected", 4, 1, MEMBER(interrupt.injected), 0 },
	{ "interrupt_soft", 5, 1, MEMBER(interrupt.soft), 0 },
	{ "interrupt_shadow", 6, 2, MEMBER(interrupt.shadow), 0 },
	{ "nmi_injected", 8, 1, MEMBER(nmi.injected), 0 },
	{ "nmi_masked", 9, 1, MEMBER(nmi.masked), 0 },
	{ "nmi_pending", 10, 2, MEMBER(nmi.pending), 0 },
	{ "valid_nmi_pending", 12, 1, MEMBER(flags), 0 },
	{ "valid_sipi_vector", 13, 1, MEMBER(flags), 1 },
	{ "valid_shadow", 14, 1, MEMBER(flags), 2 },
	{ "valid_smm", 15, 1, MEMBER(flags), 3 },
	{ "valid_payload", 16, 1, MEMBER(flags), 4 },
	{ "valid_triple_fault", 17, 1, MEMBER(flags), 5 },
	{ "exception_nr", 24, 8, MEMBER(exception.nr), 0 },
	{ "interrupt_nr", 32, 8, MEMBER(interrupt.nr), 0 },
	{ "exception_payload", 40, 17, MEMBER(exception_payload), 0 },
	{ NULL, 0, 0, 0, 0, 0 },
};

static u64 mask_of(const struct event_field *field)
{
	return (1ull << field->width) - 1;
}

bool event_of(const char *name, u64 value, u64 *packed)
{
	for (const struct event_field *field = fields; field->name; field++) {
		if (strcmp(field->name, name))
			continue;
		if (value & ~mask_of(field))
			cannot("%s has %u bits, and is %#llx", name, field->width, (unsigned long long)value);
		*packed |= value << field->low;
		return true;
	}
	return false;
}

int set_events(int v, u64 packed)
{
	struct kvm_vcpu_events events = { 0 };

	for (const struct event_field *field = fields; field->name; field++) {
		u64 word = 0;
		char *at = (char *)&events + field->offset;

		memcpy(&word, at, field->size);
		word |= (packed >> field->low & mask_of(field)) << field->bit;
		memcpy(at, &word, field->size);
	}
	return ioctl(vcpus[v].fd, KVM_SET_VCPU_EVENTS, &events) ? -errno : 0;
}

int get_events(int v, u64 *packed)
{
	struct kvm_vcpu_events events = { 0 };
	int ret = ioctl(vcpus[v].fd, KVM_GET_VCPU_EVENTS, &events) ? -errno : 0;

	for (const struct event_field *field = fields; field->name; field++) {
		u64 word = 0;

		memcpy(&word, (char *)&events + field->offset, field->size);
		*packed |= (word >> field->bit & mask_of(field)) << field->low;
	}
	return ret;
}

/* Those that are not 0. */
void print_events(struct text *t, u64 packed)
{
	text_name(t, "events");
	text_add(t, "{");
	for (const struct event_field *field = fields; field->name; field++) {
		u64 value = packed >> field->low & mask_of(field);

		if (value && field->width > 8)
			text_hex(t, field->name, value);
		else if (value)
			text_number(t, field->name, value);
	}
	text_add(t, "}");
}

/* Capabilities of the VM that cases enable; a restored VM has them too. */
static const struct { const char *name; u32 number; } capability[] = {
	{ "KVM_CAP_EXCEPTION_PAYLOAD", KVM_CAP_EXCEPTION_PAYLOAD },
};
#define CAPABILITIES (sizeof capability / sizeof *capability)
static bool enabled[CAPABILITIES];

static int enable(unsigned k)
{
	struct kvm_enable_cap cap = { .cap = capability[k].number, .args = { 1 } };

	return ioctl(vm_fd, KVM_ENABLE_CAP, &cap) ? -errno : 0;
}

int enable_capability(const char *name)
{
	for (unsigned k = 0; k < CAPABILITIES; k++) {
		if (!name || strcmp(capability[k].name, name))
			continue;
		int ret = enable(k);

		if (!ret)
			enabled[k] = true;
		return ret;
	}
	cannot("the recorder enables no capability %s", name ? name : "without a name");
}

void enable_capabilities_again(void)
{
	for (unsigned k = 0; k < CAPABILITIES; k++)
		if (enabled[k] && enable(k))
			cannot("KVM_ENABLE_CAP of %s for another VM: %s", capability[k].name, strerror(errno));
}

void forget_capabilities(void)
{
	memset(enabled, 0, sizeof enabled);
}
