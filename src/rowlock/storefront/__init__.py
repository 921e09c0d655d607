"""The storefront: server-rendered pages that anybody, search engines included, can read."""

from rowlock.storefront.data import StorefrontData
from rowlock.storefront.pages import error_page
from rowlock.storefront.routes import create_router

__all__ = ["StorefrontData", "create_router", "error_page"]
