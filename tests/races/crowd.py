"""Many people at once: threads on the real PostgreSQL that start at the same moment."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Sequence

from django.db import connection, transaction


def all_at_once(acts: Sequence[Callable[[], object]], *, in_transaction: bool = True) -> list[object]:
    """Run every act in a thread of its own, with a connection of its own, from one starting line.

    Pages mind their own transactions: for them `in_transaction` is False.
    Returns what each came to: its result, or the exception it raised.
    """
    results: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            with transaction.atomic() if in_transaction else contextlib.nullcontext():
                results[number] = acts[number]()
        except Exception as problem:  # noqa: BLE001 - the test looks at every one of them
            results[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def outcomes(results: Sequence[object]) -> Counter:
    """How often each kind of outcome came out: exception class names, or "done"."""
    return Counter(type(item).__name__ if isinstance(item, Exception) else "done" for item in results)
