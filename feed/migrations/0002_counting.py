"""The counts of posts are kept by the database, so that nothing that writes or drops a like forgets them.

Where several rows of counts change, they are locked in the order of ids: two statements never wait for each other.
"""

from django.db import migrations

PUBLISHED = """
CREATE FUNCTION feed_post_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feed_postcount (post_id) SELECT id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER post_published AFTER INSERT ON feed_post REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION feed_post_published();
"""
# One function a column: what is inserted counts up, what is deleted counts down.
COUNTED = """
CREATE FUNCTION feed_{table}_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM 1 FROM {counts} t WHERE t.{key} IN (SELECT e.{named} FROM edges e) ORDER BY t.{key} FOR NO KEY UPDATE;
    UPDATE {counts} t SET {column} = t.{column} + step * e.times
        FROM (SELECT {named} AS id, count(*) AS times FROM edges GROUP BY {named}) e WHERE t.{key} = e.id;
    RETURN NULL;
END $$;
CREATE TRIGGER {table}_counted AFTER INSERT ON feed_{table} REFERENCING NEW TABLE AS edges
    FOR EACH STATEMENT EXECUTE FUNCTION feed_{table}_counted();
CREATE TRIGGER {table}_discounted AFTER DELETE ON feed_{table} REFERENCING OLD TABLE AS edges
    FOR EACH STATEMENT EXECUTE FUNCTION feed_{table}_counted();
"""
POST = {"counts": "feed_postcount", "key": "post_id", "named": "post_id"}
COLUMNS = {
    "like": {**POST, "column": "likes"},
    "bookmark": {**POST, "column": "bookmarks"},
    "share": {**POST, "column": "shares"},
    "commentlike": {"counts": "feed_comment", "key": "id", "named": "comment_id", "column": "likes"},
}
# A comment counts while it is neither removed nor held: at its post, and a reply at its root.
COMMENTED = """
CREATE FUNCTION feed_comment_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step integer := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.removed_at IS NULL AND OLD.held_at IS NULL THEN step := -1; END IF;
    IF TG_OP <> 'DELETE' AND NEW.removed_at IS NULL AND NEW.held_at IS NULL THEN step := step + 1; END IF;
    IF step <> 0 THEN
        UPDATE feed_postcount SET comments = comments + step WHERE post_id = coalesce(NEW.post_id, OLD.post_id);
        UPDATE feed_comment SET replies = replies + step WHERE id = coalesce(NEW.root_id, OLD.root_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comment_counted AFTER INSERT OR DELETE OR UPDATE OF removed_at, held_at ON feed_comment
    FOR EACH ROW EXECUTE FUNCTION feed_comment_counted();
"""
UNDONE = "; ".join(f"DROP FUNCTION feed_{name} CASCADE" for name in ("post_published()", "comment_counted()"))


class Migration(migrations.Migration):
    dependencies = [("feed", "0001_initial")]

    operations = [
        migrations.RunSQL(PUBLISHED + COMMENTED, UNDONE),
        *[
            migrations.RunSQL(COUNTED.format(table=table, **where), f"DROP FUNCTION feed_{table}_counted() CASCADE")
            for table, where in COLUMNS.items()
        ],
    ]
