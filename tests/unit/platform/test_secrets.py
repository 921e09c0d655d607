"""Sealed secrets open with their key, for their purpose, and not otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowlock.platform.secrets import SecretBox, SecretsFault, key_of, new_key

OLD, NEW = new_key(), new_key()
BOX = SecretBox.of(OLD)


@given(secret=st.binary(max_size=200), purpose=st.text(max_size=40))
def test_what_was_sealed_opens(secret: bytes, purpose: str) -> None:
    sealed = BOX.seal(secret, purpose)
    assert BOX.open(sealed, purpose) == secret
    assert len(secret) < 4 or secret not in sealed
    assert sealed != BOX.seal(secret, purpose)


@given(purpose=st.text(max_size=20), other=st.text(max_size=20))
def test_it_opens_as_nothing_else(purpose: str, other: str) -> None:
    sealed = BOX.seal(b"secret", purpose)
    if purpose == other:
        assert BOX.open(sealed, other) == b"secret"
        return
    with pytest.raises(SecretsFault):
        BOX.open(sealed, other)


@given(position=st.integers(0, 200), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    sealed = bytearray(BOX.seal(b"secret", "totp:1"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(SecretsFault):
        BOX.open(bytes(sealed), "totp:1")


@given(st.binary(max_size=80))
def test_what_is_no_sealed_secret_is_refused(sealed: bytes) -> None:
    with pytest.raises(SecretsFault):
        BOX.open(sealed, "totp:1")


def test_an_older_key_opens_and_the_first_one_seals() -> None:
    sealed = BOX.seal(b"secret", "totp:1")
    both = SecretBox.of(f"{NEW}\n{OLD}\n")
    assert both.open(sealed, "totp:1") == b"secret"
    assert not both.is_current(sealed)
    anew = both.seal(b"secret", "totp:1")
    assert both.is_current(anew)
    assert key_of(anew) == NEW.partition(":")[0]
    with pytest.raises(SecretsFault, match="lacks the key"):
        BOX.open(anew, "totp:1")


def test_without_keys_nothing_is_sealed() -> None:
    box = SecretBox.of("")
    assert not box
    with pytest.raises(SecretsFault, match="ROWLOCK_SECRET_KEYS"):
        box.seal(b"secret", "totp:1")


@pytest.mark.parametrize(
    "text",
    ["words", "a:words", "a:c2hvcnQ=", f"{OLD},{OLD}", f"{OLD} b b", ":" + OLD.partition(":")[2]],
    ids=["no key", "not base64", "short", "twice", "too many words", "no name"],
)
def test_keys_that_are_none_are_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SecretsFault) as refused:
        SecretBox.of(text)
    assert OLD.partition(":")[2] not in str(refused.value)
