"""The stand-in's books: what was committed is there again, and a line that was torn is as if it had never begun."""

from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rowlock.standin.books import Books
from rowlock.standin.stripe.call import Refusal, read_form


def test_what_was_committed_survives_and_a_torn_line_does_not(tmp_path: Path) -> None:
    """Cut the journal at every byte: a call is there whole or not at all, and the books can go on."""
    journal = tmp_path / "journal"
    books = Books(journal)
    for number in range(3):
        kept = books.make("order", "order", number=number)
        books.change("order", kept, paid=True)
        books.forget("letter", books.make("letter", "letter"))
        books.commit()
    books.close()
    whole = journal.read_bytes()
    for cut in range(len(whole) + 1):
        journal.write_bytes(whole[:cut])
        again = Books(journal)
        complete = whole[:cut].count(b"\n")
        assert [(order["number"], order["paid"]) for order in reversed(again.all("order"))] == [
            (number, True) for number in range(complete)
        ]
        assert again.all("letter") == []
        again.make("order", "order", number=9, paid=True)
        again.close()
        with closing(Books(journal)) as once_more:
            assert len(once_more.all("order")) == complete + 1


@given(st.text(alphabet="ab[]=&%0", max_size=60))
def test_any_form_is_read_or_refused(text: str) -> None:
    """No text, however its brackets stand, breaks the reading of forms."""
    try:
        assert isinstance(read_form(text), dict)
    except Refusal as refusal:
        assert refusal.status == 400


def test_nested_names() -> None:
    """As the SDK writes them."""
    read = read_form("metadata[key]=k&expand[0]=latest_charge&line_items[0][price_data][currency]=eur")
    assert read == {
        "metadata": {"key": "k"},
        "expand": {"0": "latest_charge"},
        "line_items": {"0": {"price_data": {"currency": "eur"}}},
    }
