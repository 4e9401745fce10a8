// SPDX-License-Identifier: Apache-2.0
/*
 * For LD_PRELOAD: a disk that does not keep what is written, or that does not answer. The file that TALLYMAN_DISK names
 * says which: "fail" or "hang", for as long as it says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int order(void)
{
	const char *name = getenv("TALLYMAN_DISK");
	FILE *file = name ? fopen(name, "re") : NULL;
	int word = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	return word;
}

static int sync_with(long call, int descriptor)
{
	while (order() == 'h')
		usleep(50 * 1000);
	if (order() == 'f') {
		errno = EIO;
		return -1;
	}
	return syscall(call, descriptor);
}

int rename(const char *from, const char *to)
{
	while (order() == 'h')
		usleep(50 * 1000);
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fsync(int descriptor)
{
	return sync_with(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
	return sync_with(SYS_fdatasync, descriptor);
}
