"""What is due from time to time; each part may be repeated at any moment."""

from accounts.discovery import codes, enrolments, epochs, transparency


def keep() -> None:
    """Turn epochs, give members the tags they lack, publish today's roots, and forget codes that nobody used."""
    codes.forget_old()
    epochs.turn()
    enrolments.renew()
    transparency.publish_due()
