// SPDX-License-Identifier: Apache-2.0
/*
 * Starts programs in the ways that tests of execution tracing need and a shell has not.
 *
 *   launch execveat PATH ARG...            by a descriptor of PATH
 *   launch memfd PATH NAME ARG...          a copy of PATH in memory, called NAME
 *   launch deleted PATH ARG...             PATH, unlinked before it is started
 *   launch hex PATH HEX...                 with arguments of any bytes, in hexadecimal
 *   launch empty PATH                      with no argument at all, not even argv[0]
 *   launch many COUNT PATH ARG... -- LAST  with COUNT times "x" between ARG... and LAST
 *   launch big COUNT SIZE PATH ARG... -- LAST
 *                                          with COUNT times "--label" and SIZE bytes between ARG... and LAST
 *   launch storm COUNT SIZE PATH ARG...    COUNT processes one after the other, each with SIZE bytes behind ARG...
 *                                          that tell its number
 *   launch fuse PATH DIRECTORY             serves DIRECTORY as a FUSE file system, in which every name is PATH, until
 * it is unmounted
 *   launch seccomp NUMBERS PATH ARG...     with system calls of these numbers only, others fail with EPERM
 *   launch powercut DIRECTORY              the file system there (ext4, xfs) forgets what is not flushed, and answers
 * nothing but errors until it is mounted anew
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

static void run_fd(int fd, char **argv)
{
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	fail("execveat");
}

static int copy_to_memory(const char *path, const char *name)
{
	int from = open_file(path);
	int to = memfd_create(name, MFD_CLOEXEC);
	struct stat status;
	off_t offset = 0;

	if (to < 0 || fstat(from, &status))
		fail("memfd");
	while (offset < status.st_size)
		if (sendfile(to, from, &offset, status.st_size - offset) <= 0)
			fail("sendfile");
	return to;
}

static char *unhex(const char *hex)
{
	size_t length = strlen(hex) / 2;
	char *bytes = calloc(length + 1, 1);
	unsigned int byte;

	for (size_t i = 0; i < length && sscanf(hex + 2 * i, "%2x", &byte) == 1; i++)
		bytes[i] = (char)byte;
	return bytes;
}

static char *text(size_t size)
{
	char *bytes = malloc(size + 1);

	memset(bytes, 'x', size);
	bytes[size] = 0;
	return bytes;
}

/* ARG... up to "--", then what `fill` gives for each of `count`, then what stands behind "--". */
static char **fill(char **args, int count, int size)
{
	char **argv = calloc(strlen("x") + 2 * (size_t)count + 4096, sizeof(char *));
	char *filling = text(size);
	int n = 0;

	while (*args && strcmp(*args, "--"))
		argv[n++] = *args++;
	for (int i = 0; i < count; i++) {
		if (size > 1)
			argv[n++] = "--label";
		argv[n++] = filling;
	}
	if (*args)
		args++;
	while (*args)
		argv[n++] = *args++;
	argv[n] = NULL;
	return argv;
}

static void storm(int count, int size, const char *path, char **args)
{
	char *argv[64] = {};
	char *filling = text(size);
	int n = 0;

	while (args[n] && n < 60) {
		argv[n] = args[n];
		n++;
	}
	argv[n] = filling;
	for (int i = 0; i < count; i++) {
		pid_t pid;

		snprintf(filling, size, "%d", i);
		filling[strlen(filling)] = '.';
		pid = fork();
		if (pid < 0)
			fail("fork");
		if (pid == 0) {
			execv(path, argv);
			fail(path);
		}
		waitpid(pid, NULL, 0);
	}
}

/* The file systems have this in common and no header has it: FS_IOC_SHUTDOWN, without flushing the log. */
static void cut_power(const char *directory)
{
	__u32 flags = 2;

	if (ioctl(open_file(directory), _IOR('X', 125, __u32), &flags))
		fail(directory);
}

/* The root is node 1, the one file node 2. */
static void fill_attributes(struct fuse_attr *attr, __u64 node, off_t size)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = node;
	attr->mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0755;
	attr->nlink = 1;
	attr->size = node == FUSE_ROOT_ID ? 0 : size;
}

