"""What a collector's store says of one rate's executions, once all are there: STORE RATE COUNT."""
import sqlite3
import sys
import time

store, rate, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
mark = f"latency-{rate}-".encode()
while True:
    rows = database.execute("SELECT stored - time FROM alerts WHERE instr(record, ?) ORDER BY 1", (mark,)).fetchall()
    if len(rows) >= count:
        break
    time.sleep(0.5)
milliseconds = [row[0] / 1000 for row in rows]
at = lambda part: milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * part))]
print(f"{rate}/s: {count} executions, median {at(0.5):.1f} ms, 99 % {at(0.99):.1f} ms, most {milliseconds[-1]:.1f} ms")
