"""Tables of people: one file a thing."""

from accounts.models.discovery import (
    ContactEdge,
    ContactMatch,
    DiscoveryBudget,
    DiscoveryEnrolment,
    DiscoveryEpoch,
    DiscoveryTag,
    NumberCode,
    TransparencyRoot,
)
from accounts.models.graph import Follow
from accounts.models.people import Person, PersonManager
from accounts.models.sessions import Session

__all__ = [
    "ContactEdge",
    "ContactMatch",
    "DiscoveryBudget",
    "DiscoveryEnrolment",
    "DiscoveryEpoch",
    "DiscoveryTag",
    "Follow",
    "NumberCode",
    "Person",
    "PersonManager",
    "Session",
    "TransparencyRoot",
]
