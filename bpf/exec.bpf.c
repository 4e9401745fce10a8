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
#include "maps.h"
#include "paths.h"
#include "running.h"
#include "streams.h"

/* The bits of i_ctime_nsec above are marks of the file system: "has been asked for" since 6.13. */
#define NANOSECONDS 0x3fffffff

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
	BPF_CORE_READ_STR_INTO(&head->tty, task, signal, tty, name); /* zeroes where there is none */
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
