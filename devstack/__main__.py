"""`python -m devstack COMMAND ARGUMENTS`: called by dev.py, inside .venv."""

import os
import sys

from devstack.places import ROOT


def main(command: str, *arguments: str) -> int:
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Each command imports only what it needs: starting fast is a feature of this tool.
    match command:
        case "run":
            from devstack.run import run

            return run(arguments)
        case "test":
            from devstack.testing import test

            return test(arguments)
        case "messages":
            from devstack.messages import messages

            return messages(arguments)
        case "manage":
            from devstack.manage import manage

            return manage(arguments)
        case "lint":
            from devstack.linting import lint

            return lint()
    print(f"Unknown command: {command}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
