"""Where the demo's events take place, and what a ticket costs there."""

from typing import Literal, NamedTuple

PlanKey = Literal["dodger-stadium", "theatre-1200", "club-300"]


class DemoVenue(NamedTuple):
    """A venue with the plan it is seated by. `price_level` is what a ticket of 1 euro costs in `currency`."""

    name: str
    city: str
    country: str  # ISO 3166 alpha-2
    timezone: str  # IANA name
    currency: str  # ISO 4217
    price_level: float
    plan: PlanKey


STADIUM = DemoVenue("Dodger Stadium", "Los Angeles", "US", "America/Los_Angeles", "USD", 1.1, "dodger-stadium")

THEATRES = (
    DemoVenue("Schauspielhaus am Strom", "Köln", "DE", "Europe/Berlin", "EUR", 1.0, "theatre-1200"),
    DemoVenue("Teatro Ipê-Amarelo", "São Paulo", "BR", "America/Sao_Paulo", "BRL", 4.0, "theatre-1200"),
    DemoVenue("Théâtre des Trois Quais", "Marseille", "FR", "Europe/Paris", "EUR", 0.9, "theatre-1200"),
    DemoVenue("The Alder Theatre", "London", "GB", "Europe/London", "GBP", 1.1, "theatre-1200"),
    DemoVenue("Divadlo Na Ostrově", "Praha", "CZ", "Europe/Prague", "CZK", 18.0, "theatre-1200"),
    DemoVenue("Lantern Hall", "Chicago", "US", "America/Chicago", "USD", 1.2, "theatre-1200"),
    DemoVenue("Teatro Jacaranda", "Ciudad de México", "MX", "America/Mexico_City", "MXN", 14.0, "theatre-1200"),
)

CLUBS = (
    DemoVenue("Kellerbühne Ehrenfeld", "Köln", "DE", "Europe/Berlin", "EUR", 1.0, "club-300"),
    DemoVenue("Casa do Samba Azul", "São Paulo", "BR", "America/Sao_Paulo", "BRL", 4.0, "club-300"),
    DemoVenue("The Low Ceiling", "Manchester", "GB", "Europe/London", "GBP", 0.9, "club-300"),
    DemoVenue("Blue Heron Room", "New Orleans", "US", "America/Chicago", "USD", 1.0, "club-300"),
    DemoVenue("Kælderen ved Åen", "København", "DK", "Europe/Copenhagen", "DKK", 7.0, "club-300"),
    DemoVenue("Le Grillon Bleu", "Montréal", "CA", "America/Toronto", "CAD", 1.4, "club-300"),
    DemoVenue("Nightjar Cellar", "Melbourne", "AU", "Australia/Melbourne", "AUD", 1.6, "club-300"),
    DemoVenue("Bodega Lavanda", "Málaga", "ES", "Europe/Madrid", "EUR", 0.8, "club-300"),
)

# Euro prices by plan and price category; a production's own level multiplies them.
PRICES: dict[PlanKey, dict[str, float]] = {
    "dodger-stadium": {"VIP": 180.0, "Premium": 95.0, "Regular": 52.0, "Economy": 24.0},
    "theatre-1200": {"VIP": 110.0, "Premium": 78.0, "Regular": 49.5, "Economy": 25.0},
    "club-300": {"VIP": 48.0, "Regular": 32.0, "Economy": 22.0},
}
