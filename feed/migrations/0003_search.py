"""What posts are found by is kept by the database, in the commit that publishes or edits them.

Terms are added in their order, so that two commits with the same new ones never wait for each other in a circle.
"""

from django.db import migrations

TERMS = """INSERT INTO feed_searchterm (kind, term, trigrams)
    SELECT '{kind}', s.term, lib_trigrams(s.term) FROM (SELECT DISTINCT {term} AS term FROM {rows}) s
    WHERE length(s.term) <= 60
        AND NOT EXISTS (SELECT 1 FROM feed_searchterm o WHERE o.kind = '{kind}' AND o.term = s.term)
    ORDER BY s.term ON CONFLICT DO NOTHING"""
WORDS = TERMS.format(kind="word", term="w.lexeme", rows="{} f, unnest(to_tsvector('simple', f.caption)) w")
WORDED = f"""
CREATE FUNCTION feed_post_worded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO feed_posttext (post_id, words)
        SELECT id, to_tsvector('simple', caption) FROM fresh WHERE caption <> '';
    {WORDS.format("fresh")};
    RETURN NULL;
END $$;
CREATE TRIGGER post_worded AFTER INSERT ON feed_post REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION feed_post_worded();
"""
# A word that nobody else wrote goes with the caption: it may be a name.
REWORDED = f"""
CREATE FUNCTION feed_post_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM feed_posttext WHERE post_id = NEW.id;
    IF NEW.caption <> '' THEN
        INSERT INTO feed_posttext (post_id, words) VALUES (NEW.id, to_tsvector('simple', NEW.caption));
        {WORDS.format("(SELECT NEW.caption)")};
    END IF;
    DELETE FROM feed_searchterm s USING unnest(to_tsvector('simple', OLD.caption)) w
        WHERE s.kind = 'word' AND s.term = w.lexeme AND NOT EXISTS (
            SELECT 1 FROM feed_posttext t WHERE t.words @@ (quote_literal(w.lexeme))::tsquery);
    RETURN NULL;
END $$;
CREATE TRIGGER post_reworded AFTER UPDATE OF caption ON feed_post
    FOR EACH ROW WHEN (NEW.caption <> OLD.caption) EXECUTE FUNCTION feed_post_reworded();
"""
TAGGED = f"""
CREATE FUNCTION feed_posttag_termed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {TERMS.format(kind="tag", term="f.tag", rows="fresh f")};
    RETURN NULL;
END $$;
CREATE TRIGGER posttag_termed AFTER INSERT ON feed_posttag REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION feed_posttag_termed();
CREATE FUNCTION feed_posttag_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM feed_searchterm s USING (SELECT DISTINCT tag FROM gone) g
        WHERE s.kind = 'tag' AND s.term = g.tag AND NOT EXISTS (SELECT 1 FROM feed_posttag t WHERE t.tag = g.tag);
    RETURN NULL;
END $$;
CREATE TRIGGER posttag_dropped AFTER DELETE ON feed_posttag REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION feed_posttag_dropped();
"""
NAMES = ("post_worded", "post_reworded", "posttag_termed", "posttag_dropped")
UNDONE = "; ".join(f"DROP FUNCTION feed_{name}() CASCADE" for name in NAMES)


class Migration(migrations.Migration):
    dependencies = [("feed", "0002_counting"), ("lib", "0003_trigrams")]

    operations = [migrations.RunSQL(WORDED + REWORDED + TAGGED, UNDONE)]
