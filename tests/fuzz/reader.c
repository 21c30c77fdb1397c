// SPDX-License-Identifier: MIT
/*
 * Reads cases with the recorder's own code. A length of four bytes and a text come from standard input; how the reading
 * ended goes to standard output as a byte. 0: every case was read; 2: one is malformed. What AddressSanitizer finds
 * ends the program.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.c"	/* a part of this file: the open input is its own */
#include "recorder.h"

const char *const arch_name = "x86";
const struct control_bit control_bits[] = { { "ENABLE", 1 }, { "SINGLESTEP", 2 }, { NULL, 0 } };

static jmp_buf malformed;

/* Members of an architecture's events: this one and no other, of one bit. */
bool event_of(const char *name, u64 value, u64 *packed)
{
	if (strcmp(name, "exception_pending"))
		return false;
	if (value > 1)
		die("%s has 1 bit, and is %#llx", name, (unsigned long long)value);
	*packed |= value << 1;
	return true;
}

void die(const char *format, ...)
{
	va_list args;
	char message[4096];

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	longjmp(malformed, 1);
}

/* What is kept until the end of a case here. */
static struct kept { struct kept *next; } *kept;

void *lasting(u64 size)
{
	struct kept *memory = calloc(1, sizeof *memory + size);

	if (!memory)
		abort();
	memory->next = kept;
	kept = memory;
	return memory + 1;
}

static void free_all(void)
{
	while (kept) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
}

/* A text ends within its memory only if strlen() says so. */
static size_t touched(const char *text)
{
	return text ? strlen(text) : 0;
}

static size_t read_all(void)
{
	struct kvm_case *c;
	size_t sum = 0;

	while ((c = next_case())) {
		sum += touched(c->name) + touched(c->about);
		for (int n = 0; n < c->length; n++) {
			const struct step *s = &c->steps[n];

			sum += touched(s->op) + touched(s->reg) + touched(s->name);
			for (int k = 0; k < s->length; k++)
				sum += touched(s->program[k].i) + touched(s->program[k].reg);
		}
	}
	return sum;
}

static int all_read(void *to, size_t length)
{
	return fread(to, 1, length, stdin) == length;
}

int main(void)
{
	static volatile size_t sum;
	u32 length;

	while (all_read(&length, sizeof length)) {
		char *text = malloc(length + 1);
		unsigned char answer = 2;

		if (!text || !all_read(text, length))
			return 1;
		int file = memfd_create("case", 0);
		char path[32];

		if (file < 0 || write(file, text, length) != (ssize_t)length)
			return 1;
		free(text);
		snprintf(path, sizeof path, "/proc/self/fd/%d", file);
		open_cases(path);
		if (!setjmp(malformed)) {
			sum += read_all();
			answer = 0;
		}
		fclose(input);
		close(file);
		free_all();
		if (write(STDOUT_FILENO, &answer, 1) != 1)
			return 1;
	}
	return 0;
}
