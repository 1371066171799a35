"""Complete subtrees of the ledger, which key signs it, and where a grant's terms stand in it."""

from django.db import migrations, models
from django.db.models import Q

FILL = """
DO $$
DECLARE
    up integer := 1;
BEGIN
    LOOP
        INSERT INTO consent_ledgernode (level, index, hash)
        SELECT up, l.index / 2, sha256('\\x01'::bytea || l.hash || r.hash)
        FROM (SELECT 0 AS level, index, leaf_hash AS hash FROM consent_ledgerleaf
              UNION ALL SELECT level, index, hash FROM consent_ledgernode) l
        JOIN (SELECT 0 AS level, index, leaf_hash AS hash FROM consent_ledgerleaf
              UNION ALL SELECT level, index, hash FROM consent_ledgernode) r
          ON r.level = l.level AND r.index = l.index + 1
        WHERE l.level = up - 1 AND l.index % 2 = 0;
        EXIT WHEN NOT FOUND;
        up := up + 1;
    END LOOP;
END $$;
"""
NAME = """
ALTER TABLE consent_ledgerleaf DISABLE TRIGGER consent_ledgerleaf_append_only;
UPDATE consent_ledgerleaf SET grant_id = (convert_from(body, 'UTF8')::jsonb ->> 'grant')::uuid
WHERE kind IN ('grant', 'narrowing');
ALTER TABLE consent_ledgerleaf ENABLE TRIGGER consent_ledgerleaf_append_only;
"""
SIGNER = """
UPDATE consent_ledgerhead SET key_id = coalesce(
    (SELECT receipt -> 'signature' ->> 'key_id' FROM consent_withdrawal ORDER BY leaf_id DESC LIMIT 1), '');
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_invariants")]

    operations = [
        migrations.CreateModel(
            name="LedgerNode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(level__gte=1, level__lte=62), name="node_above_the_leaves"),
                    models.CheckConstraint(condition=Q(index__gte=0), name="node_index_from_zero"),
                ],
            },
        ),
        migrations.AddField("LedgerHead", "key_id", models.CharField(blank=True, default="", max_length=16)),
        migrations.AddField("LedgerLeaf", "grant_id", models.UUIDField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(NAME, migrations.RunSQL.noop),
        migrations.RunSQL(SIGNER, migrations.RunSQL.noop),
        migrations.AddIndex(
            "LedgerLeaf",
            models.Index(condition=~Q(grant_id=None), fields=["grant_id", "-index"], name="leaf_of_grant"),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER consent_ledgernode_append_only BEFORE UPDATE OR DELETE ON consent_ledgernode "
            "FOR EACH ROW EXECUTE FUNCTION consent_refuse_change()",
            "DROP TRIGGER consent_ledgernode_append_only ON consent_ledgernode",
        ),
    ]
