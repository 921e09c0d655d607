"""Settings from the environment and from a file, and what is said about wrong ones."""

from pathlib import Path

import pytest

from rowlock.settings import Settings, SettingsError, load_settings


def test_nothing_set_is_the_contracts_defaults() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert (settings.booking_attempts_per_minute, settings.requests_per_minute) == (10, 100)
    assert (settings.hold_seconds, settings.seats_per_booking_max, settings.holds_per_user_max) == (300, 10, 3)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rowlock.toml"
    path.write_text('ROWLOCK_HOLD_SECONDS = 120\nROWLOCK_SEATS_PER_BOOKING_MAX = 4\nROWLOCK_SECURE_COOKIES = "true"\n')
    settings = load_settings({"ROWLOCK_CONFIG": str(path), "ROWLOCK_HOLD_SECONDS": "240"})
    assert (settings.hold_seconds, settings.seats_per_booking_max, settings.secure_cookies) == (240, 4, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ROWLOCK_HOLD_SECONDS", "soon"),
        ("ROWLOCK_HOLD_SECONDS", "59"),
        ("ROWLOCK_HOLD_SECONDS", "3601"),
        ("ROWLOCK_SEATS_PER_BOOKING_MAX", "0"),
        ("ROWLOCK_REQUESTS_PER_MINUTE", "-1"),
        ("ROWLOCK_BOOKING_ATTEMPTS_PER_MINUTE", "1.5"),
        ("ROWLOCK_SECURE_COOKIES", "maybe"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})


def test_a_wrong_word_is_refused() -> None:
    for name in ("ROWLOCK_HOLD_STRATEGY", "ROWLOCK_LOG_LEVEL"):
        with pytest.raises(SettingsError, match="settings"):
            load_settings({name: "nonsense"})


@pytest.mark.parametrize("text", ["ROWLOCK_HOLD_SECOND = 5", "not toml"])
def test_a_faulty_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rowlock.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match="ROWLOCK_CONFIG"):
        load_settings({"ROWLOCK_CONFIG": str(path)})
    with pytest.raises(SettingsError, match="ROWLOCK_CONFIG"):
        load_settings({"ROWLOCK_CONFIG": str(tmp_path / "missing.toml")})


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("postgresql://somebody@somewhere/rowlock\n")
    named = {"DATABASE_URL_FILE": str(path)}
    assert load_settings(named).database_url == "postgresql://somebody@somewhere/rowlock"
    with pytest.raises(SettingsError, match="not both"):
        load_settings(named | {"DATABASE_URL": "postgresql://else"})
    with pytest.raises(SettingsError, match="ROWLOCK_SECRET_KEYS_FILE"):
        load_settings({"ROWLOCK_SECRET_KEYS_FILE": str(tmp_path / "missing")})


def test_keys_and_exceptions_are_checked_at_the_start() -> None:
    for name in ("ROWLOCK_SECRET_KEYS", "ROWLOCK_OUTBOUND_ALLOWED"):
        with pytest.raises(SettingsError, match=name):
            load_settings({name: "no/such:thing"})


STRIPE = {
    "ROWLOCK_PAYMENT_PROVIDER": "stripe",
    "ROWLOCK_STRIPE_SECRET_KEY": "sk_test",
    "ROWLOCK_PUBLIC_URL": "https://shop.test",
}


@pytest.mark.parametrize("missing", ["ROWLOCK_STRIPE_SECRET_KEY", "ROWLOCK_PUBLIC_URL"])
def test_a_payment_provider_needs_its_keys_and_a_way_back(missing: str) -> None:
    assert load_settings(STRIPE).payment_provider == "stripe"
    with pytest.raises(SettingsError, match=missing):
        load_settings({**STRIPE, missing: ""})


@pytest.mark.parametrize(
    "address", ["http://api.stripe.com", "ftp://localhost", "api.stripe.com", "http://localhost.evil"]
)
def test_keys_go_to_nobody_in_the_clear(address: str) -> None:
    assert load_settings({"ROWLOCK_STRIPE_API": "http://localhost:9300/stripe"}).stripe_api
    with pytest.raises(SettingsError, match="ROWLOCK_STRIPE_API"):
        load_settings({**STRIPE, "ROWLOCK_STRIPE_API": address})
