"""Playlists: what RFC 8216 asks of them."""

import re

from feed import hls
from feed.hls import Segment, Track, Variant

SEGMENTS: list[Segment] = [(0, 100, 0.0), (100, 5000, 2.0), (5100, 7000, 2.002), (12_100, 900, 0.5)]


def variant(rung: int, bandwidth: int) -> Variant:
    return Variant(f"hls/{rung}.m3u8", bandwidth, bandwidth // 2, "avc1.64001f,mp4a.40.2", rung, rung * 2, 30)


def test_a_media_playlist_names_each_segment_by_its_bytes_in_one_file() -> None:
    assert hls.media(SEGMENTS, "720.mp4?ticket=x").splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-TARGETDURATION:3",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="720.mp4?ticket=x",BYTERANGE="100@0"',
        "#EXTINF:2.000000,",
        "#EXT-X-BYTERANGE:5000@100",
        "720.mp4?ticket=x",
        "#EXTINF:2.002000,",
        "#EXT-X-BYTERANGE:7000@5100",
        "720.mp4?ticket=x",
        "#EXTINF:0.500000,",
        "#EXT-X-BYTERANGE:900@12100",
        "720.mp4?ticket=x",
        "#EXT-X-ENDLIST",
    ]


def test_a_master_playlist_offers_first_what_most_networks_carry() -> None:
    offered = [variant(1080, 5_000_000), variant(270, 500_000), variant(720, 2_500_000), variant(480, 1_200_000)]
    lines = hls.master(offered, []).splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        f"hls/{rung}.m3u8" for rung in (480, 270, 1080, 720)
    ]
    assert lines[:3] == ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    assert lines[3] == (
        "#EXT-X-STREAM-INF:BANDWIDTH=1200000,AVERAGE-BANDWIDTH=600000,"
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=480x960,FRAME-RATE=30.000'
    )


def test_subtitles_are_one_group_of_which_every_rung_knows() -> None:
    text = hls.master([variant(270, 1), variant(480, 2)], [Track("subtitles/de.m3u8", "de", "Deutsch")])
    assert text.count('SUBTITLES="subtitles"') == 2
    assert (
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Deutsch",LANGUAGE="de",'
        'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subtitles/de.m3u8"'
    ) in text.splitlines()


def test_no_label_breaks_out_of_its_quotation_and_no_two_have_one_name() -> None:
    tracks = [Track("a", "en", 'En"\n#EXT-X-ENDLIST'), Track("b", "en-GB", "English"), Track("c", "en-US", "English")]
    tracks.append(Track("d", "fr", ""))
    text = hls.master([variant(270, 1)], tracks)
    assert re.findall('NAME="([^"]*)"', text) == ["En#EXT-X-ENDLIST", "English (en-GB)", "English (en-US)", "(fr)"]
    assert "#EXT-X-ENDLIST" not in text.splitlines()


def test_a_track_is_one_file_as_long_as_the_film() -> None:
    lines = hls.track("de.vtt?ticket=x", 6.4).splitlines()
    assert lines[2] == "#EXT-X-TARGETDURATION:7"
    assert lines[-3:] == ["#EXTINF:6.400000,", "de.vtt?ticket=x", "#EXT-X-ENDLIST"]


def test_the_average_leaves_out_the_initialisation() -> None:
    assert hls.average(SEGMENTS) == round(12_900 * 8 / 4.502)
    assert hls.average([(0, 100, 0.0)]) == 0
