"""What machines read in the pages: schema.org, the sitemap, robots."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

import msgspec

from rowlock.catalog import EventDetail
from rowlock.storefront.prose import plain

_STATUS = {"cancelled": "https://schema.org/EventCancelled"}
_AVAILABILITY = {
    "on_sale": "https://schema.org/InStock",
    "scheduled": "https://schema.org/PreOrder",
    "sold_out": "https://schema.org/SoldOut",
}


def event_json_ld(event: EventDetail, url: str, image: str) -> str:
    """A schema.org Event with an offer for every price tier, safe to stand inside a script element."""
    availability = _AVAILABILITY.get(event.status, "https://schema.org/OutOfStock")
    document: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.name,
        "url": url,
        "image": image,
        "description": plain(event.description),
        "startDate": event.starts_at.isoformat(),
        "eventStatus": _STATUS.get(event.status, "https://schema.org/EventScheduled"),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "maximumAttendeeCapacity": event.seat_count,
        "location": {
            "@type": "Place",
            "name": event.venue.name,
            "address": {
                "@type": "PostalAddress",
                "addressLocality": event.venue.city,
                "addressCountry": event.venue.country,
            },
        },
        "performer": [{"@type": "PerformingGroup", "name": performer.name} for performer in event.performers],
        "offers": [
            {
                "@type": "Offer",
                "name": tier.name,
                "price": tier.price.amount,
                "priceCurrency": tier.price.currency,
                "availability": availability if tier.available else "https://schema.org/SoldOut",
                "url": url,
                **({"validFrom": event.on_sale_at.isoformat()} if event.on_sale_at else {}),
            }
            for tier in event.tiers
        ],
    }
    return script_json(document)


def script_json(document: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = msgspec.json.encode(document).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def sitemap(urls: Iterable[str]) -> str:
    """The XML of sitemaps.org."""
    entries = "".join(f"<url><loc>{escape(url)}</loc></url>" for url in urls)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>\n'
    )


def robots(base_url: str) -> str:
    """Everything but bookings and the API may be read."""
    return f"User-agent: *\nDisallow: /api/\nDisallow: /bookings/\nSitemap: {base_url}/sitemap.xml\n"