static void answer(int fuse, __u64 unique, int error, const void *data, size_t size)
{
	struct fuse_out_header head = {.len = sizeof(head) + size, .error = error, .unique = unique};
	struct iovec parts[] = {{&head, sizeof(head)}, {(void *)data, size}};

	if (writev(fuse, parts, 2) < 0 && errno != ENOENT)
		fail("answer");
}

static void serve(const char *path, const char *directory)
{
	static char request[FUSE_MIN_READ_BUFFER + (1 << 17)], content[1 << 20];
	const struct fuse_in_header *head = (const void *)request;
	const struct fuse_read_in *part = (const void *)(head + 1);
	int file = open_file(path), fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 1 << 16};
	struct fuse_entry_out entry = {.nodeid = 2, .attr_valid = 1};
	struct fuse_attr_out attributes = {.attr_valid = 1};
	struct fuse_open_out opened = {};
	struct stat status;
	char options[64];

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	if (fuse < 0 || fstat(file, &status) || mount("tallyman-test", directory, "fuse", 0, options))
		fail("fuse");
	fill_attributes(&entry.attr, 2, status.st_size);
	while (read(fuse, request, sizeof(request)) > 0) {
		switch (head->opcode) {
		case FUSE_INIT:
			answer(fuse, head->unique, 0, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			answer(fuse, head->unique, 0, &entry, sizeof(entry));
			break;
		case FUSE_GETATTR:
			fill_attributes(&attributes.attr, head->nodeid, status.st_size);
			answer(fuse, head->unique, 0, &attributes, sizeof(attributes));
			break;
		case FUSE_OPEN:
			answer(fuse, head->unique, 0, &opened, sizeof(opened));
			break;
		case FUSE_READ: {
			ssize_t n = pread(file, content, part->size < sizeof(content) ? part->size : sizeof(content),
					  part->offset);

			answer(fuse, head->unique, n < 0 ? -errno : 0, content, n < 0 ? 0 : n);
			break;
		}
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
			break; /* wants no answer */
		default:
			answer(fuse, head->unique, -ENOSYS, NULL, 0);
		}
	}
}

static void allow_only(char *numbers)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog program = {.filter = filter};
	int n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (char *number = strtok(numbers, ","); number; number = strtok(NULL, ",")) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(number), 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		fail("seccomp");
}

int main(int argc, char **argv)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	const char *mode = argc > 2 ? argv[1] : "";

	setrlimit(RLIMIT_STACK, &unlimited); /* a quarter of it is the limit of argv */
	if (!strcmp(mode, "execveat"))
		run_fd(open_file(argv[2]), argv + 2);
	if (!strcmp(mode, "memfd"))
		run_fd(copy_to_memory(argv[2], argv[3]), argv + 3);
	if (!strcmp(mode, "deleted")) {
		int fd = open_file(argv[2]);

		unlink(argv[2]);
		run_fd(fd, argv + 2);
	}
	if (!strcmp(mode, "hex")) {
		for (int i = 3; i < argc; i++)
			argv[i] = unhex(argv[i]);
		execv(argv[2], argv + 2);
		fail(argv[2]);
	}
	if (!strcmp(mode, "empty")) {
		execve(argv[2], argv + argc, environ);
		fail(argv[2]);
	}
	if (!strcmp(mode, "many")) {
		execv(argv[3], fill(argv + 3, atoi(argv[2]), 1));
		fail(argv[3]);
	}
	if (!strcmp(mode, "big")) {
		execv(argv[4], fill(argv + 4, atoi(argv[2]), atoi(argv[3])));
		fail(argv[4]);
	}
	if (!strcmp(mode, "storm")) {
		storm(atoi(argv[2]), atoi(argv[3]), argv[4], argv + 4);
		return 0;
	}
	if (!strcmp(mode, "fuse")) {
		serve(argv[2], argv[3]);
		return 0;
	}
	if (!strcmp(mode, "seccomp") && argc > 3) {
		allow_only(argv[2]);
		execv(argv[3], argv + 3);
		fail(argv[3]);
	}
	if (!strcmp(mode, "powercut")) {
		cut_power(argv[2]);
		return 0;
	}
	fprintf(stderr, "launch: no mode '%s', see the comment in launch.c\n", mode);
	return 64;
}
