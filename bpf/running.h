/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Tells which execution a process is in that user space has found in /proc, so that it has one name whether it was seen
 * to begin or found running. User space opens a file of /proc/PID, says in `asked` by which descriptor, and reads the
 * iterator. A number would not do: the one that /proc gives is of the proc file system's namespace, not of the agent's.
 */
#pragma once

#include "kernel.h"
#include "exec.h"
#include "maps.h"

#define PROC_SUPER_MAGIC 0x9fa0

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32); /* a descriptor of the process that reads the iterator */
} asked SEC(".maps");

static __always_inline struct file *file_of(const struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (descriptor < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), &files[descriptor]);
	return file;
}

/* The leader of the process that a file of the proc file system is about; NULL if the file is of no process. */
static __always_inline struct task_struct *process_of(const struct inode *inode)
{
	struct proc_inode *proc;
	struct pid *pid;
	struct hlist_node *first = NULL;

	if (!inode || BPF_CORE_READ(inode, i_sb, s_magic) != PROC_SUPER_MAGIC)
		return NULL;
	proc = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	pid = BPF_CORE_READ(proc, pid);
	if (!pid)
		return NULL;
	bpf_probe_read_kernel(&first, sizeof(first), &pid->tasks[PIDTYPE_TGID].first);
	if (!first)
		return NULL;
	return (void *)first - bpf_core_field_offset(struct task_struct, pid_links) -
	       PIDTYPE_TGID * bpf_core_type_size(struct hlist_node);
}

SEC("iter/task")
int tell_running(struct bpf_iter__task *ctx)
{
	struct task_struct *reader = ctx->task, *process;
	struct exec_key key = {};
	__u32 zero = 0, *descriptor;
	struct file *file;

	/* Of all tasks only the reader is of use, who has the file open. */
	if (!reader || reader->pid != (int)bpf_get_current_pid_tgid())
		return 0;
	descriptor = bpf_map_lookup_elem(&asked, &zero);
	if (!descriptor)
		return 0;
	file = file_of(reader, *descriptor);
	process = process_of(BPF_CORE_READ(file, f_inode));
	if (!process)
		return 0;
	key.tgid = BPF_CORE_READ(process, tgid);
	key.start_boottime = BPF_CORE_READ(process, start_boottime);
	key.self_exec_id = BPF_CORE_READ(process, self_exec_id);
	bpf_seq_write(ctx->meta->seq, &key, sizeof(key));
	return 0;
}
