#!/usr/bin/env python3
"""Adds up the results that ctest wrote (--output-junit) into the line "N passed, N failed".

A doctest program counts with each of its test cases, any other test as one. What ended without a
summary, and a results file that is not there, count as one failure.
"""

import argparse
import collections
import re
import sys
import xml.etree.ElementTree

SUMMARY = re.compile(r"^\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", re.MULTILINE)
SKIPPED = re.compile(r"^\[skipped\] ", re.MULTILINE)


def count_test(test):
    """What one ctest entry adds."""
    ran_well = test.get("status") == "run"
    output = test.findtext("system-out", default="")
    if summary := SUMMARY.search(output):
        passed, failed = int(summary[1]), int(summary[2])
        skipped = len(SKIPPED.findall(output))
        if not ran_well and failed == 0:
            failed = 1
        return {"passed": passed - skipped, "failed": failed, "skipped": skipped}
    if ran_well:
        return {"passed": 1}
    skip = test.find("skipped")
    if skip is not None and skip.get("message", "").startswith("SKIP_"):
        return {"skipped": 1}
    return {"failed": 1}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--failed", type=int, default=0, help="failures to add that no file tells of")
    arguments.add_argument("results", nargs="+")
    options = arguments.parse_args()

    total = collections.Counter(failed=options.failed)
    for path in options.results:
        try:
            suite = xml.etree.ElementTree.parse(path)
        except FileNotFoundError:
            print(f"{path}: no results", file=sys.stderr)
            total["failed"] += 1
            continue
        for test in suite.iter("testcase"):
            total.update(count_test(test))

    line = f"{total['passed']} passed, {total['failed']} failed"
    if total["skipped"]:
        line += f", {total['skipped']} skipped"
    print(line)
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
