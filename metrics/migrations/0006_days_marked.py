"""The database itself notes which days have to be counted again, whoever changes a case, and in the same transaction.

Plain inserts without any unique key: no two changes ever wait for each other. `metrics.counted` says what is counted;
a source here is the one there. Nothing is noted for what changes no figure. There is no zone of the figures in the
database: moments are noted, and cut into days where they are counted.
"""

from django.db import migrations

MARKING = """
CREATE FUNCTION metrics_mark(text, bigint, timestamptz, date DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO metrics_stale (source, unit_id, moment, day)
    SELECT $1, $2, $3, $4 WHERE $2 IS NOT NULL AND ($3 IS NOT NULL OR $4 IS NOT NULL)
$$;

-- The unit of a case by its name in history; null where it is neither an incident nor a complaint.
CREATE FUNCTION metrics_unit_of(text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE split_part($1, ':', 1)
        WHEN 'incident' THEN (
            SELECT unit_id FROM incidents_incident WHERE id = substring($1 from '^incident:([0-9]+)$')::bigint)
        WHEN 'complaint' THEN (
            SELECT unit_id FROM complaints_complaint WHERE id = substring($1 from '^complaint:([0-9]+)$')::bigint)
    END
$$;
"""

INCIDENTS = """
-- What belongs to an incident counts where the incident does, and nowhere once it is merged.
CREATE FUNCTION metrics_mark_parts_of_incident(bigint, bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO metrics_stale (source, unit_id, moment, day)
    SELECT part.source, coalesce(part.unit, of.unit), part.moment, part.day
    FROM (SELECT DISTINCT unnest($2)) AS of(unit) CROSS JOIN (
        SELECT 'deadlines', NULL::bigint, due_at, NULL::date FROM reminders_deadline
            WHERE subject = 'incident:' || $1
        UNION ALL SELECT 'watches', NULL, begins_at, NULL FROM capa_recurrencewatch WHERE incident_id = $1
        UNION ALL SELECT 'verdicts', NULL, judged_at, NULL FROM capa_verification WHERE incident_id = $1
        UNION ALL SELECT 'steps', NULL, at, NULL FROM history_event
            WHERE "case" = 'incident:' || $1 AND before ? 'stage'
        UNION ALL SELECT 'measures', unit_id, NULL, original_due_on FROM capa_measure
            WHERE incident_id = $1 AND original_due_on IS NOT NULL
    ) AS part(source, unit, moment, day)
$$;

CREATE FUNCTION metrics_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('incidents', OLD.unit_id, OLD.reported_at);
        PERFORM metrics_mark('incidents', OLD.unit_id, OLD.closed_at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('incidents', NEW.unit_id, NEW.reported_at);
        PERFORM metrics_mark('incidents', NEW.unit_id, NEW.closed_at);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.unit_id <> NEW.unit_id OR (OLD.stage = 'merged') <> (NEW.stage = 'merged') THEN
            PERFORM metrics_mark_parts_of_incident(NEW.id, ARRAY[OLD.unit_id, NEW.unit_id]);
        END IF;
        IF OLD.occurred_at <> NEW.occurred_at
            OR (OLD.stage IN ('dismissed', 'merged')) <> (NEW.stage IN ('dismissed', 'merged')) THEN
            INSERT INTO metrics_stale (source, unit_id, moment)
            SELECT 'watches', earlier.unit_id, watch.begins_at
            FROM capa_recurrence found
            JOIN capa_recurrencewatch watch ON watch.incident_id = found.earlier_id
            JOIN incidents_incident earlier ON earlier.id = found.earlier_id
            WHERE found.later_id = NEW.id;
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER figures_marked AFTER INSERT OR DELETE ON incidents_incident
    FOR EACH ROW EXECUTE FUNCTION metrics_incident();
CREATE TRIGGER figures_marked_again AFTER UPDATE ON incidents_incident
    FOR EACH ROW WHEN (
        (OLD.unit_id, OLD.type_id, OLD.channel, OLD.reported_at, OLD.closed_at, OLD.occurred_at)
            IS DISTINCT FROM (NEW.unit_id, NEW.type_id, NEW.channel, NEW.reported_at, NEW.closed_at, NEW.occurred_at)
        OR OLD.stage <> NEW.stage AND (
            OLD.stage IN ('identify', 'dismissed', 'merged', 'closed')
            OR NEW.stage IN ('identify', 'dismissed', 'merged', 'closed')))
    EXECUTE FUNCTION metrics_incident();

-- A step from stage to stage is told by history, which is only ever added to.
CREATE FUNCTION metrics_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM metrics_mark('steps', metrics_unit_of(NEW."case"), NEW.at);
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT ON history_event
    FOR EACH ROW WHEN (NEW.before ? 'stage' AND NEW."case" LIKE 'incident:%') EXECUTE FUNCTION metrics_step();
"""

