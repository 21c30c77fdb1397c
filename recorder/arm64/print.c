// SPDX-License-Identifier: MIT
/* The lines of a recording on arm64. */
#include <string.h>

#include "arm64.h"

static void print_by_index(struct text *t, const char *name, const u64 *values)
{
	text_name(t, name);
	text_add(t, "{");
	for (int k = 0; k < DEBUG_REGISTERS; k++) {
		if (!values[k])
			continue;
		text_comma(t);
		text_add(t, "\"%d\":\"0x%llx\"", k, (unsigned long long)values[k]);
	}
	text_add(t, "}");
}

static void print_insn(struct text *t, const struct insn *o)
{
	text_string(t, "i", o->i);
	if (o->reg)
		text_string(t, "reg", o->reg);
	if (!strcmp(o->i, "msr"))
		text_hex(t, "value", o->value);
	if (!strcmp(o->i, "eret"))
		text_hex(t, "spsr", o->value);
	if (o->size) {
		text_hex(t, "addr", o->addr);
		text_number(t, "size", o->size);
	}
	if (!strcmp(o->i, "brk") || !strcmp(o->i, "svc") || !strcmp(o->i, "hvc") || !strcmp(o->i, "smc") ||
	    !strncmp(o->i, "daif", 4))
		text_number(t, "imm", o->imm);
	if (!strcmp(o->i, "b"))
		text_number(t, "to", o->to);
}

