"""Saying something under a post, changing it, taking it away, liking it; the words that an author looks at first."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts import notices, wording
from accounts.models import Person
from accounts.notices import Kind, Told
from feed.engagement import access, mentions, rules, talk
from feed.models import Comment, CommentFilter
from feed.models.comments import COMMENT_LENGTH, WORD_LENGTH
from socialvideo.lib import prepared
from socialvideo.lib.errors import Problem, invalid
from socialvideo.lib.ids import new_id

# What was removed can still be read by moderators, for so long.
KEPT = timedelta(days=30)
# The post, the comment that is replied to and what is said, decided and written at once.
SAY = f"""WITH post AS MATERIALIZED (
    SELECT p.id, p.author_id, p.comments_on FROM feed_post p WHERE p.id = %(post)s AND {access.visible_sql()}),
parent AS MATERIALIZED (
    SELECT c.id, coalesce(c.root_id, c.id) AS root_id FROM feed_comment c JOIN feed_post p ON p.id = c.post_id
    WHERE c.id = %(parent)s AND p.id = %(post)s AND c.held_at IS NULL AND {talk.stands_sql()}),
fresh AS (
    INSERT INTO feed_comment (id, post_id, author_id, root_id, parent_id, text, removed_by)
    SELECT %(id)s, post.id, %(viewer)s, parent.root_id, parent.id, %(text)s, '' FROM post LEFT JOIN parent ON true
    WHERE post.comments_on AND (%(parent)s::uuid IS NULL OR parent.id IS NOT NULL) RETURNING id)
SELECT post.author_id, post.comments_on, (SELECT count(*) FROM fresh) > 0,
    (SELECT f.words FROM feed_commentfilter f WHERE f.person_id = post.author_id) FROM post"""
REMOVE = """UPDATE feed_comment c SET removed_at = statement_timestamp(),
    removed_by = CASE WHEN c.author_id = %(viewer)s THEN 'writer' ELSE 'author' END
FROM feed_post p WHERE p.id = c.post_id AND c.id = %(comment)s AND c.removed_at IS NULL
    AND %(viewer)s IN (c.author_id, p.author_id) RETURNING c.post_id, c.author_id, p.author_id"""
RELEASE = """UPDATE feed_comment c SET held_at = NULL FROM feed_post p
WHERE p.id = c.post_id AND p.author_id = %(viewer)s AND c.id = %(comment)s AND c.removed_at IS NULL
    AND c.held_at IS NOT NULL RETURNING c.id"""
LIKE = f"""WITH said AS MATERIALIZED (
    SELECT c.id, c.author_id FROM feed_comment c JOIN feed_post p ON p.id = c.post_id
    WHERE c.id = %(comment)s AND c.held_at IS NULL AND {talk.stands_sql()}),
fresh AS (
    INSERT INTO feed_commentlike (id, person_id, comment_id) SELECT %(id)s, %(viewer)s, said.id FROM said
    ON CONFLICT DO NOTHING RETURNING comment_id)
SELECT said.author_id, (SELECT count(*) FROM fresh) > 0 FROM said"""
UNLIKE = """DELETE FROM feed_commentlike m USING feed_comment c
    WHERE c.id = m.comment_id AND c.id = %(comment)s AND m.person_id = %(viewer)s RETURNING c.author_id"""
WRITTEN_TO = f"""SELECT one.id, c.id, p.author_id FROM feed_comment s JOIN feed_post p ON p.id = s.post_id
    LEFT JOIN feed_comment c ON c.id = s.parent_id
    LEFT JOIN accounts_person one ON one.id = c.author_id AND {mentions.reachable_sql("one")}
    WHERE s.id = %(comment)s"""


def say(*, author: Person, post_id: UUID, text: str, parent_id: UUID | None = None) -> talk.Said:
    """Say something under a visible post, or reply to what stands there. 403 where comments are off, 404, 410, 422.

    What holds a word of the post's author's filter waits for them, and is told to nobody until then.
    """
    words, comment_id = _text(text), new_id()
    with transaction.atomic():
        values = {"post": post_id, "parent": parent_id, "id": comment_id, "text": words}
        for post_author, is_on, is_said, filtered in prepared.rows(SAY, viewer=author.id, **values):
            if not is_on:
                raise Problem(403, "comments_off", "The author of this post takes no comments.")
            if not is_said:
                raise Problem(404, "not_found", "There is no such comment to reply to.")
            if not _is_held(author, comment_id, words, post_author, filtered):
                _tell(author, comment_id, post_id, words)
            return talk.one(viewer=author, comment_id=comment_id)
    raise access.refusal(viewer=author.id, post_id=post_id)


def edit(*, author: Person, comment_id: UUID, text: str) -> talk.Said:
    """Change the words of one's own comment on a visible post; they are filtered anew. 404, 410, 422."""
    words = _text(text)
    with transaction.atomic():
        talk.one(viewer=author, comment_id=comment_id)
        standing = Comment.objects.filter(id=comment_id, author=author, removed_at=None)
        if not standing.update(text=words, edited_at=Now()):
            raise Problem(404, "not_found", "You have no standing comment of this id.")
        row = Comment.objects.select_related("post").get(id=comment_id)
        filtered = CommentFilter.objects.filter(person=row.post.author_id).values_list("words", flat=True).first()
        if not _is_held(author, comment_id, words, row.post.author_id, filtered) and row.held_at is None:
            _name(author, comment_id, row.post_id, words)
        return talk.one(viewer=author, comment_id=comment_id)


