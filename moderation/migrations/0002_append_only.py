"""A moderator's decision is never changed and never dropped."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial"), ("consent", "0002_invariants")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER moderation_action_append_only BEFORE UPDATE OR DELETE ON moderation_action "
            "FOR EACH ROW EXECUTE FUNCTION consent_refuse_change()",
            "DROP TRIGGER moderation_action_append_only ON moderation_action",
        )
    ]
