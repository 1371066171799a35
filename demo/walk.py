"""``python -m demo.walk URL``: the main job as four people see it. Exit status 0 only if every step held."""

import base64
import json
import sys
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from demo import people, rendering, seed, terminal
from demo.client import HTTPError, StepFailed
from demo.people import Cast

Address = dict[str, Any]


def main(base: str) -> int:
    """Walk; return the exit status."""
    try:
        cast = people.gather(base)
        _clear(cast)
        _arrive(cast)
        video, post = _make(cast)
        addresses = _watch(cast, video)
        _moderate(cast)
        _withdraw(cast, video, post, addresses)
    except (StepFailed, HTTPError) as failed:
        print(f"\n{terminal.paint('This step does not hold.', terminal.RED)} {failed}")
        return 1
    film = f"The made video's file, a copy saved while it was allowed:\n  {people.var() / 'demo' / 'video.mp4'}"
    print("\nEvery step held. 'make run' starts the system to stay; it listens then on port 8000.")
    print(seed.farewell("http://127.0.0.1:8000", film))
    return 0


def _clear(cast: Cast) -> None:
    """End what an earlier walk (or one that was killed) left standing, so that the story begins at its beginning."""
    cast.eileen.send("POST", "/withdrawals", 201, json={"scope": "everything"})
    for ask in cast.eileen.send("GET", "/asks", 200).json()["data"]:
        if ask["state"] in ("requested", "deferred"):
            cast.eileen.send("PUT", f"/asks/{ask['id']}/answer", 200, json={"answer": "refused"})


def _arrive(cast: Cast) -> None:
    terminal.heading("Four people: Eileen, Sam who likes videos, Kim the stranger, Mona the moderator")
    cast.sam.step("GET", "/me", 200, "signed up and logged in, with an opaque token")
    cast.eileen.upload(
        "/me/picture", "picture", people.PORTRAIT, 200, "profile picture: re-encoded, stripped, three sizes"
    )
    cast.kim.step("PUT", "/people/sam/follow", 200, "Kim follows Sam")
    photo = "likeness enrolled, sealed under a key of its own"
    cast.eileen.upload("/me/likeness", "photo", people.PORTRAIT, 201, photo)
    terminal.note("portrait: NASA, public domain; it stands in for an enrolled person")


def _make(cast: Cast) -> tuple[str, str]:
    terminal.heading("No permission, no video")
    prompt = "surfing a long wave at sunset"
    cast.sam.step("POST", "/jobs", 403, "refused: Eileen has granted nothing", json=rendering.wish(prompt))
    asked = {
        "subject": "eileen",
        "purposes": ["entertainment"],
        "audience": "followers",
        "message": "For my surf club!",
    }
    ask = cast.sam.step("POST", "/asks", 201, "Sam asks Eileen", json=asked)
    terms = {**seed.terms(), "ask": ask["id"]}
    cast.eileen.step("POST", "/grants", 201, "granted: for fun, for followers, a week, ten videos", json=terms)
    cast.kim.step("POST", "/jobs", 403, "refused: the grant is Sam's, not Kim's", json=rendering.wish(prompt))
    wide = rendering.wish(prompt, audience="public")
    cast.sam.step("POST", "/jobs", 403, "refused: the grant ends at followers", json=wide)

    terminal.heading("With permission: made by a worker, consent re-checked before every frame")
    video = rendering.make(cast.sam, prompt)
    shown = cast.sam.step("GET", f"/videos/{video}", 200, "720x1280 H.264, sealed with who is depicted")
    terminal.note(f"engine: {shown['engine']['name']} (a stand-in, labelled so), sha256 {shown['sha256'][:16]}…")
    cast.kim.step("GET", f"/videos/{video}/playback", 404, "a draft: for Kim it does not exist")
    body = {"video": video, "audience": "followers", "caption": "First wave!"}
    post = cast.sam.step("POST", "/posts", 201, "published to Sam's followers", json=body)
    return video, post["id"]