DEADLINES = """
CREATE FUNCTION metrics_deadline() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE was timestamptz; became timestamptz;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        was := OLD.closed_at;
        PERFORM metrics_mark('deadlines', metrics_unit_of(OLD.subject), OLD.due_at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        became := NEW.closed_at;
        PERFORM metrics_mark('deadlines', metrics_unit_of(NEW.subject), NEW.due_at);
    END IF;
    -- When a report was judged is told by the deadline for it.
    IF was IS DISTINCT FROM became AND coalesce(NEW.kind, OLD.kind) = 'identify' THEN
        INSERT INTO metrics_stale (source, unit_id, moment)
        SELECT 'incidents', unit_id, reported_at FROM incidents_incident
        WHERE id = substring(coalesce(NEW.subject, OLD.subject) from '^incident:([0-9]+)$')::bigint;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER figures_marked AFTER INSERT ON reminders_deadline
    FOR EACH ROW WHEN (NEW.kind IN (
        'identify', 'confirm', 'analyse', 'plan', 'track', 'verify', 'improve', 'loop', 'reply'))
    EXECUTE FUNCTION metrics_deadline();
CREATE TRIGGER figures_marked_again AFTER UPDATE ON reminders_deadline
    FOR EACH ROW WHEN (
        NEW.kind IN ('identify', 'confirm', 'analyse', 'plan', 'track', 'verify', 'improve', 'loop', 'reply')
        AND (OLD.due_at, OLD.closed_at, OLD.paused_at) IS DISTINCT FROM (NEW.due_at, NEW.closed_at, NEW.paused_at))
    EXECUTE FUNCTION metrics_deadline();
CREATE TRIGGER figures_unmarked AFTER DELETE ON reminders_deadline
    FOR EACH ROW WHEN (OLD.kind IN (
        'identify', 'confirm', 'analyse', 'plan', 'track', 'verify', 'improve', 'loop', 'reply'))
    EXECUTE FUNCTION metrics_deadline();
"""

MEASURES = """
CREATE FUNCTION metrics_measure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('measures',
            coalesce(OLD.unit_id, metrics_unit_of('incident:' || OLD.incident_id)), NULL, OLD.original_due_on);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('measures',
            coalesce(NEW.unit_id, metrics_unit_of('incident:' || NEW.incident_id)), NULL, NEW.original_due_on);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR DELETE ON capa_measure
    FOR EACH ROW EXECUTE FUNCTION metrics_measure();
CREATE TRIGGER figures_marked_again AFTER UPDATE ON capa_measure
    FOR EACH ROW WHEN (
        (OLD.number, OLD.status, OLD.unit_id, OLD.original_due_on, OLD.done_at)
            IS DISTINCT FROM (NEW.number, NEW.status, NEW.unit_id, NEW.original_due_on, NEW.done_at))
    EXECUTE FUNCTION metrics_measure();

CREATE FUNCTION metrics_watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('watches', metrics_unit_of('incident:' || OLD.incident_id), OLD.begins_at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('watches', metrics_unit_of('incident:' || NEW.incident_id), NEW.begins_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR UPDATE OR DELETE ON capa_recurrencewatch
    FOR EACH ROW EXECUTE FUNCTION metrics_watch();

CREATE FUNCTION metrics_recurrence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE earlier bigint;
BEGIN
    earlier := CASE TG_OP WHEN 'DELETE' THEN OLD.earlier_id ELSE NEW.earlier_id END;
    INSERT INTO metrics_stale (source, unit_id, moment)
    SELECT 'watches', incident.unit_id, watch.begins_at
    FROM capa_recurrencewatch watch JOIN incidents_incident incident ON incident.id = watch.incident_id
    WHERE watch.incident_id = earlier;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR UPDATE OR DELETE ON capa_recurrence
    FOR EACH ROW EXECUTE FUNCTION metrics_recurrence();

-- Which verdict of round 1 is the last one depends on all of them.
CREATE FUNCTION metrics_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of bigint;
BEGIN
    of := CASE TG_OP WHEN 'DELETE' THEN OLD.incident_id ELSE NEW.incident_id END;
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('verdicts', metrics_unit_of('incident:' || of), OLD.judged_at);
    END IF;
    INSERT INTO metrics_stale (source, unit_id, moment)
    SELECT 'verdicts', incident.unit_id, said.judged_at
    FROM capa_verification said JOIN incidents_incident incident ON incident.id = said.incident_id
    WHERE said.incident_id = of;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR UPDATE OR DELETE ON capa_verification
    FOR EACH ROW EXECUTE FUNCTION metrics_verdict();
"""

