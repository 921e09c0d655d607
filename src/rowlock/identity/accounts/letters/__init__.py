"""What is written to people about their accounts, in every language of the pages."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from rowlock.kernel import limits
from rowlock.platform.mail import Letter

SITE = "Rowlock"


@cache
def _phrases(language: str) -> Mapping[str, str]:
    data = files("rowlock.identity.accounts.letters").joinpath(f"{language}.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, str])


def proof_letter(kind: str, language: str, *, name: str, link: str | None, code: str, provider: str = "") -> Letter:
    """The mail whose answer proves an address; `kind` is sign_in, register, change_email or join_outside."""
    say = _phrases(language)
    texts = [say[f"{kind}.text"].format(provider=provider)]
    return Letter(
        subject=say[f"{kind}.subject"].format(site=SITE),
        greeting=_greeting(say, name),
        paragraphs=tuple(texts if link else [*texts, say["code_only"]]),
        code=code,
        link=link,
        link_words=say[f"{kind}.link"],
        closing=say["closing"].format(minutes=limits.MAIL_LINK_SECONDS // 60),
        language=language,
    )


def address_changed(language: str, name: str, email: str) -> Letter:
    """To the old address: the account has another now."""
    return _notice("address_changed", language, name, email=email)


def security_changed(language: str, name: str, what: str) -> Letter:
    """What proves the account was changed; `what` is password, passkey, authenticator, recovery_codes or recovered."""
    return _notice("security_changed", language, name, what=_phrases(language)[f"what.{what}"])


def invitation(language: str, name: str, organiser: str, role: str, link: str | None) -> Letter:
    """Somebody may act for an organiser now."""
    say = _phrases(language)
    words = _notice("invitation", language, name, organiser=organiser, role=say[f"role.{role}"])
    return msgspec.structs.replace(words, link=link, link_words=say["invitation.link"])


def _notice(kind: str, language: str, name: str, **values: str) -> Letter:
    say = _phrases(language)
    return Letter(
        subject=say[f"{kind}.subject"].format(site=SITE, **values),
        greeting=_greeting(say, name),
        paragraphs=(say[f"{kind}.text"].format(site=SITE, **values),),
        language=language,
    )


def _greeting(say: Mapping[str, str], name: str) -> str:
    return say["greeting"].format(name=name) if name else say["greeting.nobody"]
