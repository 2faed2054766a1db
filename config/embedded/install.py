"""Makes `.venv` and installs the pinned packages; run by the Makefile with any Python, so it imports nothing of ours.

Python 3.6 to 3.10 can read this file too, so that they are refused with a sentence and not a syntax error.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        f"Cairn needs Python 3.11 or later, and {sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}. "
        "Name a newer one: make install PYTHON=/path/to/python3.11"
    )

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
REQUIREMENTS = PROJECT / "requirements"
SETS = {"demo": ("base", "demo"), "dev": ("base", "demo", "dev")}
STAMP = VENV / ".cairn-installed"
# uv locks .venv/.lock itself.
LOCK = VENV / ".cairn-lock"


def main(chosen: str) -> None:
    """Bring `.venv` to the state of the requirement files; nothing to do takes no time."""
    wanted = {name: digest(REQUIREMENTS / f"{name}.txt") for name in SETS[chosen]}
    if fits() and wanted.items() <= installed().items():
        return
    VENV.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not fits():
            make_venv()
        install(list(wanted))
        stamp = installed() | wanted
        STAMP.write_text("".join(f"{name} {value}\n" for name, value in sorted(stamp.items())))


def digest(file: Path) -> str:
    """Identify the content of a requirement file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def installed() -> dict[str, str]:
    """Read what the stamp says was installed last."""
    if not STAMP.exists():
        return {}
    return dict(line.split() for line in STAMP.read_text().splitlines())


def fits() -> bool:
    """Tell whether `.venv` exists, still works and was made by this version of Python."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return False
    question = "import sys, pip; print(*sys.version_info[:2])"
    answer = subprocess.run([str(python), "-c", question], capture_output=True, text=True, check=False)
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def make_venv() -> None:
    """Make the virtual environment anew with this Python."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only asked whether it is there: Debian ships it apart
    except ImportError:
        sys.exit("This Python cannot make virtual environments. On Debian: apt-get install python3-venv; then try again.")
    print("Making .venv …", flush=True)
    for part in VENV.iterdir():
        if part != LOCK:
            shutil.rmtree(part) if part.is_dir() and not part.is_symlink() else part.unlink()
    run([sys.executable, "-m", "venv", str(VENV)])


def install(names: list[str]) -> None:
    """Install with uv, and with plain pip where uv cannot be had or cannot reach its index; hashes are required either way."""
    print("Installing the pinned packages …", flush=True)
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    files = [part for name in names for part in ("-r", str(REQUIREMENTS / f"{name}.txt"))]
    uv = [python, "-m", "uv", "--no-config", "pip", "install", "--quiet", "--python", python, "--require-hashes"]
    if quietly([*pip, "-r", str(REQUIREMENTS / "installer.txt")]) and quietly([*uv, *files]):
        return
    print("uv could not do it; trying plain pip, which takes longer …", flush=True)
    run([*pip, *files])


def quietly(command: list[str]) -> bool:
    """Run a command and say whether it went well; its complaint is shown."""
    answer = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, env=environment())
    if answer.returncode:
        print(answer.stderr.strip(), file=sys.stderr, flush=True)
    return answer.returncode == 0


def run(command: list[str]) -> None:
    """Run a command that must go well."""
    if subprocess.run(command, check=False, env=environment()).returncode:
        sys.exit(f"This command failed, so the set-up is not complete: {' '.join(command)}")


def environment() -> dict[str, str]:
    """Keep uv from looking for other Pythons, and another virtual environment from interfering."""
    values = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}}
    return values | {"UV_PYTHON_DOWNLOADS": "never"}


if __name__ == "__main__":
    main(sys.argv[1])
