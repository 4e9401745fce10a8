// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Arguments and environment: memory of the new process, behind the head when short, else in chunks before it. */
#pragma once

#include "maps.h"

#define CHUNKS (ARGV_WHOLE / CHUNK_SIZE)

/*
 * Sends the next part of the stream in hand; false when it was the last. One function for one part, called
 * in a loop, and all that the parts share is kept in the scratch: a loop that the verifier of 6.1 and older
 * has to follow with its values exceeds their million instructions.
 */
__noinline int send_chunk(void)
{
	struct scratch *s = scratch();
	struct exec_chunk *chunk;
	__u64 address, length;

	if (!s || s->address >= s->stop)
		return false;
	address = s->address;
	length = s->stop - address;
	if (length > CHUNK_SIZE)
		length = CHUNK_SIZE;
	s->address += length;

	if (s->head.match == MATCH_NONE)
		chunk = bpf_ringbuf_reserve(&unknown, sizeof(*chunk), 0);
	else
		chunk = bpf_ringbuf_reserve(&watched, sizeof(*chunk), 0);
	if (!chunk) {
		count(COUNTER_LOST_CHUNKS);
		s->head.flags |= FLAG_CHUNK_LOST;
		return s->address < s->stop;
	}
	chunk->record = EXEC_CHUNK;
	chunk->stream = s->stream;
	chunk->length = length;
	chunk->offset = address - s->start;
	chunk->total = s->stream == STREAM_ARGV ? s->head.argv_length : s->head.environment_length;
	chunk->key = s->head.key;
	if (bpf_probe_read_user(chunk->data, length, (void *)address)) {
		count(COUNTER_FAILED_READS);
		s->head.flags |= s->stream == STREAM_ARGV ? FLAG_ARGV_UNREAD : FLAG_ENVIRONMENT_UNREAD;
		bpf_ringbuf_discard(chunk, 0);
	} else {
		bpf_ringbuf_submit(chunk, 0);
	}
	return s->address < s->stop;
}

/* Sends the user memory from `address` to `stop`, parts of the stream that begins at `start`. */
static __always_inline void send_chunks(struct scratch *s, __u32 stream, __u64 start, __u64 address, __u64 stop)
{
	s->stream = stream;
	s->start = start;
	s->address = address;
	s->stop = stop;
	for (__u32 i = 0; i < CHUNKS; i++)
		if (!send_chunk())
			break;
}

/* Appends `length` bytes of user memory, fewer than INLINE_SIZE, to the data; false if they cannot be read. */
static __always_inline bool append_user(struct scratch *s, __u64 address, __u64 length)
{
	__u32 end = s->end;

	if (length > INLINE_SIZE || end > DATA_SIZE - INLINE_SIZE)
		return false;
	asm volatile("" : "+r"(length), "+r"(end));
	if (length > INLINE_SIZE || end > DATA_SIZE - INLINE_SIZE)
		return false;
	if (bpf_probe_read_user(&s->data[end], length, (void *)address)) {
		count(COUNTER_FAILED_READS);
		return false;
	}
	s->end = end + length;
	return true;
}
