"""The real stream server on an event loop of its own, for races of what is being played."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from feed import cuts
from feed.renditions import FILM, film
from feed.stream import Stream
from tests.feed.player import ask, database_url, started, until
from tests.races.stage import CHUNKS, Stage

T = TypeVar("T")
WAIT_S = 60


class Theatre:
    """A stream server that hears, in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="theatre", daemon=True)
        self._thread.start()
        self._patch = pytest.MonkeyPatch()
        # Openings are rested on from the first moment.
        self._patch.setattr(cuts, "SETTLED_S", 0.0)
        self._stream = Stream(database_url())
        self._life = started(self._stream)
        self._run(self._open())

    def watch(self, stage: Stage) -> bool:
        """Play the stage's video as its viewer; False when not one byte came. Notes what was played after the end.

        The viewer reads some chunks and stops until the withdrawal has returned and a beat has been answered: then
        everything that was announced was heard, and there is a last word on whether the next chunk may leave.
        """
        return self._run(self._watch(stage))

    def close(self) -> None:
        """Stop the server and its thread."""
        self._run(self._life.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._patch.undo()

    async def _open(self) -> None:
        await self._life.__aenter__()
        await until(lambda: self._stream.cuts.ear.hears)

    async def _watch(self, stage: Stage) -> bool:
        late, last = stage.over.is_set(), stage.dice.randrange(1, CHUNKS)
        came = 0

        async def on_chunk() -> None:
            nonlocal came
            came += 1
            if came == last:
                await asyncio.to_thread(stage.over.wait, WAIT_S)
                await self._stream.cuts.ear.beat()
            elif came < last:
                await asyncio.sleep(stage.dice.uniform(0, 0.002))

        ticket = stage.viewing.ticket(FILM, film(stage.film))
        answer = await ask(self._stream, f"/videos/{stage.film.id}.mp4?ticket={ticket}", on_chunk=on_chunk)
        stage.looks.append((late, answer.status == 200))
        if answer.status == 200:
            stage.looks.append((True, came > last))
        return answer.status == 200

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(WAIT_S)
