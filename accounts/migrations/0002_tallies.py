"""The tallies of follows are kept by the database, so that nothing that writes or drops an edge forgets them."""

from django.db import migrations

# Rows first, then their locks, each in the order of ids: so two statements never wait for each other. Where a person is
# being removed with their edges, no row comes back for them.
COUNT = """
CREATE FUNCTION accounts_follow_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO accounts_tally (person_id, followers, following)
        SELECT e.id, 0, 0 FROM (SELECT follower_id AS id FROM edges UNION SELECT followee_id FROM edges) e ORDER BY e.id
        ON CONFLICT DO NOTHING;
    END IF;
    PERFORM 1 FROM accounts_tally t
        WHERE t.person_id IN (SELECT follower_id FROM edges UNION SELECT followee_id FROM edges)
        ORDER BY t.person_id FOR NO KEY UPDATE;
    UPDATE accounts_tally t SET followers = t.followers + step * e.followers, following = t.following + step * e.following
        FROM (SELECT id, sum(followers) AS followers, sum(following) AS following FROM (
                SELECT follower_id AS id, 0 AS followers, 1 AS following FROM edges
                UNION ALL SELECT followee_id, 1, 0 FROM edges) one GROUP BY id) e
        WHERE t.person_id = e.id;
    RETURN NULL;
END $$;
CREATE TRIGGER follow_counted AFTER INSERT ON accounts_follow REFERENCING NEW TABLE AS edges
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_follow_counted();
CREATE TRIGGER follow_discounted AFTER DELETE ON accounts_follow REFERENCING OLD TABLE AS edges
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_follow_counted();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(COUNT, "DROP FUNCTION accounts_follow_counted() CASCADE")]
