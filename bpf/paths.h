// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Paths as the kernel has them: files up to the root of the mount namespace, cgroups up to theirs. */
#pragma once

#include "maps.h"

#define STEPS_PER_CALL 32 /* of a walk; more in one function and the 5.10 verifier gives up */
#define CALLS_PER_WALK 64

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
