"""Passwords that an administrator hands out: random, good for one sign-in."""

import secrets

from django.contrib.auth.hashers import Argon2PasswordHasher

#: Letters and digits that nobody mistakes for each other when reading them out.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_LENGTH = 4, 4


class _QuickArgon2(Argon2PasswordHasher):
    """Slow hashing protects what people think up. A random password of 79 bits needs none, and an import makes
    thousands of them at once; the first sign-in hashes it anew at full cost.
    """

    time_cost = 1
    memory_cost = 64  # KiB
    parallelism = 1


def one_time_password() -> str:
    """For example "k7mq-x2fd-9hrt-w4np": about 79 bits."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _letter in range(GROUP_LENGTH)) for _group in range(GROUPS)
    )


def hash_of_one_time_password(password: str) -> str:
    """As it is kept. For passwords made by `one_time_password` only."""
    hasher = _QuickArgon2()
    return hasher.encode(password, hasher.salt())
