// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Tells user space of every exec of a container command line, and of every exec of a binary that user
 * space has not looked into yet. All others cost three map look-ups. Needs Linux 5.8 with BTF.
 */
#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "kernel.h"
#include "exec.h"

#define PATH_SIZE 4096	   /* PATH_MAX */
#define COMPONENT_SIZE 256 /* NAME_MAX and a NUL */
#define STEPS_PER_CALL 32  /* of a walk; more in one function and the 5.10 verifier gives up */
#define CALLS_PER_WALK 64
#define DATA_SIZE (31u * 1024) /* the scratch must stay within 32 KiB, the most for a per-CPU value */
#define CHUNKS (ARGV_WHOLE / CHUNK_SIZE)

/* The bits of i_ctime_nsec above are marks of the file system: "has been asked for" since 6.13. */
#define NANOSECONDS 0x3fffffff

/* Verdict of a binary that is none of the tools; anything else is a tool's number. */
#define VERDICT_IGNORED 0

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, char[NAME_SIZE]);
	__type(value, __u32); /* the tool's number */
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

enum walk {
	WALK_ON,
	WALK_DONE,
	WALK_FAILED,
};

/*
 * Takes up to STEPS_PER_CALL steps from `dentry` of `mount` towards the root of the mount namespace and
 * appends each name to the data. A function of its own, so that the verifier looks at the loop once and
 * not once per walk. It takes no pointers, because the verifier of 5.10 knows none here.
 */
__noinline int walk_up(void)
{
	struct scratch *s = scratch();
	struct dentry *dentry, *parent, *mount_root;
	struct mount *mount, *above;
	const unsigned char *name;
	__u32 end;
	long length;

	if (!s)
		return WALK_FAILED;
	dentry = (void *)s->dentry;
	mount = (void *)s->mount;
	end = s->end;

	for (int i = 0; i < STEPS_PER_CALL; i++) {
		mount_root = BPF_CORE_READ(mount, mnt.mnt_root);
		if (dentry == mount_root) {
			above = BPF_CORE_READ(mount, mnt_parent);
			if (above == mount) {
				s->end = end;
				return WALK_DONE;
			}
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}

		name = BPF_CORE_READ(dentry, d_name.name);
		if (end > s->limit || end > DATA_SIZE - COMPONENT_SIZE)
			return WALK_FAILED;
		length = bpf_probe_read_kernel_str(&s->data[end], COMPONENT_SIZE, name);
		if (length <= 0)
			return WALK_FAILED;
		end += length;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry) { /* a file without a directory: memfd, pipe */
			s->end = end;
			return WALK_DONE;
		}
		dentry = parent;
	}
	s->dentry = (__u64)dentry;
	s->mount = (__u64)mount;
	s->end = end;
	return WALK_ON;
}

/* Appends the names of a path from its leaf up; returns their bytes, and sets `cut` in the head if any is missing. */
static __always_inline __u32 append_path(struct scratch *s, const struct path *path, __u32 cut)
{
	struct vfsmount *vfsmount = BPF_CORE_READ(path, mnt);
	__u32 start = s->end;
	int walk = WALK_ON;

	s->dentry = (__u64)BPF_CORE_READ(path, dentry);
	s->mount = (__u64)vfsmount - bpf_core_field_offset(struct mount, mnt);
	s->limit = start + PATH_SIZE;
	for (int i = 0; i < CALLS_PER_WALK && walk == WALK_ON; i++)
		walk = walk_up();
	if (walk != WALK_DONE)
		s->head.flags |= cut;
	return s->end - start;
}

