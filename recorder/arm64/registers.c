// SPDX-License-Identifier: MIT
/* System registers by name, and KVM_GET_ONE_REG and KVM_SET_ONE_REG. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arm64.h"

#define CORE(field) (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

const u64 pc_id = CORE(regs.pc);
const u64 pstate_id = CORE(regs.pstate);
const u64 elr_id = CORE(elr_el1);
const u64 spsr_id = CORE(spsr[KVM_SPSR_EL1]);
const u64 vbar_id = ARM64_SYS_REG(3, 0, 12, 0, 0);

/* One register, or, with %d in its name, 16 of them that differ in CRm. */
static const struct sysreg registers[] = {
	{ "DBGBVR%d_EL1", 2, 0, 0, 0, 4 },
	{ "DBGBCR%d_EL1", 2, 0, 0, 0, 5 },
	{ "DBGWVR%d_EL1", 2, 0, 0, 0, 6 },
	{ "DBGWCR%d_EL1", 2, 0, 0, 0, 7 },
	{ "OSDTRRX_EL1", 2, 0, 0, 0, 2 },
	{ "MDCCINT_EL1", 2, 0, 0, 2, 0 },
	{ "MDSCR_EL1", 2, 0, 0, 2, 2 },
	{ "OSDTRTX_EL1", 2, 0, 0, 3, 2 },
	{ "MDSELR_EL1", 2, 0, 0, 4, 2 },
	{ "OSECCR_EL1", 2, 0, 0, 6, 2 },
	{ "MDRAR_EL1", 2, 0, 1, 0, 0 },
	{ "OSLAR_EL1", 2, 0, 1, 0, 4 },
	{ "OSLSR_EL1", 2, 0, 1, 1, 4 },
	{ "OSDLR_EL1", 2, 0, 1, 3, 4 },
	{ "DBGPRCR_EL1", 2, 0, 1, 4, 4 },
	{ "DBGCLAIMSET_EL1", 2, 0, 7, 8, 6 },
	{ "DBGCLAIMCLR_EL1", 2, 0, 7, 9, 6 },
	{ "DBGAUTHSTATUS_EL1", 2, 0, 7, 14, 6 },
	{ "MDCCSR_EL0", 2, 3, 0, 1, 0 },
	{ "DBGDTR_EL0", 2, 3, 0, 4, 0 },
	/* The same encoding: a read is RX, a write TX. */
	{ "DBGDTRRX_EL0", 2, 3, 0, 5, 0 },
	{ "DBGDTRTX_EL0", 2, 3, 0, 5, 0 },
	{ "DBGVCR32_EL2", 2, 4, 0, 7, 0 },
	{ "ID_AA64DFR0_EL1", 3, 0, 0, 5, 0 },
	{ "ID_AA64DFR1_EL1", 3, 0, 0, 5, 1 },
	{ "ID_DFR0_EL1", 3, 0, 0, 1, 2 },
	{ "CONTEXTIDR_EL1", 3, 0, 13, 0, 1 },
	{ "MDCR_EL2", 3, 4, 1, 1, 1 },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Puts a number in place of the %d, if there is one. */
static void number_name(char *name, const char *pattern, int n)
{
	const char *hole = strchr(pattern, '%');

	if (hole)
		sprintf(name, "%.*s%d%s", (int)(hole - pattern), pattern, n, hole + 2);
	else
		strcpy(name, pattern);
}

const struct sysreg *find_sysreg(const char *name)
{
	static struct sysreg found;

	for (unsigned k = 0; name && k < COUNT(registers); k++) {
		int numbered = strchr(registers[k].name, '%') ? DEBUG_REGISTERS : 1;

		for (int n = 0; n < numbered; n++) {
			found = registers[k];
			if (numbered > 1) {
				number_name(found.name, registers[k].name, n);
				found.crm = n;
			}
			if (!strcmp(found.name, name))
				return &found;
		}
	}
	cannot("the recorder has no register %s", name ? name : "without a name");
}

u64 sysreg_id(const struct sysreg *r)
{
	return ARM64_SYS_REG(r->op0, r->op1, r->crn, r->crm, r->op2);
}

/* The name of a register of the debug group (op0 2); NULL for others. */
const char *sysreg_name(u64 id)
{
	static char name[24];

	for (unsigned k = 0; k < COUNT(registers); k++) {
		struct sysreg r = registers[k];
		int numbered = strchr(r.name, '%') ? DEBUG_REGISTERS : 1;

		for (int n = 0; n < numbered; n++) {
			if (numbered > 1)
				r.crm = n;
			if (r.op0 != 2 || sysreg_id(&r) != id)
				continue;
			number_name(name, registers[k].name, n);
			return name;
		}
	}
	return NULL;
}

u64 x_id(int n)
{
	/* Core registers are numbered in units of 32 bits. */
	return CORE(regs.regs[0]) + 2 * n;
}

int get_reg(int v, u64 id, u64 *value)
{
	struct kvm_one_reg reg = { id, (uintptr_t)value };

	return ioctl(vcpus[v].fd, KVM_GET_ONE_REG, &reg) ? -errno : 0;
}

int set_reg(int v, u64 id, u64 value)
{
	struct kvm_one_reg reg = { id, (uintptr_t)&value };

	return ioctl(vcpus[v].fd, KVM_SET_ONE_REG, &reg) ? -errno : 0;
}
