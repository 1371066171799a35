"""The published table of notices: for each kind what it is about, where it is told unless its person decides otherwise,
and in which words.

Three groups have rules of their own. What concerns one's likeness (``consent``) is always in the inbox. What concerns
one's account (``security``) is always mailed, too, and waits for no quiet hours. The rest is as its person wishes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Notice, NoticeChoice

Kind = Notice.Kind
Channel = NoticeChoice.Channel


class Group(StrEnum):
    """Which rules a kind follows."""

    SOCIAL = "social"
    WORK = "work"
    CONSENT = "consent"
    SECURITY = "security"


@dataclass(frozen=True)
class Entry:
    """What holds for one kind."""

    group: Group
    thing: str
    """What its ``thing`` is: empty where it is about people alone."""
    by_people: bool
    """Whether somebody did it whom the reader must be able to see."""
    words: str
    """As the inbox writes it, with {who} for the people."""
    words_of_many: str
    discreet: str
    """As a locked screen, or a mail, may show it: without a name, and for what is private without the matter."""
    mail: bool = False
    mail_is_fixed: bool = False

    def default(self, channel: Channel) -> bool:
        """Return whether it is told there unless its person decides otherwise."""
        return self.mail if channel is Channel.MAIL else True

    def is_fixed(self, channel: Channel) -> bool:
        """Return whether its person cannot change that."""
        if channel is Channel.IN_APP:
            return self.group in (Group.CONSENT, Group.SECURITY)
        return channel is Channel.MAIL and self.mail_is_fixed


PRIVATE = "Something in your account waits for you."
LIKENESS = "There is news about your likeness."


def _social(words: str, words_of_many: str, discreet: str, thing: str = "") -> Entry:
    return Entry(Group.SOCIAL, thing, True, words, words_of_many, discreet)


def _work(thing: str, words: str, discreet: str) -> Entry:
    return Entry(Group.WORK, thing, False, words, words, discreet)


def _consent(thing: str, words: str, discreet: str, *, by_people: bool = True, mail: bool = False) -> Entry:
    return Entry(Group.CONSENT, thing, by_people, words, words, discreet, mail=mail)


def _guardian(words: str, discreet: str, *, by_people: bool = True) -> Entry:
    return Entry(Group.CONSENT, "guardianship", by_people, words, words, discreet, mail=True, mail_is_fixed=True)


TABLE: Mapping[Kind, Entry] = {
    Kind.FOLLOWED: _social("{who} follows you.", "{who} follow you.", "You have a new follower."),
    Kind.FOLLOW_REQUESTED: _social(
        "{who} asks to follow you.", "{who} ask to follow you.", "Somebody asks to follow you."
    ),
    Kind.REQUEST_ACCEPTED: _social(
        "{who} lets you follow them.", "{who} let you follow them.", "You may follow somebody."
    ),
    Kind.LIKED: _social("{who} likes your post.", "{who} like your post.", "Somebody likes a post of yours.", "post"),
    Kind.COMMENTED: _social(
        "{who} commented on your post.",
        "{who} commented on your post.",
        "Somebody commented on a post of yours.",
        "post",
    ),
    Kind.REPLIED: _social(
        "{who} replied to your comment.",
        "{who} replied to your comment.",
        "Somebody replied to a comment of yours.",
        "comment",
    ),
    Kind.COMMENT_LIKED: _social(
        "{who} likes your comment.", "{who} like your comment.", "Somebody likes a comment of yours.", "comment"
    ),
    Kind.MENTIONED: _social(
        "{who} mentioned you in a post.", "{who} mentioned you in a post.", "Somebody mentioned you.", "post"
    ),
    Kind.COMMENT_MENTIONED: _social(
        "{who} mentioned you in a comment.", "{who} mentioned you in a comment.", "Somebody mentioned you.", "comment"
    ),
    Kind.ASKED: _consent("ask", "{who} asks for a grant of your likeness.", PRIVATE),
    Kind.ASK_ANSWERED: _consent("ask", "{who} answered your ask.", "An ask of yours was answered."),
    Kind.GRANT_ENDED: _consent("grant", "A grant that {who} gave you has ended.", PRIVATE),
    Kind.DRAFT_TO_REVIEW: _consent("video", "{who} made a video of you and awaits your review.", LIKENESS),
    Kind.PUBLISHED_WITH_YOU: _consent("post", "{who} published a video that shows you.", LIKENESS, mail=True),
    Kind.GUARDIAN_INVITED: _guardian(
        "{who} asks you to be their guardian.",
        "Somebody asks you to be the guardian of their account. Answer in the app.",
    ),
    Kind.GUARDIAN_NEEDED: _guardian(
        "{who} waits for your word on their likeness.",
        "Your ward waits for your word on their likeness. Answer in the app.",
    ),
    Kind.GUARDIANSHIP_ENDED: _guardian(
        "A guardianship that you were part of has ended.",
        "A guardianship that you were part of has ended.",
        by_people=False,
    ),
    Kind.JOB_COMPLETED: _work("video", "Your video is ready.", "Your video is ready."),
    Kind.JOB_FAILED: _work("job", "Your video could not be made.", "Your video could not be made."),
    Kind.UPLOAD_READY: _work("video", "Your upload is ready.", "Your upload is ready."),
    Kind.UPLOAD_FAILED: _work("upload", "Your upload could not be used.", "Your upload could not be used."),
    Kind.DRAFT_FAILED: _work(
        "draft", "A scheduled post could not be published.", "A scheduled post could not be published."
    ),
    Kind.TAKEN_DOWN: Entry(
        Group.CONSENT,
        "statement",
        False,
        "A moderator took down a video of yours, or one that shows you.",
        "A moderator took down a video of yours, or one that shows you.",
        PRIVATE,
        mail=True,
    ),
    Kind.COMMENT_REMOVED: Entry(
        Group.CONSENT,
        "statement",
        False,
        "A moderator removed a comment of yours.",
        "A moderator removed a comment of yours.",
        PRIVATE,
        mail=True,
    ),
    Kind.SIGNED_IN: Entry(
        Group.SECURITY,
        "session",
        False,
        "Your account was signed in to on another device.",
        "Your account was signed in to on another device.",
        "Your account was signed in to on another device.",
        mail=True,
        mail_is_fixed=True,
    ),
}
PEOPLED = tuple(kind.value for kind, entry in TABLE.items() if entry.by_people)
ALWAYS_LISTED = tuple(kind.value for kind, entry in TABLE.items() if entry.is_fixed(Channel.IN_APP))


def about(thing: str) -> tuple[str, ...]:
    """Return the kinds whose thing is of this kind."""
    return tuple(kind.value for kind, entry in TABLE.items() if entry.thing == thing)


def line(kind: Kind, handles: list[str], count: int) -> str:
    """Return what the inbox writes: ``@ana, @ben and 3 others follow you.`` of the newest handles and of how many."""
    entry, shown = TABLE[kind], [f"@{handle}" for handle in handles[: 2 if count > 2 else 3]]
    more = count - len(shown)
    others = f" and {more} other{'s' if more > 1 else ''}"
    who = ", ".join(shown) + others if more > 0 else " and ".join(shown)
    return (entry.words if count < 2 else entry.words_of_many).format(who=who)
