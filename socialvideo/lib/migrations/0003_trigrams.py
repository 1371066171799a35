"""The trigrams of words, for searches that forgive a slip: as pg_trgm has them, which is an extension and not needed."""

from django.db import migrations

TRIGRAMS = """
CREATE FUNCTION lib_trigrams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(w.padded, i, 3)), '{}') FROM (
        SELECT '  ' || one || ' ' AS padded FROM regexp_split_to_table(lower(words), '[^[:alnum:]]+') AS one
        WHERE one <> '') w, generate_series(1, length(w.padded) - 2) AS i
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("lib", "0002_unlogged")]

    operations = [migrations.RunSQL(TRIGRAMS, "DROP FUNCTION lib_trigrams(text)")]
