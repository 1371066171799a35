"""What people are told: an inbox, push to their browsers, a summary by mail.

A room that does something worth telling calls ``tell`` inside its own transaction, before it holds the ledger. Who may
see it, by which channel it goes and when is decided later, each time anew (``audience``).
"""

from accounts.models import Notice
from accounts.notices.telling import Told, followed, forget, part, tell, tell_all, untell

Kind = Notice.Kind

__all__ = ["Kind", "Told", "followed", "forget", "part", "tell", "tell_all", "untell"]
