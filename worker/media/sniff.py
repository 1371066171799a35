"""What a file claims to be by its first bytes, and so which one demuxer may look at it: the name plays no part."""

from worker.media.rules import Rejected

HEAD_BYTES = 4096
MP4_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"}
STILL_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
PLAYLISTS = (b"#extm3u", b"ffconcat", b"<mpd", b"<smil", b"<asx", b"[playlist]", b"file '", b"<smoothstreamingmedia")
OTHER_FILMS = {
    b"FLV": "FLV",
    b"\x30\x26\xb2\x75": "Windows Media",
    b"\x00\x00\x01\xba": "MPEG",
    b"\x00\x00\x01\xb3": "MPEG",
    b"OggS": "Ogg",
    b".RMF": "RealMedia",
}
UNKNOWN = "Send the film as MP4, MOV, MKV or WebM; this is a file of the kind {}."


def container(head: bytes) -> str:
    """Return the name of the demuxer for a file that begins with ``head`` (HEAD_BYTES of it): mov or matroska.

    Raises Rejected: ``playlist_refused``, ``container_unknown``, ``not_a_video``.
    """
    if head[4:8] in MP4_BOXES:
        if head[4:8] == b"ftyp" and head[8:12] in STILL_BRANDS:
            raise Rejected("not_a_video", "This is a picture. Send a film: MP4, MOV, MKV or WebM.")
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    _refuse_playlist(head)
    _refuse_other_films(head)
    raise Rejected("not_a_video", "This is not a film. Send one as MP4, MOV, MKV or WebM.")


def _refuse_playlist(head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if any(mark in text[:1024] for mark in PLAYLISTS):
        raise Rejected("playlist_refused", "This is a list of films and not a film. Send the film itself.")


def _refuse_other_films(head: bytes) -> None:
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        raise Rejected("container_unknown", UNKNOWN.format("AVI"))
    if head[:1] == b"\x47" == head[188:189]:
        raise Rejected("container_unknown", UNKNOWN.format("MPEG transport stream"))
    for mark, name in OTHER_FILMS.items():
        if head.startswith(mark):
            raise Rejected("container_unknown", UNKNOWN.format(name))
