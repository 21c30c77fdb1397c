// SPDX-License-Identifier: MIT
/* The lines of a recording on x86. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "x86.h"

static void print_values(struct text *t, const char *name, const u64 *values, int count)
{
	text_name(t, name);
	text_add(t, "[");
	for (int k = 0; k < count; k++) {
		text_comma(t);
		text_add(t, "\"0x%llx\"", (unsigned long long)values[k]);
	}
	text_add(t, "]");
}

static void print_ret(struct text *t, int ret)
{
	text_number(t, "ret", ret);
	if (ret == -EINVAL || ret == -EBUSY)
		text_string(t, "error", ret == -EINVAL ? "EINVAL" : "EBUSY");
	else if (ret < 0)
		text_string(t, "error", strerror(-ret));
}

static void print_insn(struct text *t, const struct insn *o)
{
	text_string(t, "i", o->i);
	if (!strcmp(o->i, "mov_to_dr") || !strcmp(o->i, "mov_from_dr"))
		text_number(t, "dr", o->dr);
	if (!strcmp(o->i, "mov_to_dr"))
		text_hex(t, "value", o->value);
	if (!strcmp(o->i, "set_cr4_de"))
		text_number(t, "value", o->value != 0);
	if (!strncmp(o->i, "io_", 3)) {
		text_hex(t, "port", o->port);
		text_number(t, "size", o->size);
	} else if (is_string(o)) {
		if (is(o, "rep_movs"))
			text_hex(t, "from", o->from);
		else if (!is(o, "rep_stos"))
			text_hex(t, "port", o->port);
		text_hex(t, "addr", o->addr);
		text_number(t, "count", o->count);
		text_number(t, "size", o->size);
	} else if (!strcmp(o->i, "mov_ss_mem")) {
		text_hex(t, "addr", o->addr);
		text_number(t, "size", 2);
	} else if (o->size) {
		text_hex(t, "addr", o->addr);
		text_number(t, "size", o->size);
	}
	if (!strcmp(o->i, "write"))
		text_hex(t, "value", 0x5a);
	if (!strcmp(o->i, "set_tf"))
		text_number(t, "count", o->count);
	if (is(o, "syscall"))
		text_hex(t, "fmask", o->value);
	if (accesses_msr(o))
		text_string(t, "reg", o->reg);
	if (is(o, "wrmsr"))
		text_hex(t, "value", o->value);
	if (!strcmp(o->i, "popf"))
		text_number(t, "tf", o->tf);
	if (o->len)
		text_number(t, "len", o->len);
}

static void print_program(struct text *t, const struct step *s, const struct outcome *o)
{
	const struct vcpu *c = &vcpus[s->vcpu];

	text_name(t, "program");
	text_add(t, "[");
	for (int k = 0; k < s->length; k++) {
		const struct place *p = &c->place[k];

		text_comma(t);
		text_add(t, "{");
		print_insn(t, &s->program[k]);
		if (o->executed[k])
			text_hex(t, "got", o->got[k]);
		if (p->start != p->pc)
			text_hex(t, "start", p->start);
		text_hex(t, "pc", p->pc);
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void print_got(struct text *t, const struct outcome *o)
{
	text_name(t, "got");
	text_add(t, "[");
	for (int k = 0; k < PROGRAM_MAX; k++) {
		if (!o->executed[k])
			continue;
		text_comma(t);
		text_add(t, "{");
		text_number(t, "at", k);
		text_hex(t, "value", o->got[k]);
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void print_taken(struct text *t, const struct outcome *o)
{
	text_name(t, "guest_exceptions");
	text_add(t, "[");
	for (int k = 0; k < o->ntaken; k++) {
		const struct taken *e = &o->taken[k];

		text_comma(t);
		text_add(t, "{");
		text_number(t, "at", e->at);
		if (e->in_handler) {
			text_name(t, "in_handler");
			text_add(t, "true");
		}
		text_number(t, "vector", e->kind);
		text_hex(t, "rip", e->pc);
		text_number(t, "error", e->syndrome);
		text_hex(t, "rflags", e->flags);
		if (e->kind == 1) {
			text_hex(t, "dr6", e->dr6);
			text_hex(t, "dr7", e->dr7);
		}
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void print_exit(struct text *t, const struct outcome *o)
{
	const struct kvm_run *run = o->run;

	text_string(t, "exit", o->exit);
	if (o->ret)
		text_number(t, "errno", -o->ret);
	text_number(t, "at", o->at);
	if (o->in_handler) {
		text_name(t, "in_handler");
		text_add(t, "true");
	}
	if (o->ret)
		return;
	switch (run->exit_reason) {
	case KVM_EXIT_DEBUG:
		text_number(t, "exception", o->exception);
		text_hex(t, "pc", o->exit_pc);
		text_hex(t, "dr6", o->dr6);
		text_hex(t, "dr7", o->dr7);
		break;
	case KVM_EXIT_IO:
		text_string(t, "direction", run->io.direction == KVM_EXIT_IO_OUT ? "out" : "in");
		text_hex(t, "port", run->io.port);
		text_number(t, "count", run->io.count);
		break;
	case KVM_EXIT_MMIO:
		text_hex(t, "addr", run->mmio.phys_addr);
		text_number(t, "len", run->mmio.len);
		text_number(t, "is_write", run->mmio.is_write);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		text_number(t, "suberror", run->internal.suberror);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		text_hex(t, "reason", run->fail_entry.hardware_entry_failure_reason);
		break;
	}
}

static void print_run(struct text *t, const struct step *s, const struct outcome *o)
{
	text_number(t, "vcpu", s->vcpu);
	text_number(t, "cpu", s->cpu);
	if (o->debug_repeated) {
		text_name(t, "guest_debug_repeated_after_set_regs");
		text_add(t, "true");
	}
	if (o->resumed) {
		text_name(t, "resume");
		text_add(t, "true");
		print_got(t, o);
	} else {
		if (s->flags_in && s->flags_in != RFLAGS_FIXED)
			text_hex(t, "rflags_in", s->flags_in);
		if (s->cpl)
			text_number(t, "cpl", s->cpl);
		print_program(t, s, o);
	}
	print_taken(t, o);
	print_exit(t, o);
	text_hex(t, "rip", o->pc);
	text_hex(t, "rflags", o->flags);
}

static void print_debugregs(struct text *t, const u64 *db, u64 dr6, u64 dr7, u64 flags)
{
	print_values(t, "db", db, 4);
	text_hex(t, "dr6", dr6);
	text_hex(t, "dr7", dr7);
	text_hex(t, "flags", flags);
}

static void print_variable(struct text *t, const struct step *s)
{
	text_name(t, "var");
	text_add(t, "\"hostvar[%d]\"", s->var);
}

void print_step(struct text *t, const struct step *s, const struct outcome *o)
{
	text_add(t, "{");
	text_string(t, "op", s->op);
	if (!strcmp(s->op, "run")) {
		print_run(t, s, o);
	} else if (!strcmp(s->op, "set_debugregs")) {
		text_number(t, "vcpu", s->vcpu);
		print_debugregs(t, s->db, s->dr6, s->dr7, s->flags);
		print_ret(t, o->ret);
	} else if (!strcmp(s->op, "get_debugregs")) {
		text_number(t, "vcpu", s->vcpu);
		print_debugregs(t, o->db, o->dr6, o->dr7, o->flags_out);
		print_ret(t, o->ret);
	} else if (!strcmp(s->op, "guest_debug")) {
		text_number(t, "vcpu", s->vcpu);
		print_control(t, s->control);
		print_values(t, "debugreg", s->debugreg, 8);
		print_ret(t, o->ret);
	} else if (!strcmp(s->op, "enable_cap") || !strcmp(s->op, "save") || !strcmp(s->op, "restore")) {
		text_string(t, "name", s->name);
		if (s->vmm)
			text_string(t, "vmm", s->vmm);
		print_ret(t, o->ret);
	} else if (!strcmp(s->op, "set_vcpu_events") || !strcmp(s->op, "get_vcpu_events")) {
		text_number(t, "vcpu", s->vcpu);
		print_events(t, o->has_value ? o->value : s->events);
		print_ret(t, o->ret);
	} else if (!strcmp(s->op, "complete_access")) {
		text_number(t, "vcpu", s->vcpu);
	} else if (!strcmp(s->op, "host_bp")) {
		text_number(t, "id", s->id);
		print_variable(t, s);
		text_string(t, "type", s->reads ? "rw" : "write");
		text_number(t, "len", s->len);
		text_string(t, "scope", "this thread");
		print_ret(t, o->ret);
	} else if (!strcmp(s->op, "host_touch")) {
		print_variable(t, s);
		text_number(t, "writes", s->writes);
		for (int k = 0; k < 4; k++) {
			char name[16];

			snprintf(name, sizeof name, "hits_id%d", k);
			if (o->counted[k])
				text_number(t, name, o->hits[k]);
		}
	} else if (!strcmp(s->op, "note")) {
		text_string(t, "text", s->name);
	}
	text_add(t, "}");
}
