"""A graph as large as a town, written by set-based SQL in seconds: people, follows, and published films.

One film in three shows somebody who granted it; captions are of common words. Besides the people of the graph there are
viewers who follow 20, 200 and all of them, and one author whom 50,000 follow.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.core.management import call_command
from django.db import connection

from accounts import auth
from accounts.models import Person, Session
from socialvideo.lib.clock import wall_now

PEOPLE, FOLLOWS, POSTS_EACH, LIKES, VIEWS = 2000, 200, 50, 100, 150
VIEWERS, FOLLOWED = 8, (20, 200, 2000)
FANS = 50_000
WORDS = (
    "surf sunset morning coffee street dance first try cooking pasta city rain train garden puppy kitten goal winter"
    " skate trick how to paint loop beach lemon guitar chord late night walk river light festival mountain bread bike"
)

# Ids as the house makes them (UUIDv7), of a millisecond and a number.
_ID = """CREATE FUNCTION pg_temp.v7(at bigint, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(at), 12, '0') || '7' || substr(md5(salt), 1, 3) || '8' || substr(md5(salt), 4, 15))::uuid $$"""
_PERSON = """INSERT INTO accounts_person (id, handle, email, display_name, password, bio, picture, is_active, is_staff,
        is_superuser, verified_at, birth_date)
    SELECT pg_temp.v7({at} + n, '{kind}' || n), '{kind}' || n, '{kind}' || n || '@example.org',
        initcap(w[1 + n % {words}]) || ' ' || initcap(w[1 + (n / 7) %% {words}]), '!', '', '', true, false, false,
        now(), '1990-01-01'
    FROM generate_series(0, {count} - 1) n, (SELECT string_to_array(%(words)s, ' ') AS w) words"""
_FOLLOW = """INSERT INTO accounts_follow (id, follower_id, followee_id)
    SELECT pg_temp.v7(%(start)s + (random() * %(span)s)::bigint, 'f' || f.handle || e.handle), f.id, e.id
    FROM accounts_person f JOIN accounts_person e ON {which} AND f.id <> e.id ON CONFLICT DO NOTHING"""
# Some are followed by most, as it is everywhere.
_GRAPH = """INSERT INTO accounts_follow (id, follower_id, followee_id)
    SELECT pg_temp.v7(%(start)s + (random() * %(span)s)::bigint, 'g' || f || '-' || e),
        pg_temp.v7(%(people)s + f, 'one' || f), pg_temp.v7(%(people)s + e, 'one' || e)
    FROM (SELECT DISTINCT f, floor({people} * power(random(), 1.4))::int AS e
        FROM generate_series(0, {people} - 1) f, generate_series(1, {follows})) d WHERE f <> e"""
_GRANTS = """INSERT INTO consent_grant (id, subject_id, grantee_id, "group", purposes, audience, modalities,
        denied_categories, text_rules, review, may_remix, may_stitch, may_download, expires_at, uses, max_uses, state,
        epoch, version)
    SELECT pg_temp.v7(%(people)s + n, 'grant' || n), pg_temp.v7(%(people)s + (n + 1) %% {people}, 'one' || (n + 1)
        %% {people}), pg_temp.v7(%(people)s + n, 'one' || n), '', '{{entertainment}}', 'public', '{{face}}', '{{}}',
        '{{}}', false, true, true, true, now() + interval '90 days', 0, 1000, 'given', 1, 1
    FROM generate_series(0, {people} - 1) n"""
_FILMS = """CREATE TEMP TABLE film AS
    SELECT n, pg_temp.v7(at, 'video' || n) AS video, pg_temp.v7(at + 5, 'post' || n) AS post,
        to_timestamp(at / 1000.0) AS published_at,
        CASE WHEN n %% 3 = 0 THEN pg_temp.v7(at - 5, 'permit' || n) END AS permit,
        pg_temp.v7(%(people)s + n %% {people}, 'one' || n %% {people}) AS author,
        pg_temp.v7(%(people)s + n %% {people}, 'grant' || n %% {people}) AS held,
        pg_temp.v7(%(people)s + (n + 1) %% {people}, 'one' || (n + 1) %% {people}) AS subject
    FROM (SELECT n, %(start)s + (random() * %(span)s)::bigint AS at
        FROM generate_series(0, {people} * {posts} - 1) n) t"""
_PERMITS = """INSERT INTO consent_permit (id, requester_id, job_id, digest, lineage, subject_count, uses_photos, state,
        expires_at)
    SELECT permit, author, permit, '\\x00', '{{}}', 1, true, 'spent', now() + interval '1 day'
    FROM film WHERE permit IS NOT NULL"""
_VIDEOS = """INSERT INTO worker_video (id, owner_id, lineage, permit_id, origin, depiction_count, screening, file,
        poster, stray, preview, sprite, sprite_grid, blurhash, content_digest, size_bytes, width, height, fps,
        duration_ms, engine, is_preview, prompt)
    SELECT video, author, ARRAY[video], permit, CASE WHEN permit IS NULL THEN 'uploaded' ELSE 'generated' END,
        CASE WHEN permit IS NULL THEN 0 ELSE 1 END, 'clear', 'videos/none.mp4', 'videos/none.jpg', '', '', '', '{{}}',
        '', '\\x00', 1, 720, 1280, 24, 5000 + n %% 20000, CASE WHEN permit IS NULL THEN '' ELSE 'preview' END,
        permit IS NOT NULL, '' FROM film"""
_DEPICTIONS = """INSERT INTO worker_depiction (video_id, subject_id, grant_id, epoch)
    SELECT video, subject, held, 1 FROM film WHERE permit IS NOT NULL"""
_POSTS = """INSERT INTO feed_post (id, author_id, video_id, sound_id, grants, lineage, caption, audience,
        comments_on, may_remix, may_stitch, may_reuse_sound, may_download, version, published_at)
    SELECT post, author, video, video, CASE WHEN permit IS NULL THEN '{{}}' ELSE ARRAY[held] END, ARRAY[video],
        (SELECT string_agg(w[1 + (n * k * 7 + n / k) %% {words}], ' ') FROM generate_series(1, 6) k),
        CASE WHEN n %% 10 = 0 THEN 'followers' ELSE 'public' END, true, true, true, true, true, 1, published_at
    FROM film, (SELECT string_to_array(%(words)s, ' ') AS w) words"""
_TAGS = """INSERT INTO feed_posttag (post_id, tag)
    SELECT post, w[1 + n %% {words}] FROM film, (SELECT string_to_array(%(words)s, ' ') AS w) words WHERE n %% 4 = 0"""
_LIKES = """INSERT INTO feed_like (id, person_id, post_id, created_at)
    SELECT pg_temp.v7(%(start)s + %(span)s - (random() * 864000000)::bigint, 'like' || f.n || '-' || k.k),
        pg_temp.v7(%(people)s + k.k, 'one' || k.k), f.post, now() - random() * interval '10 days'
    FROM generate_series(0, {people} - 1) k (k) CROSS JOIN LATERAL (
        SELECT DISTINCT floor({people} * {posts} * power(random(), 2))::int AS n
        FROM generate_series(1, {likes}) WHERE k.k >= 0) r JOIN film f ON f.n = r.n"""
# What everybody watched, most of it by most; of what readers watched to the end they like a third.
_VIEWS = """INSERT INTO feed_view (person_id, post_id, first_at, last_at, plays, watched_ms, furthest, is_long)
    SELECT r.id, f.post, r.at, r.at, 1, 1000 + f.n %% 9000, 0.5, f.n %% 3 = 0 FROM (
        SELECT p.id, w.n, now() - random() * interval '10 days' AS at FROM accounts_person p CROSS JOIN LATERAL (
            SELECT DISTINCT floor({people} * {posts} * power(random(), 2))::int AS n
            FROM generate_series(1, {views}) WHERE p.id IS NOT NULL) w
        WHERE p.handle ~ '^(one|reader)') r JOIN film f ON f.n = r.n"""
_READERS_LIKES = """INSERT INTO feed_like (id, person_id, post_id, created_at)
    SELECT pg_temp.v7((extract(epoch FROM v.last_at) * 1000)::bigint, 'like' || v.id), v.person_id, v.post_id, v.last_at
    FROM feed_view v JOIN accounts_person p ON p.id = v.person_id
    WHERE v.is_long AND v.id %% 3 = 0 AND p.handle LIKE 'reader%%'"""
FILL = (_GRANTS, _FILMS, _PERMITS, _VIDEOS, _DEPICTIONS, _POSTS, _TAGS, _LIKES, _GRAPH)


# What the triggers of these tables write, who do not run while the graph is filled: row by row they take minutes.
_NAMES = """INSERT INTO accounts_personname (person_id, words, trigrams)
    SELECT id, to_tsvector('simple', said), lib_trigrams(said)
    FROM (SELECT id, handle || ' ' || display_name AS said FROM accounts_person) p"""
_TALLIES = """INSERT INTO accounts_tally (person_id, followers, following)
    SELECT p.id, coalesce(b.n, 0), coalesce(f.n, 0) FROM accounts_person p
    LEFT JOIN (SELECT followee_id AS id, count(*) AS n FROM accounts_follow GROUP BY 1) b ON b.id = p.id
    LEFT JOIN (SELECT follower_id AS id, count(*) AS n FROM accounts_follow GROUP BY 1) f ON f.id = p.id"""
_COUNTS = """INSERT INTO feed_postcount (post_id, likes, views) SELECT p.id, coalesce(l.n, 0), coalesce(l.n, 0) * 9
    FROM feed_post p LEFT JOIN (SELECT post_id, count(*) AS n FROM feed_like GROUP BY 1) l ON l.post_id = p.id"""
_TEXTS = "INSERT INTO feed_posttext (post_id, words) SELECT id, to_tsvector('simple', caption) FROM feed_post"
_TERMS = """INSERT INTO feed_searchterm (kind, term, trigrams) SELECT k, w, lib_trigrams(w)
    FROM unnest(string_to_array(%(words)s, ' ')) w, unnest(ARRAY['word', 'tag']) k ON CONFLICT DO NOTHING"""
KEPT = (_NAMES, _TALLIES, _COUNTS, _TEXTS, _TERMS)


@dataclass
class Graph:
    """Who reads: by how many they follow, the people and the tokens of their sessions; and the author of many."""

    viewers: dict[int, list[UUID]] = field(default_factory=dict)
    tokens: dict[int, list[str]] = field(default_factory=dict)
    star: UUID | None = None


def fill() -> Graph:
    """Write the graph into an empty, migrated database."""
    call_command("prepare", verbosity=0)
    span = int(timedelta(days=60).total_seconds() * 1000)
    now = int(wall_now().timestamp() * 1000)
    values = {"start": now - span, "span": span - 60_000, "people": now - 2 * span, "words": WORDS}
    sizes = {"people": PEOPLE, "posts": POSTS_EACH, "follows": FOLLOWS, "likes": LIKES, "views": VIEWS}
    sizes["words"] = len(WORDS.split())
    graph = Graph()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.4)")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_ID)
        _people(cursor, "one", PEOPLE, values)
        for query in FILL:
            cursor.execute(query.format(**sizes), values)
        _readers(cursor, graph, values)
        for query in (_VIEWS, _READERS_LIKES):
            cursor.execute(query.format(**sizes), values)
        _fans(cursor, graph, values)
        for query in KEPT:
            cursor.execute(query, values)
        cursor.execute("SET session_replication_role = origin")
    vacuum()
    return graph


def vacuum() -> None:
    """Do what autovacuum would have done by now: an empty table it would not have visited.

    Of a table that was visited while empty the planner believes that it stays so, and reads it row by row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND pg_relation_size(oid) > 0")
        cursor.execute(f"VACUUM ANALYZE {', '.join(name for (name,) in cursor.fetchall())}")


