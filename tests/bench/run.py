#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The works of tools/bench, their targets, and the table of what came out.

Each row is measured on up to three sides: limit (bare Winsock, or below GnuTLS), builtin (Wine's winhttp.dll) and ours,
interleaved, so that a slow minute of the machine falls on all of them. What counts is the median of each side; ratios
are ours to the others. A row whose middle half spreads too wide is marked, its figures are not to be trusted.
"""

import argparse
import json
import statistics
import subprocess
import sys

WIDE = 0.15  # (third - first quartile) / median above which a row is marked
PATIENCE = 60  # seconds that one measurement may take
MB = 1 << 20
GB = 1000 * 1000 * 1000

RATE, CPU = "rate", "cpu"  # units a second: more is better; microseconds of CPU a unit: less is better


class Row:
    """name, what it is, the work's arguments, per-side changes to them (None: the side is left out), and targets."""

    def __init__(self, name, title, args, kind=RATE, limit="winsock", builtin=None, targets=(), tls=False, only=None):
        self.name, self.title, self.args, self.kind, self.limit = name, title, args, kind, limit
        self.builtin, self.targets, self.tls = builtin or {}, dict(targets), tls
        self.sides = only or ["limit", "builtin", "ours"]


def work(name, is_async=False, **keys):
    return dict(keys, work=name, **{"async": int(is_async)})


ROWS = [
    Row("in-small", "small frames in, 128 B, async", work("in", True, size=128, count=1000000),
        builtin={"count": 5000}, targets={"builtin": 400, "limit": 0.4}),
    Row("in-small-sync", "small frames in, 128 B, sync", work("in", size=128, count=1000000), builtin={"count": 5000}),
    Row("in-small-tls", "small frames in over TLS", work("in", True, size=128, count=300000), tls=True, limit=None,
        builtin={"count": 20000}, targets={"builtin": 1.5}),
    Row("in-large", "1 MB messages in, async", work("in", True, size=MB, count=1000), builtin={"count": 50},
        targets={"limit": 0.9}),
    Row("in-large-sync", "1 MB messages in, sync", work("in", size=MB, count=1000), builtin={"count": 50}),
    Row("in-large-tls", "1 MB messages in over TLS", work("in", True, size=MB, count=200), tls=True, limit=None,
        builtin={"count": 50}, targets={"builtin": 1.5}),
    Row("out-small", "small sends, 128 B, async", work("out", True, size=128, count=50000), builtin={"count": 10000},
        targets={"limit": 0.9}),
    Row("out-small-sync", "small sends, 128 B, sync", work("out", size=128, count=50000), builtin={"count": 10000},
        targets={"limit": 0.9}),
    Row("out-large", "1 MB sends, async", work("out", True, size=MB, count=1000), builtin={"count": 100},
        targets={"builtin": 8}),
    Row("out-large-sync", "1 MB sends, sync", work("out", size=MB, count=1000), builtin={"count": 100},
        targets={"builtin": 8}),
    Row("echo", "echo 64 B after 400 us, async", work("echo", True, size=64, us=400, count=8000), kind=CPU,
        targets={"limit": 1.2, "builtin": 1.25}),
    Row("echo-sync", "echo 64 B after 400 us, sync", work("echo", size=64, us=400, count=8000), kind=CPU,
        targets={"limit": 1.15, "builtin": 0.9}),
    Row("get", "keep-alive GET, sync", work("get", count=10000), builtin={"count": 2000},
        targets={"builtin": 3, "limit": 0.7}),
    Row("get-async", "keep-alive GET, async", work("get", True, count=10000), builtin={"count": 1000}),
    Row("reopen", "GET with a connection each, sync", work("reopen", count=1000), builtin={"count": 500}),
    Row("reopen-tls", "the same over TLS, resuming", work("reopen", count=200), tls=True, limit=None),
    Row("download", "download, sync", work("download", size=GB), builtin={"size": GB // 10},
        targets={"limit": 0.85}),
    Row("download-async", "download, async", work("download", True, size=GB), builtin={"size": GB // 10}),
    Row("download-tls", "download over TLS, sync", work("download", size=GB), tls=True, limit="gnutls",
        builtin={"size": GB // 20}, targets={"limit": 0.95}),
    Row("upload", "upload, sync", work("upload", size=GB), targets={"limit": 0.85}),
    Row("many", "10,000 WebSockets, a Receive each", work("many", True, conns=10000), only=["limit", "ours"],
        targets={"limit": 0.4, "threads": 16, "each": 16384}),
    Row("many-tls", "1,000 WebSockets over TLS", work("many", True, conns=1000), tls=True, only=["ours"]),
] + [
    Row("spread-%d" % n, "echo over %d connections" % n, work("spread", True, conns=n, count=10000), kind=CPU,
        only=["limit", "ours"])
    for n in (1, 10, 100, 1000, 10000)
]


class Bench:
    def __init__(self, options):
        self.one = options.one
        self.server = subprocess.Popen(
            [options.serve, options.certs + "/server.pem", options.certs + "/server.key"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        _, plain, tls = self.server.stdout.readline().split()
        self.ports = {False: plain, True: tls}

    def measure(self, row, side):
        """One run: the program's own report, or None where this side cannot do it."""
        args = dict(row.args, port=self.ports[row.tls], tls=int(row.tls))
        if side == "builtin":
            args.update(row.builtin)
        name = args.pop("work")
        command = [self.one, "b" if side == "builtin" else "n", row.limit if side == "limit" else "winhttp", name]
        command += ["%s=%s" % pair for pair in args.items()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            why = "no end within %d s" % PATIENCE
        except ValueError:
            # The program says which call failed; one that died, or that Wine did not start, leaves its code.
            why = "no report, exit code %d\n%s" % (done.returncode, done.stderr)
        print("  %s, %s: %s" % (row.name, side, why), file=sys.stderr)
        return None

    def close(self):
        self.server.stdin.close()
        self.server.wait()


def value(row, report):
    if row.kind == CPU:
        return 1e6 * report["cpu"] / report["units"]
    return report["units"] / report["seconds"]


def spread(values):
    if len(values) < 4:
        return 0.0
    first, middle, third = statistics.quantiles(values, n=4)
    return (third - first) / middle if middle else 0.0


def judge(row, sides):
    """[(target's name, wanted, got, met)]"""
    verdicts = []
    for name, wanted in row.targets.items():
        if name in ("threads", "each"):
            got = sides["ours"][name]
            verdicts.append((name, "<= %g" % wanted, got, got <= wanted))
        elif sides.get(name) and sides.get("ours"):
            got = sides["ours"]["value"] / sides[name]["value"]
            met = got <= wanted if row.kind == CPU else got >= wanted
            verdicts.append((name, "%s %g x" % ("<=" if row.kind == CPU else ">=", wanted), got, met))
    return verdicts


def summary(row, reports):
    """What is known of one side."""
    good = [r for r in reports if r]
    if not good:
        return None
    values = [value(row, r) for r in good]
    return {
        "value": statistics.median(values),
        "spread": spread(values),
        "cpu": statistics.median(1e6 * r["cpu"] / r["units"] for r in good),
        "each": statistics.median(r["each"] for r in good),
        "threads": max(r["threads"] for r in good),
        "runs": len(good),
    }


def number(x):
    return "-" if x is None else "%.3g" % x if x < 1000 else "{:,.0f}".format(x)


def print_row(row, sides, verdicts):
    def of(side, key="value"):
        return number(sides[side][key]) if sides.get(side) else "-"

    def ratio(side):
        if not sides.get(side) or not sides.get("ours"):
            return "-"
        return number(sides["ours"]["value"] / sides[side]["value"])

    unit = "us CPU" if row.kind == CPU else "/s"
    wide = " ~" if any(s and s["spread"] > WIDE for s in sides.values()) else ""
    print("%-34s %-6s %12s %12s %12s %9s %9s   %s%s" % (
        row.title, unit, of("limit"), of("builtin"), of("ours"), ratio("builtin"), ratio("limit"), of("ours", "cpu"),
        wide))
    for name, wanted, got, met in verdicts:
        print("%36s %s: wanted %s, is %s" % ("" if met else "MISSED", name, wanted, number(got)))
    if row.args["work"] == "many" and sides.get("ours"):
        print("%36s threads %d, memory %s bytes each" % ("", sides["ours"]["threads"], of("ours", "each")))
    sys.stdout.flush()


def flatness(results):
    """The cost of a message over many connections against that over few."""
    costs = [r["sides"]["ours"]["value"] for r in results if r["name"].startswith("spread-") and r["sides"].get("ours")]
    if len(costs) > 1:
        got = max(costs) / min(costs)
        print("%36s flat: wanted <= 1.3 x, is %s" % ("" if got <= 1.3 else "MISSED", number(got)))


def main():
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("--only", help="names of rows, by commas; a name stands for all that begin with it")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", help="file for the figures")
    for name in ("serve", "certs", "one"):
        parser.add_argument("--" + name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else [""]
    rows = [row for row in ROWS if any(row.name.startswith(w) for w in wanted)]
    bench, results = Bench(options), []
    print("%-34s %-6s %12s %12s %12s %9s %9s   %s" % (
        "work", "", "limit", "builtin", "ours", "/builtin", "/limit", "CPU us"))
    for row in rows:
        reports = {side: [] for side in row.sides if side != "limit" or row.limit}
        for _ in range(options.runs):
            for side, seen in reports.items():
                # A side that could not once is not asked again: it would only wait for the same patience.
                if not seen or seen[-1]:
                    seen.append(bench.measure(row, side))
        sides = {side: summary(row, seen) for side, seen in reports.items()}
        verdicts = judge(row, sides) if sides.get("ours") else [("ours", "an answer", None, False)]
        print_row(row, sides, verdicts)
        results.append({"name": row.name, "title": row.title, "kind": row.kind, "sides": sides, "reports": reports,
                        "targets": [dict(zip(("against", "wanted", "is", "met"), v)) for v in verdicts]})
    flatness(results)
    bench.close()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(results, out, indent=1)
    if any(s and s["spread"] > WIDE for r in results for s in r["sides"].values()):
        print("~: the middle half of the runs spreads by more than %d %%; not to be trusted" % (100 * WIDE))


main()
