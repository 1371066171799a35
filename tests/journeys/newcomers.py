"""People who come to the running house and have accounts of their own."""

import time
from datetime import date
from typing import Any

from demo import mailbox
from demo.client import Caller
from tests.journeys import running as houses
from tests.journeys.running import Running

PASSWORD = houses.PASSWORD[:16]


class Newcomers:
    """Makes people with accounts of their own, whose mail is read in the house's folder."""

    password = PASSWORD

    def __init__(self, running: Running) -> None:
        self.running = running
        self.callers: list[Caller] = []

    def caller(self, handle: str) -> Caller:
        """Somebody without an account yet; their handle is fresh each time."""
        made = Caller(self.running.house.api_url, f"{handle}{time.time_ns() % 10**9}")
        self.callers.append(made)
        return made

    def sign_up(self, handle: str, years: int = 30, **proof: Any) -> Caller:
        """Sign up with the password, or another proof, log in with the password and confirm the address."""
        caller = self.caller(handle)
        caller.send("POST", "/people", 201, json=account(caller, years, **proof))
        if not proof:
            caller.log_in(PASSWORD)
            self.verify(caller)
        return caller

    def verify(self, caller: Caller) -> None:
        """Confirm the address by the mail that came."""
        mailbox.verify(caller, self.running.house.var / "mail")


def account(caller: Caller, years: int, **proof: Any) -> dict[str, Any]:
    """What somebody of so many years signs up with."""
    born = date.today().replace(day=1)
    born = born.replace(year=born.year - years)
    email = f"{caller.handle}@example.org"
    return {"handle": caller.handle, "email": email, "birth_date": str(born), **(proof or {"password": PASSWORD})}
