"""What no code path may do: change history, revive a grant, lower an epoch."""

from django.db import migrations

ONLY_APPENDED = (
    "consent_ledgerleaf",
    "consent_decision",
    "consent_withdrawal",
    "consent_veto",
    "consent_acceptance",
)

REFUSE = """
CREATE FUNCTION consent_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only: % of %', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
ABSORB = """
CREATE FUNCTION consent_grant_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'given' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a grant that is % stays so', OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.epoch < OLD.epoch OR (NEW.subject_id, NEW.grantee_id, NEW."group", NEW.rests_on_id)
        IS DISTINCT FROM (OLD.subject_id, OLD.grantee_id, OLD."group", OLD.rests_on_id) THEN
        RAISE EXCEPTION 'a grant keeps its people and never lowers its epoch' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
        RAISE EXCEPTION 'a closed grant stays closed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grant_only_ends BEFORE UPDATE ON consent_grant
    FOR EACH ROW EXECUTE FUNCTION consent_grant_only_ends();
"""


def guard(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION consent_refuse_change()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION consent_refuse_change()"),
        *[guard(table) for table in ONLY_APPENDED],
        migrations.RunSQL(ABSORB, "DROP FUNCTION consent_grant_only_ends() CASCADE"),
        migrations.RunSQL(
            "INSERT INTO consent_ledgerhead (id, size, frontier) VALUES (1, 0, '{}')",
            "DELETE FROM consent_ledgerhead",
        ),
    ]
