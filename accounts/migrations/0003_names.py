"""What people are found by is kept by the database, in the commit that makes or renames them."""

from django.db import migrations

NAMED = """
CREATE FUNCTION accounts_person_named() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said text := replace(NEW.handle, '_', ' ') || ' ' || NEW.handle || ' ' || NEW.display_name;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO accounts_personname (person_id, words, trigrams)
            VALUES (NEW.id, to_tsvector('simple', said), lib_trigrams(said));
    ELSE
        UPDATE accounts_personname SET words = to_tsvector('simple', said), trigrams = lib_trigrams(said)
            WHERE person_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER person_named AFTER INSERT OR UPDATE OF handle, display_name ON accounts_person
    FOR EACH ROW EXECUTE FUNCTION accounts_person_named();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tallies"), ("lib", "0003_trigrams")]

    operations = [migrations.RunSQL(NAMED, "DROP FUNCTION accounts_person_named() CASCADE")]
