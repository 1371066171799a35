"""Request counts may be lost in a crash, so they need no write-ahead log."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lib", "0001_initial")]

    operations = [
        migrations.RunSQL("ALTER TABLE lib_requestcount SET UNLOGGED", "ALTER TABLE lib_requestcount SET LOGGED")
    ]
