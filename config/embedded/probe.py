"""Health checks over HTTP, for the supervisor and for containers: `python -m config.embedded.probe URL`."""

import os
import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> int:
    """Answer 0 when healthy; otherwise say why not and answer 1."""
    complaint = unhealthy(arguments[0], host=os.environ.get("CAIRN_ALLOWED_HOSTS", "localhost").split(",")[0])
    if complaint:
        print(complaint, file=sys.stderr)
    return 1 if complaint else 0


def unhealthy(url: str, *, host: str) -> str:
    """Ask an address under the name the site is known by; the empty string means 200, otherwise why not."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=10) as answer:
            return "" if answer.status == 200 else f"status {answer.status}"
    except urllib.error.HTTPError as error:
        return f"status {error.code}: {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
