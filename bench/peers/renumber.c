/* A BCR written and read back through mapping and conversion: the rules arm64:D6-D18 in C, as a peer for
 * bench/renumbering.ts. Prints the processor's nanoseconds for one write and read, and a checksum.
 * Usage: renumber BRPS CTX GUEST_BRPS GUEST_CTX ROUNDS, counts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct vm { unsigned brps, ctx, emulate; };   /* fields: counts - 1 */
struct vcpu { uint64_t bank[4][16]; };
static unsigned host_brps, host_ctx;          /* fields */

static int v2p(const struct vm *m, unsigned v)
{
	if (v > m->brps) return -1;
	if (!m->emulate) return v;
	unsigned nv = m->brps - m->ctx;
	if (v < nv) return v;
	return host_brps - host_ctx + (v - nv);
}

static int p2v(const struct vm *m, unsigned p)
{
	if (!m->emulate) return p;
	unsigned nv = m->brps - m->ctx, np = host_brps - host_ctx;
	if (p < nv) return p;
	if (p < np) return -1;
	unsigned v = nv + (p - np);
	return v > m->brps ? -1 : (int)v;
}

static uint64_t to_hw(const struct vm *m, uint64_t bcr)
{
	int p = v2p(m, bcr >> 16 & 15);
	if (p < 0) p = (host_brps - host_ctx - 1) & 15;
	return (bcr & ~0xf0000ull) | (uint64_t)p << 16;
}

static uint64_t to_guest(const struct vm *m, uint64_t bcr)
{
	int v = p2v(m, bcr >> 16 & 15);
	if (v < 0) v = 0;
	return (bcr & ~0xf0000ull) | (uint64_t)v << 16;
}

/* What a kernel does with a register number and value, chosen when the program starts, as KVM finds a handler in its
 * table of system registers and as the engine finds it in a profile. */
struct numbering {
	int (*guest_slot)(const struct vm *, unsigned kind, unsigned n);
	uint64_t (*to_hardware)(const struct vm *, unsigned kind, uint64_t x);
	uint64_t (*to_guest)(const struct vm *, unsigned kind, uint64_t x);
};

enum { BCR, BVR, WCR, WVR };

static int renumbered_slot(const struct vm *m, unsigned kind, unsigned n) { return kind <= BVR ? v2p(m, n) : (int)n; }
static uint64_t renumbered_in(const struct vm *m, unsigned kind, uint64_t x) { return kind == BCR || kind == WCR ? to_hw(m, x) : x; }
static uint64_t renumbered_out(const struct vm *m, unsigned kind, uint64_t x) { return kind == BCR || kind == WCR ? to_guest(m, x) : x; }
static int same_slot(const struct vm *m, unsigned kind, unsigned n) { (void)m, (void)kind; return n; }
static uint64_t same(const struct vm *m, unsigned kind, uint64_t x) { (void)m, (void)kind; return x; }

static const struct numbering renumbered = { renumbered_slot, renumbered_in, renumbered_out };
static const struct numbering plain = { same_slot, same, same };

__attribute__((noinline)) static int emulate_access(const struct numbering *k, const struct vm *m, struct vcpu *c,
						    unsigned reg, int write, uint64_t *x)
{
	unsigned kind = reg >> 4;
	int slot = k->guest_slot(m, kind, reg & 15);
	if (slot < 0) return 0;
	uint64_t *at = &c->bank[kind][slot];
	if (write) *at = k->to_hardware(m, kind, *x);
	else *x = k->to_guest(m, kind, *at);
	return 1;
}

int main(int argc, char **argv)
{
	if (argc != 6) return 2;
	host_brps = atoi(argv[1]) - 1, host_ctx = atoi(argv[2]) - 1;
	struct vm m = { atoi(argv[3]) - 1, atoi(argv[4]) - 1, 0 };
	m.emulate = m.brps - m.ctx < host_brps - host_ctx;
	const struct numbering *k = m.emulate ? &renumbered : &plain;
	long rounds = atol(argv[5]);
	struct vcpu c = { 0 };
	uint64_t sum = 0;
	struct timespec a, b;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (long i = 0; i < rounds; i++) {
		unsigned n = i & 15;
		uint64_t x = 0x1e5 | (uint64_t)(i >> 4 & 15) << 16 | (uint64_t)(i & 0xffff) << 32;
		if (emulate_access(k, &m, &c, n, 1, &x) && emulate_access(k, &m, &c, n, 0, &x))
			sum += (x >> 32) + (uint32_t)x;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	double ns = (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
	printf("%.3f %llu\n", ns / rounds, (unsigned long long)sum);
	return 0;
}
