"""What time alone makes due: mail and pushes that were not sent, people who came of age, traces that nobody needs."""

from accounts import guardians, handles, lockout, mail, passkeys
from accounts.notices import deliveries
from accounts.rights import erasing, exports


def sweep() -> None:
    """Do it all; each part may be repeated."""
    guardians.come_of_age()
    deliveries.bring()
    mail.deliver_due()
    passkeys.forget_ceremonies()
    lockout.sweep()
    handles.free()
    exports.sweep()
    erasing.sweep()
