"""Executes a program at a steady rate, each time with arguments that nobody else has: PROGRAM RATE SECONDS."""
import os
import sys
import time

program, rate, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start = time.monotonic()
for i in range(rate * seconds):
    os.waitpid(os.posix_spawn(program, [program, "run", "--privileged", f"latency-{rate}-{i}"], os.environ), 0)
    time.sleep(max(0, start + (i + 1) / rate - time.monotonic()))
