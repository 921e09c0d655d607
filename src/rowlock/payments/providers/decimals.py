"""Minor units, ours and a provider's: they are not the same in every currency."""

from babel.numbers import get_currency_precision


class AmountNotTaken(ValueError):  # noqa: N818  an outcome for the caller
    """The provider cannot charge this amount in this currency; the message says why, for the buyer."""


class Decimals:
    """How many decimals the minor units of a provider have: two, but for the currencies that it names."""

    def __init__(self, *, none: str, three: str) -> None:
        """Both as ISO 4217 codes with spaces between them. Amounts of three decimals must end in zero."""
        self._decimals = dict.fromkeys(none.split(), 0) | dict.fromkeys(three.split(), 3)

    def theirs(self, amount: int, currency: str) -> int:
        """Our minor units as the provider counts them; AmountNotTaken when it has no such amount."""
        more = self._of(currency) - get_currency_precision(currency)
        scale: int = 10 ** abs(more)
        if more < 0 and amount % scale:
            raise AmountNotTaken(f"The payment provider takes {currency} in larger steps only.")
        found = amount * scale if more >= 0 else amount // scale
        if self._of(currency) == 3 and found % 10:
            raise AmountNotTaken(f"The payment provider takes {currency} in steps of 0.010 only.")
        return found

    def ours(self, amount: int, currency: str) -> int:
        """The provider's minor units as ours, rounded up: an amount that is not quite ours must never look like it."""
        more = get_currency_precision(currency) - self._of(currency)
        scale: int = 10 ** abs(more)
        return amount * scale if more >= 0 else -(-amount // scale)

    def _of(self, currency: str) -> int:
        return self._decimals.get(currency, 2)


STRIPE = Decimals(
    none="BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
    three="BHD JOD KWD OMR TND",
)
"""ISK and UGX have none in real life, and two at Stripe."""
RAZORPAY = Decimals(
    none="BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    three="BHD IQD JOD KWD LYD OMR TND",
)
