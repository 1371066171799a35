"""Tables of people: one file a thing."""

from accounts.models.graph import Follow
from accounts.models.people import Person, PersonManager
from accounts.models.sessions import Session

__all__ = ["Follow", "Person", "PersonManager", "Session"]
