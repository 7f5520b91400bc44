"""What a binary consists of, by crate: `python breakdown.py BINARY`, one that has its symbols."""

import collections
import os
import re
import subprocess
import sys

# As much is told apart; the rest is one line.
LINES = 20
# How `nm` begins the names of functions and of the data that is theirs.
CODE = "tTwWrRdDbB"
NAME = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)(?:\[[0-9a-f]+\])?::")
# What is generic is there for each type that it is used with: that type's crate is why.
GENERIC = {"core", "alloc", "std", "hashbrown"}


def crate_of(symbol):
    """The first crate that a demangled name names, but for those of generic code; these where there is no other."""
    named = NAME.findall(symbol)
    # Modules and types follow their crate's name after `::`.
    crates = [name for name in named if not re.search(rf"::{name}(?:\[[0-9a-f]+\])?::", symbol)]
    return next((name for name in crates if name not in GENERIC), crates[0] if crates else "(C, or data without a name)")


def sizes(binary):
    lines = subprocess.run(["nm", "-C", "-S", binary], check=True, capture_output=True, text=True).stdout.splitlines()
    total = collections.Counter()
    for line in lines:
        parts = line.split(maxsplit=3)
        if len(parts) == 4 and parts[2] in CODE:
            total[crate_of(parts[3])] += int(parts[1], 16)
    return total


def main():
    binary = sys.argv[1]
    total = sizes(binary)
    named = sum(total.values())
    print(f"{os.path.basename(binary)}: {named / 1e6:.1f} MB of named code and data, unzipped\n")
    most = total.most_common(LINES)
    rest = named - sum(size for _, size in most)
    for crate, size in [*most, ("all others", rest)]:
        print(f"{size / 1e3:8.0f} kB {100 * size / named:5.1f} %  {crate}")


main()
