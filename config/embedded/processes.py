"""Children that die with their parent, and what is left of them when it was killed."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
MARK = "CAIRN_STACK"
LOG_LIMIT = 10 * 1024 * 1024


@dataclass
class Child:
    """A running process, its name for people and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: int = signal.SIGTERM
    started: float = field(default_factory=time.monotonic)

    def alive(self) -> bool:
        return self.process.poll() is None

    def log_end(self, *, lines: int = 15) -> str:
        """Give the last lines it wrote."""
        return log_end(self.log, lines=lines)


def spawn(
    *,
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    directory: Path,
    stop_signal: int = signal.SIGTERM,
    user: int | None = None,
) -> Child:
    """Start a process in a session of its own that is told to stop when we die, however we die (Linux)."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".previous.log"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            preexec_fn=die_with_parent(stop_signal),
        )
    return Child(name=name, process=process, log=log, stop_signal=stop_signal)


def die_with_parent(stop_signal: int) -> Callable[[], None] | None:
    """Build the hook that asks the kernel to signal the child when its parent is gone."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def hook() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:
            os._exit(1)

    return hook


def stop(child: Child, *, patience: float) -> None:
    """Ask, wait, then insist; whatever remains of its process group is killed."""
    if child.alive():
        child.process.send_signal(child.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=patience)
    kill_group(child.process.pid)
    child.process.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of a session we started; nobody left is the usual case."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def log_end(log: Path, *, lines: int = 15) -> str:
    """Give the last `lines` lines of a log file."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 64 * 1024))
        text = stream.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def birth(pid: int) -> str | None:
    """Identify a process beyond its number, which the system uses again: when it started."""
    if sys.platform.startswith("linux"):
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = status.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def remember(file: Path, children: Sequence[Child]) -> None:
    """Write down who runs, for a successor that finds us killed."""
    rows = [{"name": child.name, "pid": child.process.pid, "birth": birth(child.process.pid)} for child in children]
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(rows))
    scratch.replace(file)


def end_survivors(file: Path, *, mark: str) -> list[str]:
    """Kill what a killed predecessor left running, and name it; a number that now means another process is left alone."""
    ended: list[str] = []
    rows = json.loads(file.read_text()) if file.exists() else []
    for row in rows:
        if row["birth"] is not None and birth(row["pid"]) == row["birth"]:
            kill_group(row["pid"])
            ended.append(row["name"])
    for pid in marked(mark):
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
        ended.append(f"process {pid}")
    file.unlink(missing_ok=True)
    return ended


def marked(mark: str) -> list[int]:
    """Find processes started for this stack by the mark in their environment (Linux only; empty elsewhere)."""
    needle = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if needle in environment.split(b"\0") and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