def _watch(cast: Cast, video: str) -> Address:
    terminal.heading("Watched, through the gate")
    feed = cast.kim.step("GET", "/feeds/following", 200, "it is in Kim's feed")
    _require(any(item["video"]["id"] == video for item in feed["data"]), "Kim's feed does not show the video")
    cast.kim.step("GET", "/people/sam/posts", 200, "and on Sam's profile")
    addresses: Address = cast.kim.step("GET", f"/videos/{video}/playback", 200, "a short-lived address for Kim alone")
    part = cast.kim.send("GET", addresses["video_url"], 206, headers={"Range": "bytes=0-65535"})
    terminal.step("kim", "GET film, bytes 0-65535", part.status, part.headers["Content-Range"])
    folder = people.var() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "video.mp4").write_bytes(cast.kim.send("GET", addresses["video_url"], 200).data)
    (folder / "poster.jpg").write_bytes(cast.kim.send("GET", addresses["poster_url"], 200).data)
    uses = cast.eileen.step("GET", "/me/likeness/uses", 200, "Eileen reads who used her likeness, denials included")
    for use in reversed(uses["data"][:7]):
        reason = f" ({use['reason']})" if use["reason"] else ""
        terminal.note(f"{use['requester']['handle']:<8} {use['point']:<8} {use['verdict']}{reason}")
    return addresses


def _moderate(cast: Cast) -> None:
    terminal.heading("A video that should not be: reported, taken down, with reasons")
    video = rendering.make(cast.sam, "shouting in the city at night")
    cast.sam.send("POST", "/posts", 201, json={"video": video, "audience": "followers", "caption": "!!!"})
    report = {"video": video, "category": "harassment", "detail": "This mocks her."}
    cast.kim.step("POST", "/reports", 201, "Kim reports it", json=report)
    queue = cast.mona.step("GET", "/moderation/reports", 200, "Mona finds it in the queue")
    _require(any(row["video"] == video for row in queue["data"]), "the queue does not show the report")
    decision = {"video": video, "kind": "takedown", "category": "harassment", "reasons": "It mocks the person shown."}
    cast.mona.step("POST", "/moderation/actions", 201, "taken down, with reasons", json=decision)
    cast.kim.step("GET", f"/videos/{video}/playback", 410, "gone for everybody")
    statements = cast.eileen.step("GET", "/me/statements", 200, "Eileen, Sam and Kim read why")
    _require(statements["data"][0]["video"] == video, "the statement of reasons is missing")


def _withdraw(cast: Cast, video: str, post: str, addresses: Address) -> None:
    terminal.heading("Eileen changes her mind, while Sam's next video is being made")
    wish = rendering.wish("walking on the moon")
    job = cast.sam.step("POST", "/jobs", 202, "accepted; the worker begins", json=wish)
    rendering.wait(cast.sam, job["id"], percent=10)
    done = cast.eileen.step("POST", "/withdrawals", 201, "withdrawn: one call, no reason", json={"scope": "everything"})
    _check_receipt(cast, done["receipt"])
    job = rendering.wait(cast.sam, job["id"])
    _require(job["status"] == "cancelled_consent", f"the running job ended as {job['status']}")
    terminal.note("the running job stopped before its next frame; no video of it exists")
    gone = cast.kim.send("GET", addresses["video_url"], 410)
    terminal.step("kim", "GET film, the address from before", gone.status, "gone")
    cast.kim.step("GET", f"/posts/{post}", 410, "the post is gone")
    cast.sam.step("GET", f"/videos/{video}", 410, "gone for Sam, who made it")
    cast.kim.step("GET", f"/videos/{video}/playback", 410, "no new address")
    for path, what in (("/feeds/following", "Kim's feed"), ("/people/sam/posts", "Sam's profile")):
        _require(cast.kim.step("GET", path, 200, f"{what} is empty")["data"] == [], f"{what} still shows a video")
    cast.sam.step("POST", "/jobs", 403, "and Sam is refused again", json=wish)


def _check_receipt(cast: Cast, receipt: dict[str, Any]) -> None:
    """Check the receipt as Eileen could do offline: the signature over its canonical JSON."""
    public = load_pem_public_key(cast.eileen.send("GET", "/ledger/key", 200).json()["public_key"].encode())
    _require(isinstance(public, Ed25519PublicKey), "the ledger's key is not an Ed25519 key")
    assert isinstance(public, Ed25519PublicKey)
    content = {name: value for name, value in receipt.items() if name != "signature"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        public.verify(base64.b64decode(receipt["signature"]["value"]), canonical)
    except InvalidSignature:
        raise StepFailed("the signature of the withdrawal's receipt does not hold") from None
    place = receipt["ledger"]
    terminal.note(
        f"receipt checked offline: Ed25519 holds; leaf {place['leaf_index']} of {place['tree_size']} in the ledger"
    )


def _require(holds: bool, fault: str) -> None:
    if not holds:
        raise StepFailed(fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
