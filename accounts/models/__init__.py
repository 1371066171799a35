"""Tables of people: one file a thing."""

from accounts.models.attempts import Attempt
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
from accounts.models.factors import RecoveryCode, Totp
from accounts.models.graph import Block, CloseFriend, Dismissal, Follow, FollowRequest, Mute, Tally
from accounts.models.guardians import Guardianship
from accounts.models.handles import ProtectedName, RetiredHandle
from accounts.models.mails import Mail
from accounts.models.names import PersonName
from accounts.models.notices import (
    Notice,
    NoticeActor,
    NoticeChoice,
    NoticePlan,
    PushDelivery,
    PushSubscription,
    Summary,
)
from accounts.models.passkeys import Ceremony, Passkey
from accounts.models.people import Person, PersonManager
from accounts.models.rights import Departure, Export
from accounts.models.sessions import Session
from accounts.models.suspensions import Suspension

__all__ = [
    "Attempt",
    "Block",
    "Ceremony",
    "CloseFriend",
    "ContactEdge",
    "ContactMatch",
    "Departure",
    "DiscoveryBudget",
    "DiscoveryEnrolment",
    "DiscoveryEpoch",
    "DiscoveryTag",
    "Dismissal",
    "Export",
    "Follow",
    "FollowRequest",
    "Guardianship",
    "Mail",
    "Mute",
    "Notice",
    "NoticeActor",
    "NoticeChoice",
    "NoticePlan",
    "NumberCode",
    "Passkey",
    "Person",
    "PersonManager",
    "PersonName",
    "ProtectedName",
    "PushDelivery",
    "PushSubscription",
    "RecoveryCode",
    "RetiredHandle",
    "Session",
    "Summary",
    "Suspension",
    "Tally",
    "Totp",
    "TransparencyRoot",
]