/* Appends the names of the cgroup from its leaf up. On a v1 host the v2 hierarchy is empty: then memory's. */
__noinline int append_cgroup(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct scratch *s = scratch();
	struct css_set *set;
	struct cgroup_subsys_state *css;
	struct kernfs_node *node, *parent;
	__u32 end, memory;
	long length;

	if (!s)
		return WALK_FAILED;
	end = s->end;
	set = BPF_CORE_READ(task, cgroups);
	node = BPF_CORE_READ(set, dfl_cgrp, kn);
	for (int i = 0; i < STEPS_PER_CALL; i++) {
		if (bpf_core_field_exists(struct kernfs_node___since_6_15, __parent))
			parent = BPF_CORE_READ((struct kernfs_node___since_6_15 *)node, __parent);
		else
			parent = BPF_CORE_READ(node, parent);
		if (!parent) {
			if (i > 0 || !bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id)) {
				s->end = end;
				return WALK_DONE;
			}
			memory = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
			css = NULL;
			bpf_probe_read_kernel(&css, sizeof(css),
					      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
						  memory * sizeof(css));
			node = BPF_CORE_READ(css, cgroup, kn);
			continue;
		}
		if (end > s->limit || end > DATA_SIZE - COMPONENT_SIZE)
			return WALK_FAILED;
		length = bpf_probe_read_kernel_str(&s->data[end], COMPONENT_SIZE, BPF_CORE_READ(node, name));
		if (length <= 0)
			return WALK_FAILED;
		end += length;
		node = parent;
	}
	s->end = end;
	return WALK_FAILED;
}

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

static __always_inline void read_file_key(struct file_key *key, const struct inode *inode)
{
	key->device = inode->i_sb->s_dev;
	key->inode = inode->i_ino;
	key->reserved = 0;
	if (bpf_core_field_exists(struct inode___since_6_11, i_ctime_sec)) {
		const struct inode___since_6_11 *i = (const void *)inode;

		key->change_seconds = i->i_ctime_sec;
		key->change_nanoseconds = i->i_ctime_nsec & NANOSECONDS;
	} else if (bpf_core_field_exists(struct inode___since_6_6, __i_ctime)) {
		const struct inode___since_6_6 *i = (const void *)inode;

		key->change_seconds = i->__i_ctime.tv_sec;
		key->change_nanoseconds = i->__i_ctime.tv_nsec;
	} else {
		key->change_seconds = inode->i_ctime.tv_sec;
		key->change_nanoseconds = inode->i_ctime.tv_nsec;
	}
}

static __always_inline __u32 pid_namespace_of(const struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct pid_namespace *ns = NULL;

	bpf_probe_read_kernel(&ns, sizeof(ns),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				  level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, ns));
	return BPF_CORE_READ(ns, ns.inum);
}

static __always_inline void read_identities(struct exec_head *head, const struct task_struct *task)
{
	head->pid = task->pid;
	head->ppid = task->real_parent->tgid;
	head->uid = task->cred->uid.val;
	head->euid = task->cred->euid.val;
	head->gid = task->cred->gid.val;
	if (bpf_core_field_exists(task->loginuid)) {
		head->loginuid = BPF_CORE_READ(task, loginuid.val);
		head->session = BPF_CORE_READ(task, sessionid);
	} else {
		head->loginuid = -1;
		head->session = -1;
	}
	head->pid_namespace = pid_namespace_of(task);
	head->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	head->user_namespace = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	head->cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(head->comm, sizeof(head->comm));
	bpf_probe_read_kernel_str(head->parent_comm, sizeof(head->parent_comm), task->real_parent->comm);
}

static __always_inline void send_head(struct scratch *s)
{
	__u64 size = sizeof(s->head) + s->end;
	long full;

	asm volatile("" : "+r"(size));
	if (size > sizeof(s->head) + DATA_SIZE)
		return;
	if (s->head.flags & (FLAG_ARGV_UNREAD | FLAG_ARGV_CUT | FLAG_ENVIRONMENT_UNREAD | FLAG_CHUNK_LOST))
		count(COUNTER_INCOMPLETE);
	if (s->head.match == MATCH_NONE) {
		full = bpf_ringbuf_output(&unknown, s, size, 0);
		count(full ? COUNTER_LOST_UNKNOWN : COUNTER_SENT_UNKNOWN);
	} else {
		full = bpf_ringbuf_output(&watched, s, size, 0);
		count(full ? COUNTER_LOST_WATCHED : COUNTER_SENT_WATCHED);
	}
}

/* The name of a program, for map look-ups and comparisons; shorter ones are filled up with NUL. */
union name {
	char text[NAME_SIZE];
	__u64 words[2];
};