COMPLAINTS = """
CREATE FUNCTION metrics_complaint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('complaints', OLD.unit_id, OLD.received_at);
        PERFORM metrics_mark('complaints', OLD.unit_id, OLD.replied_at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('complaints', NEW.unit_id, NEW.received_at);
        PERFORM metrics_mark('complaints', NEW.unit_id, NEW.replied_at);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO metrics_stale (source, unit_id, moment)
        SELECT part.source, of.unit, part.moment
        FROM (SELECT DISTINCT unnest(ARRAY[OLD.unit_id, NEW.unit_id])) AS of(unit) CROSS JOIN (
            SELECT 'deadlines', due_at FROM reminders_deadline
                WHERE subject = 'complaint:' || NEW.id AND kind = 'reply'
            UNION ALL SELECT 'complaints', at FROM complaints_followup WHERE complaint_id = NEW.id
        ) AS part(source, moment);
        IF OLD.sensitive <> NEW.sensitive THEN
            INSERT INTO metrics_stale (source, unit_id, moment)
            SELECT 'answers', answer.unit_id, answer.answered_at FROM complaints_response answer
            WHERE answer.complaint_id = NEW.id OR answer.invitation_id IN (
                SELECT id FROM complaints_invitation WHERE complaint_id = NEW.id);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR DELETE ON complaints_complaint
    FOR EACH ROW EXECUTE FUNCTION metrics_complaint();
CREATE TRIGGER figures_marked_again AFTER UPDATE ON complaints_complaint
    FOR EACH ROW WHEN (
        (OLD.unit_id, OLD.category_id, OLD.channel, OLD.sensitive, OLD.received_at, OLD.replied_at)
            IS DISTINCT FROM (NEW.unit_id, NEW.category_id, NEW.channel, NEW.sensitive, NEW.received_at, NEW.replied_at)
        OR OLD.state <> NEW.state AND (
            OLD.state IN ('merged', 'out_of_scope', 'withdrawn') OR NEW.state IN ('merged', 'out_of_scope', 'withdrawn')))
    EXECUTE FUNCTION metrics_complaint();

CREATE FUNCTION metrics_follow_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('complaints', metrics_unit_of('complaint:' || OLD.complaint_id), OLD.at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('complaints', metrics_unit_of('complaint:' || NEW.complaint_id), NEW.at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR UPDATE OR DELETE ON complaints_followup
    FOR EACH ROW EXECUTE FUNCTION metrics_follow_up();

CREATE FUNCTION metrics_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('answers', OLD.unit_id, OLD.answered_at);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('answers', NEW.unit_id, NEW.answered_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR DELETE ON complaints_response
    FOR EACH ROW EXECUTE FUNCTION metrics_answer();
CREATE TRIGGER figures_marked_again AFTER UPDATE ON complaints_response
    FOR EACH ROW WHEN (
        (OLD.unit_id, OLD.answered_at, OLD.index, OLD.scores, OLD.channel, OLD.complaint_id, OLD.invitation_id)
            IS DISTINCT FROM
        (NEW.unit_id, NEW.answered_at, NEW.index, NEW.scores, NEW.channel, NEW.complaint_id, NEW.invitation_id))
    EXECUTE FUNCTION metrics_answer();
"""