def remove(*, person: Person, comment_id: UUID) -> None:
    """Take one's own comment away, or one under one's own post; 404 if it is not there."""
    with transaction.atomic():
        found = prepared.rows(REMOVE, viewer=person.id, comment=comment_id)
        if not found:
            raise Problem(404, "not_found", "There is no standing comment of this id that is yours to remove.")
        ((post_id, writer_id, author_id),) = found
        if not Comment.objects.filter(post=post_id, author=writer_id, removed_at=None).exists():
            told = {"recipient_id": author_id, "actor_id": writer_id, "thing_id": post_id}
            notices.untell(kind=Kind.COMMENTED, **told)


def moderate(comment_id: UUID) -> bool:
    """Take a comment away as a moderator; tell whether it stood. Joins the caller's transaction."""
    standing = Comment.objects.filter(id=comment_id, removed_at=None)
    return bool(standing.update(removed_at=Now(), removed_by=Comment.RemovedBy.MODERATOR))


def release(*, author: Person, comment_id: UUID) -> None:
    """Let through what was held under one's own post; repeating it changes nothing. 404."""
    with transaction.atomic():
        if prepared.rows(RELEASE, viewer=author.id, comment=comment_id):
            row = Comment.objects.select_related("author").get(id=comment_id)
            _tell(row.author, row.id, row.post_id, row.text)
    if not Comment.objects.filter(id=comment_id, post__author=author, removed_at=None).exists():
        raise Problem(404, "not_found", "No comment of this id waits under a post of yours.")


def like(*, person: Person, comment_id: UUID) -> None:
    """Like a comment; repeating it changes nothing. 404, 410."""
    with transaction.atomic():
        for writer_id, is_fresh in prepared.rows(LIKE, viewer=person.id, comment=comment_id, id=new_id()):
            if is_fresh:
                told = {"recipient_id": writer_id, "actor_id": person.id, "thing_id": comment_id}
                notices.tell(kind=Kind.COMMENT_LIKED, **told)
            return
    raise talk.refusal(viewer=person, comment_id=comment_id)


def unlike(*, person: Person, comment_id: UUID) -> None:
    """Take a like back; repeating it changes nothing. 404, 410 where there was none."""
    with transaction.atomic():
        for (writer_id,) in prepared.rows(UNLIKE, viewer=person.id, comment=comment_id):
            told = {"recipient_id": writer_id, "actor_id": person.id, "thing_id": comment_id}
            notices.untell(kind=Kind.COMMENT_LIKED, **told)
            return
    talk.one(viewer=person, comment_id=comment_id)


def words_of(person: Person) -> list[str]:
    """Return the words that a person looks at first."""
    found = CommentFilter.objects.filter(person=person).values_list("words", flat=True).first()
    return list(found or [])


def filter_by(*, person: Person, words: list[str]) -> list[str]:
    """Set the words that a person looks at first, each once; 422 for one that is none. Holds nothing that stands."""
    plain = list(dict.fromkeys(rules.plain_word(word) for word in words))
    for place, word in enumerate(plain):
        if not word or len(word) > WORD_LENGTH:
            raise invalid(f"/words/{place}", "word_unusable", f"A word has 1 to {WORD_LENGTH} characters.")
    CommentFilter.objects.update_or_create(person=person, defaults={"words": plain})
    return plain


def forget() -> int:
    """Blank the words of what was removed long ago; return how many."""
    return Comment.objects.filter(removed_at__lt=Now() - KEPT).exclude(text="").update(text="")


def _text(text: str) -> str:
    try:
        words = wording.lines(text, COMMENT_LENGTH)
    except wording.Unusable as unusable:
        raise invalid("/text", unusable.code, unusable.detail) from unusable
    if not words:
        raise invalid("/text", "blank", "A comment says something.")
    return words


def _is_held(author: Person, comment_id: UUID, text: str, whose: UUID, filtered: list[str] | None) -> bool:
    """Hold what is said if a word of the filter of the post's author (``whose``) is in it; tell whether that is so."""
    if author.id == whose or not rules.holds(text, filtered or []):
        return False
    Comment.objects.filter(id=comment_id, held_at=None).update(held_at=Now())
    return True


def _tell(author: Person, comment_id: UUID, post_id: UUID, text: str) -> None:
    """Tell whom it replies to, else the post's author, and whom it names."""
    ((replied, parent_id, whose),) = prepared.rows(WRITTEN_TO, comment=comment_id, **mentions.reaching(author))
    if replied:
        notices.tell(kind=Kind.REPLIED, recipient_id=replied, actor_id=author.id, thing_id=parent_id)
    if whose != replied:
        notices.tell(kind=Kind.COMMENTED, recipient_id=whose, actor_id=author.id, thing_id=post_id)
    _name(author, comment_id, post_id, text)


def _name(author: Person, comment_id: UUID, post_id: UUID, text: str) -> None:
    named = mentions.rewrite(author=author, text=text, post_id=post_id, comment_id=comment_id)
    told = [Told(one, author.id, comment_id) for one in named]
    notices.tell_all(kind=Kind.COMMENT_MENTIONED, events=told)
