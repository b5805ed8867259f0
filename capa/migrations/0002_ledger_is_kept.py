"""The tracking ledger is append-only, by the same refusal as the history."""

from django.db import migrations

TABLES = ("capa_ledgerentry", "capa_entryproof")

FORWARDS = "\n".join(
    f"""
CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
"""
    for table in TABLES
)
BACKWARDS = "\n".join(
    f"DROP TRIGGER {table}_frozen ON {table}; DROP TRIGGER {table}_kept ON {table};" for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [("capa", "0001_initial"), ("history", "0002_append_only")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
