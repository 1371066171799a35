"""What time alone makes due: mail that was not sent, people who came of age, traces that nobody needs."""

from accounts import guardians, handles, lockout, mail, passkeys
from accounts.rights import erasing, exports


def sweep() -> None:
    """Do it all; each part may be repeated."""
    guardians.come_of_age()
    mail.deliver_due()
    passkeys.forget_ceremonies()
    lockout.sweep()
    handles.free()
    exports.sweep()
    erasing.sweep()
