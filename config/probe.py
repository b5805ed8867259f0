"""Asks this container's own web server for /health/: exit code 0 when it is well. Standard library only."""

import http.client
import os
import sys

SECONDS_TO_WAIT = 10


def main() -> int:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    port = os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")[2]
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=SECONDS_TO_WAIT)
    try:
        connection.request("GET", "/health/", headers={"Host": host})
        answer = connection.getresponse()
        print(answer.status, answer.read(500).decode(errors="replace"))
        return 0 if answer.status == 200 else 1
    except OSError as error:
        print(error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