def _people(cursor: object, kind: str, count: int, values: dict[str, object]) -> None:
    words = len(WORDS.split())
    query = _PERSON.format(at="%(people)s", kind=kind, count=count, words=words).replace(
        f"n % {words}", f"n %% {words}"
    )
    cursor.execute(query, values)  # type: ignore[attr-defined]


def _readers(cursor: object, graph: Graph, values: dict[str, object]) -> None:
    for count in FOLLOWED:
        _people(cursor, f"reader{count}x", VIEWERS, values)
        query = f"""INSERT INTO accounts_follow (id, follower_id, followee_id)
            SELECT pg_temp.v7(%(start)s + (random() * %(span)s)::bigint, f.handle || e.n), f.id,
                pg_temp.v7(%(people)s + e.n, 'one' || e.n)
            FROM accounts_person f CROSS JOIN LATERAL (SELECT n FROM generate_series(0, {PEOPLE} - 1) n
                WHERE f.id IS NOT NULL ORDER BY random() LIMIT {count}) e WHERE f.handle LIKE 'reader{count}x%%'"""
        cursor.execute(query, values)  # type: ignore[attr-defined]
        graph.viewers[count] = list(
            Person.objects.filter(handle__startswith=f"reader{count}x").values_list("id", flat=True)
        )
        graph.tokens[count] = [_signed_in(one) for one in graph.viewers[count]]


def _signed_in(person: UUID) -> str:
    token = secrets.token_urlsafe(32)
    ends = wall_now() + timedelta(days=30)
    Session.objects.create(person_id=person, token_digest=auth.digest(token), device="bench", expires_at=ends)
    return token


def _fans(cursor: object, graph: Graph, values: dict[str, object]) -> None:
    _people(cursor, "fan", FANS, values)
    _people(cursor, "star", 1, values)
    query = _FOLLOW.format(which="f.handle LIKE 'fan%%' AND e.handle = 'star0'")
    cursor.execute(query, values)  # type: ignore[attr-defined]
    graph.star = Person.objects.get(handle="star0").id
