"""The database itself keeps the history: it numbers and chains events, and refuses to change or drop them."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION history_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A chain per case: the head row is the only thing locked, so unrelated cases never wait for each other.
CREATE FUNCTION history_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE head history_chainhead;
BEGIN
    INSERT INTO history_chainhead ("case", seq, hash) VALUES (NEW."case", 0, '') ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM history_chainhead WHERE "case" = NEW."case" FOR UPDATE;
    NEW.seq := head.seq + 1;
    NEW.previous_hash := head.hash;
    NEW.hash := encode(sha256(convert_to(head.hash || NEW.payload, 'UTF8')), 'hex');
    UPDATE history_chainhead SET seq = NEW.seq, hash = NEW.hash WHERE "case" = NEW."case";
    RETURN NEW;
END $$;

-- Heads move only when an event is added, that is from inside history_chain.
CREATE FUNCTION history_head_only_by_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'history is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER event_chain BEFORE INSERT ON history_event FOR EACH ROW EXECUTE FUNCTION history_chain();
CREATE TRIGGER event_frozen BEFORE UPDATE OR DELETE ON history_event
    FOR EACH ROW EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER event_kept BEFORE TRUNCATE ON history_event
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER head_guarded BEFORE INSERT OR UPDATE ON history_chainhead
    FOR EACH ROW EXECUTE FUNCTION history_head_only_by_chain();
CREATE TRIGGER head_frozen BEFORE DELETE ON history_chainhead
    FOR EACH ROW EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER head_kept BEFORE TRUNCATE ON history_chainhead
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER seal_frozen BEFORE UPDATE OR DELETE ON history_seal
    FOR EACH ROW EXECUTE FUNCTION history_refuse_change();
CREATE TRIGGER seal_kept BEFORE TRUNCATE ON history_seal
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER event_chain ON history_event;
DROP TRIGGER event_frozen ON history_event;
DROP TRIGGER event_kept ON history_event;
DROP TRIGGER head_guarded ON history_chainhead;
DROP TRIGGER head_frozen ON history_chainhead;
DROP TRIGGER head_kept ON history_chainhead;
DROP TRIGGER seal_frozen ON history_seal;
DROP TRIGGER seal_kept ON history_seal;
DROP FUNCTION history_chain();
DROP FUNCTION history_head_only_by_chain();
DROP FUNCTION history_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
