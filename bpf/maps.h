// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* What the program keeps: maps that user space reads or writes, and one scratch per CPU. */
#pragma once

#include "kernel.h"
#include "exec.h"

#define PATH_SIZE 4096	       /* PATH_MAX */
#define COMPONENT_SIZE 256     /* NAME_MAX and a NUL */
#define DATA_SIZE (31u * 1024) /* the scratch must stay within 32 KiB, the most for a per-CPU value */

/* Verdict of a binary that is none of the tools; anything else is a tool's number. */
#define VERDICT_IGNORED 0

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, char[NAME_SIZE]); /* NAME_SIZE - 1 bytes of it, as in comm */
	__type(value, __u32);	      /* the tool's number */
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct file_key);
	__type(value, __u32); /* the tool's number, or VERDICT_IGNORED */
} verdicts SEC(".maps");

/* Two rings, so that a flood of unknown binaries cannot push out the watched ones. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} unknown SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/*
 * Where the head is put together: its length is known only at the end, and bpf_ringbuf_reserve wants a
 * constant. One per CPU is enough, as the kernel never runs this program twice at once on one CPU.
 */
struct scratch {
	struct exec_head head;
	char data[DATA_SIZE];
	__u32 end; /* of the data in use */

	/* the walk in hand */
	__u32 limit; /* of the data */
	__u64 dentry;
	__u64 mount;

	/* the argv or environment in hand: addresses in the process */
	__u32 stream;
	__u64 start;
	__u64 address; /* of what is to be sent next */
	__u64 stop;
};

_Static_assert(DATA_SIZE >= 5 * (PATH_SIZE + COMPONENT_SIZE) + 2 * INLINE_SIZE, "every part must have room");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u64 *slot = bpf_map_lookup_elem(&counters, &counter);

	if (slot)
		*slot += 1;
}

static __always_inline struct scratch *scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}
