/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The contract between exec.bpf.c and user space: what travels through the two ring buffers and which
 * slot of the counter map means what. agent/Sources/Ebpf mirrors it in C#; a test has the C compiler
 * check sizes, offsets and values of both against each other.
 *
 * One exec is sent as zero or more `exec_chunk` records followed by one `exec_head` record of the same
 * key in the same ring. The head comes last, so that it can say what became of the chunks; chunks of
 * execs on different CPUs interleave, so they are put together by key.
 */
#ifndef TALLYMAN_EXEC_H
#define TALLYMAN_EXEC_H

#define NAME_SIZE 16 /* TASK_COMM_LEN */

#define CHUNK_SIZE (32u * 1024)	       /* bytes of argv or environment in one exec_chunk */
#define INLINE_SIZE (4u * 1024)	       /* an argv or environment up to this size travels in the head */
#define ARGV_WHOLE (2u * 1024 * 1024)  /* an argv up to this size is sent whole … */
#define ARGV_END (1u * 1024 * 1024)    /* … of a longer one this much of its head and of its tail */
#define ENVIRONMENT_SENT (128u * 1024) /* how much of the environment is sent, from its start */

enum exec_record {
	EXEC_HEAD = 1,
	EXEC_CHUNK = 2,
};

enum exec_stream {
	STREAM_ARGV = 1,
	STREAM_ENVIRONMENT = 2,
};

/* Why the exec was sent. */
enum exec_match {
	MATCH_NONE = 0,	   /* nothing is known of this binary yet: the unknown ring */
	MATCH_NAME = 1,	   /* the base name of the file that was asked for */
	MATCH_ENTRY = 2,   /* the name of the executable's own directory entry */
	MATCH_CONTENT = 3, /* user space found a tool in this binary earlier */
};

enum exec_flag {
	FLAG_SCRIPT = 1 << 0,		  /* started by an interpreter line or binfmt_misc */
	FLAG_ARGV_UNREAD = 1 << 1,	  /* a part of argv could not be read */
	FLAG_ARGV_CUT = 1 << 2,		  /* the middle of an argv over ARGV_WHOLE was left out */
	FLAG_ENVIRONMENT_UNREAD = 1 << 3, /* a part of the environment could not be read */
	FLAG_ENVIRONMENT_CUT = 1 << 4,	  /* the environment is longer than ENVIRONMENT_SENT */
	FLAG_CHUNK_LOST = 1 << 5,	  /* the ring was full for a part of argv or environment */
	FLAG_FILENAME_CUT = 1 << 6,
	FLAG_EXECUTABLE_CUT = 1 << 7, /* these paths lack their upper directories */
	FLAG_DIRECTORY_CUT = 1 << 8,
	FLAG_ROOT_CUT = 1 << 9,
	FLAG_CGROUP_CUT = 1 << 10,
};

/* One execution: unique on a host until it boots again. */
struct exec_key {
	__u32 tgid;
	__u32 reserved;
	__u64 start_boottime; /* ns */
	__u64 self_exec_id;
};

/* One content of one file: a write or a replacement changes it. Never built by user space, only echoed. */
struct file_key {
	__u64 device;
	__u64 inode;
	__s64 change_seconds;
	__u32 change_nanoseconds;
	__u32 reserved;
};

struct exec_chunk {
	__u16 record; /* EXEC_CHUNK */
	__u16 stream;
	__u32 length; /* bytes of `data` in use */
	__u64 offset; /* of `data` in the whole argv or environment */
	__u64 total;  /* bytes of that */
	struct exec_key key;
	char data[CHUNK_SIZE];
};

struct exec_head {
	__u16 record; /* EXEC_HEAD */
	__u16 match;
	__u32 tool; /* the value that user space gave the name or the verdict; 0 without a match */
	__u64 time; /* boottime, ns */
	struct exec_key key;
	struct file_key file;
	__u64 file_system; /* magic number, see statfs(2) */
	__u64 argv_length; /* bytes, whatever was sent of them */
	__u64 environment_length;
	__u64 cgroup; /* id in the v2 hierarchy */
	__u32 flags;
	__u32 links; /* 0: the file has no name any more, or never had one */
	__u32 argc;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 euid;
	__u32 gid;
	__u32 loginuid;
	__u32 session;
	__u32 pid_namespace;
	__u32 mount_namespace;
	__u32 user_namespace;
	char comm[NAME_SIZE];
	char parent_comm[NAME_SIZE];
	char tty[NAME_SIZE]; /* empty without a terminal */

	/*
	 * Bytes of each part in the data behind this struct, in this order, without gaps.
	 * filename as given to the kernel; the paths and the cgroup as names from the leaf up, each with a
	 * NUL behind it, in the mount namespace of the process; argv and environment 0 if sent in chunks.
	 */
	__u32 filename;
	__u32 executable;
	__u32 directory;
	__u32 root;
	__u32 cgroup_path;
	__u32 argv;
	__u32 environment;
};

/* Slots of the per-CPU counter map. seen = ignored + sent_* + lost_*. */
enum counter {
	COUNTER_SEEN,
	COUNTER_IGNORED, /* the binary is known to be none of the tools */
	COUNTER_SENT_WATCHED,
	COUNTER_SENT_UNKNOWN,
	COUNTER_LOST_WATCHED, /* no room in the ring */
	COUNTER_LOST_UNKNOWN,
	COUNTER_LOST_CHUNKS,  /* no room for a part of an exec; its head says so */
	COUNTER_FAILED_READS, /* of argv, environment or file name */
	COUNTER_INCOMPLETE,   /* execs sent with something missing, whatever the reason */
	COUNTERS,
};

#endif
