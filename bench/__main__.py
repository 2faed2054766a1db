"""`make bench`: each measurement in a process of its own, one after the other."""

import os
import subprocess
import sys

from config.embedded.places import PROJECT

MEASUREMENTS = ("comparison", "measures", "upload", "dashboard")

if __name__ == "__main__":
    variables = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    failed = []
    for name in sys.argv[1:] or MEASUREMENTS:
        print(f"\n=== {name} ===", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=PROJECT, env=variables, check=False).returncode:
            failed.append(name)
    sys.exit(f"These measurements failed: {', '.join(failed)}" if failed else 0)