static void print_program(struct text *t, const struct step *s, const struct outcome *o)
{
	text_name(t, "program");
	text_add(t, "[");
	for (int k = 0; k < s->length; k++) {
		text_comma(t);
		text_add(t, "{");
		print_insn(t, &s->program[k]);
		if (o->executed[k])
			text_hex(t, "got", o->got[k]);
		text_hex(t, "pc", vcpus[s->vcpu].place[k]);
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void print_got(struct text *t, const struct outcome *o)
{
	text_name(t, "got");
	text_add(t, "{");
	for (int k = 0; k < PROGRAM_MAX; k++) {
		if (!o->executed[k])
			continue;
		text_comma(t);
		text_add(t, "\"%d\":\"0x%llx\"", k, (unsigned long long)o->got[k]);
	}
	text_add(t, "}");
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
		if (e->kind == KIND_INTERRUPT) {
			text_hex(t, "ec", e->kind);
			text_number(t, "intid", e->syndrome);
		} else {
			text_hex(t, "esr", e->syndrome);
			text_hex(t, "ec", e->kind);
			text_hex(t, "far", e->far);
		}
		text_hex(t, "elr", e->pc);
		text_hex(t, "spsr", e->flags);
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void print_trace(struct text *t)
{
	text_name(t, "kvm_exits");
	text_add(t, "[");
	for (int k = 0; k < last_trace.nexits; k++) {
		text_comma(t);
		text_add(t, "{");
		text_number(t, "at", last_trace.exits[k].at);
		text_hex(t, "ec", last_trace.exits[k].ec);
		text_add(t, "}");
	}
	text_add(t, "]");
	if (!traces_entries)
		return;
	text_name(t, "entry_hw");
	text_add(t, "[");
	for (int k = 0; k < last_trace.nentries; k++) {
		text_comma(t);
		text_add(t, "{");
		text_hex(t, "mdcr_el2", last_trace.entries[k].mdcr_el2);
		text_hex(t, "mdscr_el1", last_trace.entries[k].mdscr_el1);
		text_add(t, "}");
	}
	text_add(t, "]");
}

static void print_run(struct text *t, const struct step *s, const struct outcome *o)
{
	text_number(t, "vcpu", s->vcpu);
	if (o->resumed) {
		text_name(t, "resume");
		text_add(t, "true");
		print_got(t, o);
	} else {
		if (s->flags_in && s->flags_in != PSTATE_EL1)
			text_hex(t, "pstate_in", s->flags_in);
		print_program(t, s, o);
	}
	print_taken(t, o);
	text_number(t, "ret", o->ret);
	text_string(t, "exit", o->exit);
	text_number(t, "at", o->at);
	if (!strcmp(o->exit, "DEBUG")) {
		text_hex(t, "hsr", o->hsr);
		text_hex(t, "far", o->far);
	}
	if (o->has_value)
		text_hex(t, "mmio", o->value);
	if (o->at < 0 && o->pc >= VECTORS && o->pc < LOG_OF(0)) {
		text_name(t, "where");
		text_add(t, "\"vector+0x%llx\"", (unsigned long long)(o->pc - VECTORS));
	}
	text_hex(t, "pc", o->pc);
	text_hex(t, "pstate", o->flags);
	if (traces_exits)
		print_trace(t);
}

static void print_reg_list(struct text *t)
{
	text_name(t, "debug_regs");
	text_add(t, "[");
	for (u64 k = 0; k < listed->n; k++) {
		const char *name = sysreg_name(listed->reg[k]);

		if (!name)
			continue;
		text_comma(t);
		text_quoted(t, name);
	}
	text_add(t, "]");
}

void print_step(struct text *t, const struct step *s, const struct outcome *o)
{
	bool has_ret = true;

	text_add(t, "{");
	text_string(t, "op", s->op);
	if (!strcmp(s->op, "run")) {
		print_run(t, s, o);
		has_ret = false;
	} else if (!strcmp(s->op, "user_set") || !strcmp(s->op, "user_get")) {
		text_number(t, "vcpu", s->vcpu);
		text_string(t, "reg", s->reg);
	} else if (!strcmp(s->op, "guest_debug")) {
		text_number(t, "vcpu", s->vcpu);
		print_control(t, s->control);
		print_by_index(t, "bcr", s->bcr);
		print_by_index(t, "bvr", s->bvr);
		print_by_index(t, "wcr", s->wcr);
		print_by_index(t, "wvr", s->wvr);
	} else if (!strcmp(s->op, "check_extension")) {
		text_string(t, "name", s->name);
		text_number(t, "value", o->value);
		has_ret = false;
	} else if (!strcmp(s->op, "reg_list") || !strcmp(s->op, "vcpu_init")) {
		text_number(t, "vcpu", s->vcpu);
	} else if (!strcmp(s->op, "set_pc")) {
		text_number(t, "vcpu", s->vcpu);
		text_hex(t, "value", s->value);
		text_number(t, "at", index_of(s->vcpu, s->value));
	} else if (!strcmp(s->op, "poke_insn")) {
		text_number(t, "vcpu", s->vcpu);
		text_number(t, "at", index_of(s->vcpu, s->addr));
		text_hex(t, "addr", s->addr);
		text_name(t, "insn");
		text_add(t, "\"0x%08x\"", s->insn);
		text_name(t, "old");
		text_add(t, "\"0x%08x\"", overwritten);
		has_ret = false;
	} else if (!strcmp(s->op, "save") || !strcmp(s->op, "restore")) {
		text_string(t, "name", s->name);
	} else if (!strcmp(s->op, "complete_access")) {
		text_number(t, "vcpu", s->vcpu);
		has_ret = false;
	} else if (!strcmp(s->op, "irq_line")) {
		text_number(t, "vcpu", s->vcpu);
		text_number(t, "intid", s->intid);
	} else if (!strcmp(s->op, "set_vcpu_events") || !strcmp(s->op, "get_vcpu_events")) {
		text_number(t, "vcpu", s->vcpu);
		print_events(t, o->has_value ? o->value : s->events);
	} else if (!strcmp(s->op, "pin")) {
		text_number(t, "cpu", s->cpu);
		has_ret = false;
	} else if (!strcmp(s->op, "note")) {
		text_string(t, "text", s->name);
		has_ret = false;
	}
	if (!strcmp(s->op, "user_set"))
		text_hex(t, "value", s->value);
	if (has_ret)
		text_number(t, "ret", o->ret);
	if (!strcmp(s->op, "reg_list"))
		print_reg_list(t);
	if (!strcmp(s->op, "user_get") && o->has_value)
		text_hex(t, "value", o->value);
	text_add(t, "}");
}
