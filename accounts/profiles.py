"""Who sees how much of a person. Everybody signed in sees the card; the rest of a private account is for followers."""

from accounts import people
from accounts.models import Person
from socialvideo.lib.errors import Problem


def shows_whole(person: Person, *, viewer: Person) -> bool:
    """Tell whether ``viewer`` sees all of a profile: bio, links, whom one follows and is followed by, posts.

    This is the one rule. What is left for everybody else is the card: handle, name, pronouns, picture.
    """
    if viewer.pk == person.pk or viewer.is_moderator or not (person.is_private or people.is_teen(person)):
        return True
    return person.followed_by.filter(follower=viewer).exists()


def require_whole(person: Person, *, viewer: Person) -> None:
    """Return if ``viewer`` sees all of a profile; else the 404 problem of what is private."""
    if not shows_whole(person, viewer=viewer):
        raise Problem(404, "account_private", "This account is private: this is for its followers.")
