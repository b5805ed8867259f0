"""`python -m config.deploy`: brings a production database up to this release, before web and workers start.

Run it as the database's owner (DATABASE_URL). With APPLICATION_ROLE set, that role, under which web, worker and
beat connect, gets what it needs and no more: it may add to history but never change or drop it. The triggers
refuse that too; but only an owner could remove a trigger.
"""

import os

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from psycopg2 import sql

# Added to, never changed. The heads of the chains move only by the trigger that adds an event, with the owner's rights.
APPEND_ONLY = ("history.Event", "history.Seal", "history.SealedEnd")
MOVED_BY_TRIGGER = ("history.ChainHead",)


def deploy() -> None:
    call_command("migrate", interactive=False)
    call_command("createcachetable")
    if role := os.environ.get("APPLICATION_ROLE"):
        grant_to_application(role)


@transaction.atomic
def grant_to_application(role: str) -> None:
    """All at once and every time: tables that a migration has just made are covered too."""
    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)).as_string(cursor.connection))


def tables(labels: tuple[str, ...]) -> str:
    return ", ".join(f'"{apps.get_model(label)._meta.db_table}"' for label in labels)


def statements() -> list[str]:
    append_only, moved = tables(APPEND_ONLY), tables(MOVED_BY_TRIGGER)
    return [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {append_only} FROM {{role}}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {moved} FROM {{role}}",
        'REVOKE INSERT, UPDATE, DELETE ON "django_migrations" FROM {role}',
    ]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    deploy()
