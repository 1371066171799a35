"""What can go wrong in the embedded default; each message is written for the person at the terminal."""


class EmbeddedError(RuntimeError):
    """Base of all: a command line catches this one, prints its message and exits with status 1."""


class ClusterError(EmbeddedError):
    """PostgreSQL cannot be found, made, started or reached."""


class AlreadyRunning(EmbeddedError):
    """Another supervisor holds this var folder, or what it left is still being cleaned up."""


class ChildDied(EmbeddedError):
    """A supervised process ended by itself; the message has its name, exit status and last log lines."""


class NotReady(EmbeddedError):
    """A supervised process lives but did not become ready in its time."""
