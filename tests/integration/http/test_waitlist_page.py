"""The form of the waiting list: whatever is sent, the page says what is wrong with it, and keeps what was typed."""

from tests.integration.http.conftest import BoxOffice
from tests.integration.http.test_waitlist import Sale

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_wish_is_put_on_the_list_and_changed_without_losing_the_address(office: BoxOffice) -> None:
    page = f"/events/{office.event}/waitlist"
    await Sale(office).sell_out()
    joined = await office.client.post(page, data={"people": "2", "together": "on", "email": "anna@example.com"})
    assert (joined.status_code, joined.headers["location"]) == (303, page)
    assert (await office.client.get(page)).status_code == 200, "without a highest price"
    changed = await office.client.post(f"{page}?lang=de", data={"people": "3", "tier": "Regular", "most": "99,50"})
    assert (changed.status_code, changed.headers["location"]) == (303, f"{page}?lang=de")
    (row,) = await office.house.database.fetch(
        "SELECT size, together, tier_nos, total_max, email FROM waitlist_entries"
    )
    assert (row["size"], row["together"], row["total_max"], row["email"]) == (3, False, 9950, "anna@example.com")
    assert len(row["tier_nos"]) == 1
    for language in ("en", "de", "fr"):
        shown = await office.client.get(f"{page}?lang={language}")
        assert shown.status_code == 200
        assert shown.headers["cache-control"] == "no-store"
        assert "anna@example.com" not in shown.text, "nobody at a borrowed browser reads the address"


WRONG = (
    (b"", 422),
    (b"people=2&most=1e9", 422),
    (b"people=999999999999999999999", 422),
    (b"people=2&tier=Nowhere", 422),
    (b"people=2&email=nobody", 422),
    (b"people=2&email=a%00b@example.com", 422),
    (b"people=\xff", 422),
    (b"&".join([b"tier=x"] * 200), 422),
    (b"people=2&email=" + b"x" * 30_000, 413),
    (b"leave=1", 404),
    (b"people=2", 409),
)


async def test_a_form_that_cannot_be_comes_back(office: BoxOffice) -> None:
    for body, status in WRONG:
        answer = await office.client.post(f"/events/{office.event}/waitlist", content=body, headers=FORM)
        assert answer.status_code == status, body[:40]
        assert 'role="alert"' in answer.text
        assert "rowlock_session" not in answer.headers.get("set-cookie", "")


async def test_a_form_of_another_site_does_nothing(office: BoxOffice) -> None:
    for said in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await office.client.post(f"/events/{office.event}/waitlist", data={"people": "2"}, headers=said)
        assert answer.status_code == 404
    assert not await office.house.database.fetch("SELECT 1 FROM waitlist_entries")