/* Whether anybody wants to know of this exec: by the name asked for, by the file's own name, by its content. */
static __always_inline bool is_wanted(const struct linux_binprm *bprm, bool script, struct file_key *file, __u32 *match,
				      __u32 *tool)
{
	union name asked = {}, entry = {};
	__u32 *found;

	/* A script is not the tool whose name it has; the exec that it makes is. */
	if (!script) {
		bpf_get_current_comm(asked.text, sizeof(asked.text));
		found = bpf_map_lookup_elem(&names, asked.text);
		if (found) {
			*match = MATCH_NAME;
			*tool = *found;
			return true;
		}
	}
	bpf_probe_read_kernel_str(entry.text, sizeof(entry.text), bprm->file->f_path.dentry->d_name.name);
	if (entry.words[0] != asked.words[0] || entry.words[1] != asked.words[1]) {
		found = bpf_map_lookup_elem(&names, entry.text);
		if (found) {
			*match = MATCH_ENTRY;
			*tool = *found;
			return true;
		}
	}
	found = bpf_map_lookup_elem(&verdicts, file);
	if (!found) {
		*match = MATCH_NONE;
		*tool = 0;
		return true;
	}
	*match = MATCH_CONTENT;
	*tool = *found;
	return *found != VERDICT_IGNORED;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct file_key file;
	struct scratch *s;
	struct exec_head *head;
	__u64 start, end;
	__u32 match, tool;
	long length;
	bool script = bprm->interp != bprm->filename;

	count(COUNTER_SEEN);
	read_file_key(&file, bprm->file->f_inode);
	if (!is_wanted(bprm, script, &file, &match, &tool)) {
		count(COUNTER_IGNORED);
		return 0;
	}
	s = scratch();
	if (!s)
		return 0;

	head = &s->head;
	__builtin_memset(head, 0, sizeof(*head));
	head->record = EXEC_HEAD;
	head->match = match;
	head->tool = tool;
	head->time = bpf_ktime_get_boot_ns();
	head->key.tgid = task->tgid;
	head->key.start_boottime = task->start_boottime;
	head->key.self_exec_id = task->self_exec_id;
	head->file = file;
	head->file_system = bprm->file->f_inode->i_sb->s_magic;
	head->links = BPF_CORE_READ(bprm, file, f_inode, i_nlink);
	head->argc = bprm->argc;
	if (script)
		head->flags |= FLAG_SCRIPT;
	read_identities(head, task);

	s->end = 0;
	length = bpf_probe_read_kernel_str(s->data, PATH_SIZE, bprm->filename);
	if (length <= 0 || length == PATH_SIZE)
		head->flags |= FLAG_FILENAME_CUT;
	if (length > 0 && length <= PATH_SIZE)
		s->end = length;
	head->filename = s->end;
	head->executable = append_path(s, &bprm->file->f_path, FLAG_EXECUTABLE_CUT);
	head->directory = append_path(s, &task->fs->pwd, FLAG_DIRECTORY_CUT);
	head->root = append_path(s, &task->fs->root, FLAG_ROOT_CUT);
	start = s->end;
	s->limit = start + PATH_SIZE;
	if (append_cgroup() != WALK_DONE)
		head->flags |= FLAG_CGROUP_CUT;
	head->cgroup_path = s->end - start;

	start = task->mm->arg_start;
	end = task->mm->arg_end;
	head->argv_length = end - start;
	if (end - start <= INLINE_SIZE) {
		if (append_user(s, start, end - start))
			head->argv = end - start;
		else
			head->flags |= FLAG_ARGV_UNREAD;
	} else if (end - start <= ARGV_WHOLE) {
		send_chunks(s, STREAM_ARGV, start, start, end);
	} else {
		head->flags |= FLAG_ARGV_CUT;
		send_chunks(s, STREAM_ARGV, start, start, start + ARGV_END);
		send_chunks(s, STREAM_ARGV, start, end - ARGV_END, end);
	}

	start = task->mm->env_start;
	end = task->mm->env_end;
	head->environment_length = end - start;
	if (end - start <= INLINE_SIZE) {
		if (append_user(s, start, end - start))
			head->environment = end - start;
		else
			head->flags |= FLAG_ENVIRONMENT_UNREAD;
	} else {
		if (end - start > ENVIRONMENT_SENT) {
			head->flags |= FLAG_ENVIRONMENT_CUT;
			end = start + ENVIRONMENT_SENT;
		}
		send_chunks(s, STREAM_ENVIRONMENT, start, start, end);
	}

	send_head(s);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
