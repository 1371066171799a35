"""Telephone numbers in E.164, the one spelling that tags are made of. Pure."""

import unicodedata

import phonenumbers

LENGTH = 40
# With the code of the country; fewer are short numbers, on which libraries differ.
LEAST_DIGITS = 7


def normalise(text: str, region: str = "") -> str | None:
    """Return ``text`` in E.164, or None when it cannot be a number.

    ``region`` (ISO 3166, two letters) says where a number without + is from; without it only + is taken. Letters are
    refused: libraries differ in what they make of them. Only length is checked, for that is what all of them agree on.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if len(text) > LENGTH or any(character.isalpha() for character in text):
        return None
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if len(e164) > LEAST_DIGITS else None
