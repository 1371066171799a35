"""BlurHash: held to what the package ``blurhash`` 1.1.5 gave for the same pixels."""

from pathlib import Path

from PIL import Image

from socialvideo.lib.blurhash import blurhash

PORTRAIT = Path(__file__).resolve().parents[2] / "demo" / "portraits" / "collins.png"


def test_one_colour_alone() -> None:
    assert blurhash(Image.new("RGB", (32, 32), (200, 30, 30))) == "U5M^z||wfQ|w|wo1fQo1fQfQfQfQ|wo1fQo1"


def test_no_light_at_all() -> None:
    assert blurhash(Image.new("RGB", (32, 32))) == "U00000fQfQfQfQfQfQfQfQfQfQfQfQfQfQfQ"


def test_two_halves() -> None:
    image = Image.new("RGB", (64, 64), (250, 10, 10))
    image.paste((10, 10, 250), (32, 0, 64, 64))
    assert blurhash(image) == "U~L7,v|TsRJro3n~jsa}fQfQfQfQo3n~jsa}"


def test_each_colour_its_own_way() -> None:
    grey = Image.linear_gradient("L")
    image = Image.merge("RGB", (grey, grey.rotate(90), grey.rotate(180)))
    assert blurhash(image) == "U,HetWl}gJnm2zWFfjWrw%jufQjuXAe=fjfR"


def test_a_portrait() -> None:
    with Image.open(PORTRAIT) as portrait:
        assert blurhash(portrait.convert("RGB").crop((0, 0, 256, 256))) == "UHIXQ=Rq4n9b?]57IAVsIU={Osbv%hayxD%1"