ENTERED = """
CREATE FUNCTION metrics_volume_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM metrics_mark('volumes', OLD.unit_id, NULL, OLD.begins_on);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM metrics_mark('volumes', NEW.unit_id, NULL, NEW.begins_on);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER INSERT OR UPDATE OR DELETE ON metrics_volume
    FOR EACH ROW EXECUTE FUNCTION metrics_volume_entered();

-- A unit that moved takes its figures from one line of units above it to another; one that was closed gives no more.
CREATE FUNCTION metrics_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO metrics_stale (source, unit_id)
    SELECT DISTINCT 'tree', above.unit FROM was JOIN became USING (id) CROSS JOIN LATERAL (
        SELECT (lost.unit)::bigint AS unit FROM unnest(string_to_array(trim(BOTH '/' FROM was.path), '/')) AS lost(unit)
            WHERE became.path NOT LIKE '%/' || lost.unit || '/%'
        UNION SELECT (won.unit)::bigint FROM unnest(string_to_array(trim(BOTH '/' FROM became.path), '/')) AS won(unit)
            WHERE was.path NOT LIKE '%/' || won.unit || '/%'
    ) AS above
    WHERE was.path <> became.path AND was.path LIKE '/%' AND became.path LIKE '/%';
    INSERT INTO metrics_stale (source, unit_id)
    SELECT 'volumes', became.id FROM was JOIN became USING (id)
    WHERE was.closed_on IS DISTINCT FROM became.closed_on;
    RETURN NULL;
END $$;
CREATE TRIGGER figures_marked AFTER UPDATE ON people_unit
    REFERENCING OLD TABLE AS was NEW TABLE AS became
    FOR EACH STATEMENT EXECUTE FUNCTION metrics_tree();
"""

BACKWARDS = """
DROP TRIGGER figures_marked ON incidents_incident;
DROP TRIGGER figures_marked_again ON incidents_incident;
DROP TRIGGER figures_marked ON history_event;
DROP TRIGGER figures_marked ON reminders_deadline;
DROP TRIGGER figures_marked_again ON reminders_deadline;
DROP TRIGGER figures_unmarked ON reminders_deadline;
DROP TRIGGER figures_marked ON capa_measure;
DROP TRIGGER figures_marked_again ON capa_measure;
DROP TRIGGER figures_marked ON capa_recurrencewatch;
DROP TRIGGER figures_marked ON capa_recurrence;
DROP TRIGGER figures_marked ON capa_verification;
DROP TRIGGER figures_marked ON complaints_complaint;
DROP TRIGGER figures_marked_again ON complaints_complaint;
DROP TRIGGER figures_marked ON complaints_followup;
DROP TRIGGER figures_marked ON complaints_response;
DROP TRIGGER figures_marked_again ON complaints_response;
DROP TRIGGER figures_marked ON metrics_volume;
DROP TRIGGER figures_marked ON people_unit;
DROP FUNCTION metrics_tree();
DROP FUNCTION metrics_volume_entered();
DROP FUNCTION metrics_answer();
DROP FUNCTION metrics_follow_up();
DROP FUNCTION metrics_complaint();
DROP FUNCTION metrics_verdict();
DROP FUNCTION metrics_recurrence();
DROP FUNCTION metrics_watch();
DROP FUNCTION metrics_measure();
DROP FUNCTION metrics_deadline();
DROP FUNCTION metrics_step();
DROP FUNCTION metrics_incident();
DROP FUNCTION metrics_mark_parts_of_incident(bigint, bigint[]);
DROP FUNCTION metrics_unit_of(text);
DROP FUNCTION metrics_mark(text, bigint, timestamptz, date);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0005_counting"),
        ("people", "0006_contacts_by_name"),
        ("history", "0007_days_of_figures"),
        ("reminders", "0008_days_of_figures"),
        ("incidents", "0011_jobs_of_complaints"),
        ("capa", "0011_days_of_figures"),
        ("complaints", "0010_days_of_figures"),
    ]

    operations = [
        migrations.RunSQL([MARKING, INCIDENTS, DEADLINES, MEASURES, COMPLAINTS, ENTERED], BACKWARDS),
    ]
