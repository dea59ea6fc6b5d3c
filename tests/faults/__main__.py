"""Kill shops at work, and look what is left.

    PYTHONPATH=tests python -m faults --kills 1000 --seed 0

A seed that fails is named; `--seed N --kills 25` lives its lives again.
"""

from __future__ import annotations

import argparse
import sys
import time

from faults.kills import LIVES_PER_SHOP, run

parser = argparse.ArgumentParser(prog="python -m faults", description="Kill shops at work.")
parser.add_argument("--kills", type=int, default=1000)
parser.add_argument("--seed", type=int, default=0, help="of the first shop; each has the next one")
given = parser.parse_args()
started = time.perf_counter()
toll = run(given.kills, given.seed)
last = given.seed + -(-given.kills // LIVES_PER_SHOP) - 1
seconds = time.perf_counter() - started
sys.stdout.write(f"seeds {given.seed} … {last}: {toll}; {seconds:.0f} s\n")
